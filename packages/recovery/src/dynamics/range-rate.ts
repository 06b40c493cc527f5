/** Distance (m) and its rate (m/s) between two satellites, from states of six values in one frame. */
export function rangeAndRate(a: Float64Array, b: Float64Array): { range: number; rangeRate: number } {
  let square = 0;
  let product = 0;
  for (let c = 0; c < 3; c++) {
    const d = b[c] - a[c];
    square += d * d;
    product += d * (b[3 + c] - a[3 + c]);
  }
  const range = Math.sqrt(square);
  return { range, rangeRate: product / range };
}
