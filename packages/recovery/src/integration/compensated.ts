/** Sums in twice the working precision (Dekker 1971; Ogita, Rump & Oishi 2005, algorithm Dot2). */
export interface DoubleDouble {
  high: number;
  low: number;
}

const SPLITTER = 134217729; // 2²⁷ + 1

/** Rounding error of a·b. */
export function productError(a: number, b: number, product: number): number {
  const ca = SPLITTER * a;
  const ah = ca - (ca - a);
  const al = a - ah;
  const cb = SPLITTER * b;
  const bh = cb - (cb - b);
  const bl = b - bh;
  return al * bl - (product - ah * bh - al * bh - ah * bl);
}

/** target += value. */
export function addTo(target: DoubleDouble, value: number): void {
  const sum = target.high + value;
  const part = sum - target.high;
  target.low += target.high - (sum - part) + (value - part);
  target.high = sum;
}

/** Σ_j weights[j]·values[offset + j·stride], times factor. */
export function weightedSum(
  weights: Float64Array,
  values: Float64Array,
  offset: number,
  stride: number,
  factor: number,
  out: DoubleDouble,
): void {
  out.high = 0;
  out.low = 0;
  for (let j = 0; j < weights.length; j++) {
    const value = values[offset + j * stride];
    const product = weights[j] * value;
    out.low += productError(weights[j], value, product);
    addTo(out, product);
  }
  const high = out.high + out.low;
  const low = out.low - (high - out.high);
  out.high = high * factor;
  out.low = productError(high, factor, out.high) + low * factor;
}
