import type { EphemerisSeries } from './types.js';

/**
 * Values and derivatives of one Chebyshev series of a record.
 *
 * @param record coefficients of a record, the two dates first
 * @param fraction place in the record, 0 to 1
 * @param out components, then their derivatives with respect to days
 */
export function evaluateSeries(
  record: Float64Array,
  series: EphemerisSeries,
  fraction: number,
  recordDays: number,
  out: Float64Array,
): void {
  const { coefficients, granules, components } = series;
  const place = fraction * granules;
  const granule = Math.min(Math.floor(place), granules - 1);
  const x = 2 * (place - granule) - 1;
  const scale = (2 * granules) / recordDays;
  for (let k = 0; k < components; k++) {
    const first = series.first + (granule * components + k) * coefficients;
    // Clenshaw's recurrence for the sum and for its derivative, smallest terms first
    let b1 = 0;
    let b2 = 0;
    let d1 = 0;
    let d2 = 0;
    for (let j = coefficients - 1; j > 0; j--) {
      const d = 2 * b1 + 2 * x * d1 - d2;
      d2 = d1;
      d1 = d;
      const b = record[first + j] + 2 * x * b1 - b2;
      b2 = b1;
      b1 = b;
    }
    out[k] = record[first] + x * b1 - b2;
    out[components + k] = (b1 + x * d1 - d2) * scale;
  }
}
