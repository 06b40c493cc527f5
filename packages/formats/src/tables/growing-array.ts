/** A Float64Array that grows by doubling. */
export class GrowingArray {
  #data = new Float64Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#data.length) {
      const grown = new Float64Array(2 * this.#data.length);
      grown.set(this.#data);
      this.#data = grown;
    }
    this.#data[this.length++] = value;
  }

  at(i: number): number {
    return this.#data[i];
  }

  take(): Float64Array {
    return this.#data.slice(0, this.length);
  }
}
