/** Seconds of the stages of one arc's computation, in the order in which they are first met. */
export class Stopwatch {
  readonly seconds: Record<string, number> = {};

  add(stage: string, since: number): void {
    this.seconds[stage] = (this.seconds[stage] ?? 0) + (performance.now() - since) / 1000;
  }

  async time<T>(stage: string, work: () => Promise<T>): Promise<T> {
    const since = performance.now();
    try {
      return await work();
    } finally {
      this.add(stage, since);
    }
  }
}
