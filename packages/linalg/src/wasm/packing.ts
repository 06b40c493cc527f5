/**
 * Packing brings a block of an operand into the order in which the kernel reads it: panels of four indices i, within a
 * panel the four numbers of each p in turn; missing indices are filled with zeros.
 */

/** Element (i, p) at `source[p * ld + i]`: rows of the stored matrix run along i. */
export function packAcross(
  source: Float64Array,
  ld: number,
  count: number,
  k: number,
  target: Float64Array,
): void {
  const whole = count & ~3;
  let to = 0;
  for (let i = 0; i < whole; i += 4) {
    let from = i;
    for (let p = 0; p < k; p++) {
      target[to] = source[from];
      target[to + 1] = source[from + 1];
      target[to + 2] = source[from + 2];
      target[to + 3] = source[from + 3];
      to += 4;
      from += ld;
    }
  }
  if (whole === count) return;
  for (let p = 0; p < k; p++) {
    for (let i = 0; i < 4; i++) target[to + i] = whole + i < count ? source[p * ld + whole + i] : 0;
    to += 4;
  }
}

/** Element (i, p) at `source[i * ld + p]`: rows of the stored matrix run along p. */
export function packAlong(
  source: Float64Array,
  ld: number,
  count: number,
  k: number,
  target: Float64Array,
): void {
  const whole = count & ~3;
  let to = 0;
  for (let i = 0; i < whole; i += 4) {
    const row0 = i * ld;
    const row1 = row0 + ld;
    const row2 = row1 + ld;
    const row3 = row2 + ld;
    for (let p = 0; p < k; p++) {
      target[to] = source[row0 + p];
      target[to + 1] = source[row1 + p];
      target[to + 2] = source[row2 + p];
      target[to + 3] = source[row3 + p];
      to += 4;
    }
  }
  if (whole === count) return;
  for (let p = 0; p < k; p++) {
    for (let i = 0; i < 4; i++) target[to + i] = whole + i < count ? source[(whole + i) * ld + p] : 0;
    to += 4;
  }
}
