import { quadsOf, RING_NUMBERS, significantOrder } from '../transforms/harmonic-work.js';
import { highestOrder } from '../transforms/legendre.js';

export type Allocate = (length: number) => Float64Array;

/** Arrays filled with zeros, on shared memory where other threads take part. */
export const allocator =
  (shared: boolean): Allocate =>
  (length) =>
    shared ? new Float64Array(new SharedArrayBuffer(8 * length)) : new Float64Array(length);

/** Room for the sums of all orders and pairs of rings. */
export const emptyRecords = (maxDegree: number, rings: number, allocate: Allocate): Float64Array =>
  allocate((maxDegree + 1) * quadsOf(rings) * 16);

/** Writes what the transforms need to know of a ring. */
export function setRing(
  rings: Float64Array,
  i: number,
  maxDegree: number,
  ring: { readonly sin: number; readonly cos: number; readonly q: number; readonly factor: number },
): void {
  const { sin, cos, q, factor } = ring;
  const top = Math.min(significantOrder(maxDegree, cos), highestOrder({ maxDegree }, cos));
  rings.set([sin, q, cos, factor, top], i * RING_NUMBERS);
}
