import { type HarmonicWork, quadsOf, ringCount } from '../transforms/harmonic-work.js';

/**
 * The grid of a synthesis whose longitudes do not close the circle, from its sums per order: products with a table of
 * cosines and sines.
 */
export function sumOrders(work: HarmonicWork, longitudeDegrees: Float64Array): Float64Array {
  const { maxDegree, rows, mirrored, records } = work;
  const columns = longitudeDegrees.length;
  const values = new Float64Array(rows * columns);
  const tables = Array.from(longitudeDegrees, (degrees) => orderTable(degrees, maxDegree));
  const rings = ringCount(work);
  const length = 16 * quadsOf(rings);
  const a = new Float64Array(maxDegree + 1);
  const b = new Float64Array(maxDegree + 1);
  const fill = (ring: number, sign: 1 | -1, row: number): void => {
    for (let m = 0; m <= maxDegree; m++) {
      const at = m * length + 8 * (ring >> 1) + (ring & 1);
      a[m] = records[at] + sign * records[at + 2];
      b[m] = records[at + 4] + sign * records[at + 6];
    }
    for (let j = 0; j < columns; j++) {
      const { cos, sin } = tables[j];
      let sum = 0;
      for (let m = 0; m <= maxDegree; m++) sum += a[m] * cos[m] + b[m] * sin[m];
      values[row * columns + j] = sum;
    }
  };
  for (let ring = 0; ring < rings; ring++) {
    if (mirrored) fill(ring, -1, rows - 1 - ring);
    fill(ring, 1, ring);
  }
  return values;
}

/** cos mλ and sin mλ for all orders; the angle is reduced in degrees, where it is exact. */
export function orderTable(
  longitudeDegrees: number,
  maxOrder: number,
): { readonly cos: Float64Array; readonly sin: Float64Array } {
  const cos = new Float64Array(maxOrder + 1);
  const sin = new Float64Array(maxOrder + 1);
  for (let m = 0; m <= maxOrder; m++) {
    const angle = (((m * longitudeDegrees) % 360) * Math.PI) / 180;
    cos[m] = Math.cos(angle);
    sin[m] = Math.sin(angle);
  }
  return { cos, sin };
}
