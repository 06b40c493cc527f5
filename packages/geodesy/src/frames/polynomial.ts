/**
 * Coefficients of the polynomial through n points, lowest power first (Newton's divided differences, multiplied
 * out).
 */
export function interpolatingPolynomial(nodes: ArrayLike<number>, values: ArrayLike<number>): Float64Array {
  const n = nodes.length;
  const difference = Float64Array.from(values);
  for (let order = 1; order < n; order++) {
    for (let i = n - 1; i >= order; i--) {
      difference[i] = (difference[i] - difference[i - 1]) / (nodes[i] - nodes[i - order]);
    }
  }
  const out = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    // out = out·(u − nodes[i]) + difference[i]
    for (let j = n - 1; j > 0; j--) out[j] = out[j - 1] - nodes[i] * out[j];
    out[0] = difference[i] - nodes[i] * out[0];
  }
  return out;
}
