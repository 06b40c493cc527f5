import type { LinearAlgebra } from '@gravity/linalg';

/** Arrays by name that are used again from piece to piece of an arc, growing where they must. */
export class WorkSpace {
  private readonly arrays = new Map<string, Float64Array>();

  constructor(private readonly la: LinearAlgebra) {}

  /** At least `length` values, whatever was there before. */
  take(name: string, length: number): Float64Array {
    const known = this.arrays.get(name);
    if (known && known.length >= length) return known;
    const made = this.la.allocate(length);
    this.arrays.set(name, made);
    return made;
  }

  /** The same, its first `length` values zero. */
  zeros(name: string, length: number): Float64Array {
    return this.take(name, length).fill(0, 0, length);
  }
}
