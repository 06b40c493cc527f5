/**
 * Eigenvalues, ascending, and eigenvectors of a symmetric tridiagonal matrix by the implicit QL method
 * (Golub & Van Loan, Matrix Computations, section 8.3, with Wilkinson's shift).
 *
 * @param diagonal n values
 * @param off n − 1 values beside the diagonal
 * @returns `vectors` n×n, row k the eigenvector of `values[k]`
 * @throws RangeError when an eigenvalue does not settle
 */
export function tridiagonalEigen(
  diagonal: Float64Array,
  off: Float64Array,
): { readonly values: Float64Array; readonly vectors: Float64Array } {
  const n = diagonal.length;
  const d = diagonal.slice();
  const e = new Float64Array(n);
  e.set(off.subarray(0, n - 1));
  // Row k of z is column k of the product of the rotations.
  const z = new Float64Array(n * n);
  for (let i = 0; i < n; i++) z[i * n + i] = 1;
  for (let l = 0; l < n; l++) {
    for (let round = 0; ; round++) {
      let m = l;
      while (m < n - 1 && Math.abs(e[m]) > 1e-17 * (Math.abs(d[m]) + Math.abs(d[m + 1]))) m++;
      if (m === l) break;
      if (round === 60) throw new RangeError('tridiagonal eigenvalues do not settle');
      let g = (d[l + 1] - d[l]) / (2 * e[l]);
      let r = Math.hypot(g, 1);
      g = d[m] - d[l] + e[l] / (g + (g >= 0 ? r : -r));
      let s = 1;
      let c = 1;
      let p = 0;
      let i = m - 1;
      for (; i >= l; i--) {
        const f = s * e[i];
        const b = c * e[i];
        r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1] -= p;
          e[m] = 0;
          break;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        for (let k = 0; k < n; k++) {
          const upper = z[(i + 1) * n + k];
          const lower = z[i * n + k];
          z[(i + 1) * n + k] = s * lower + c * upper;
          z[i * n + k] = c * lower - s * upper;
        }
      }
      if (r === 0 && i >= l) continue;
      d[l] -= p;
      e[l] = g;
      e[m] = 0;
    }
  }
  const order = Array.from(d.keys()).sort((a, b) => d[a] - d[b]);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => {
    vectors.set(z.subarray(from * n, (from + 1) * n), to * n);
  });
  return { values: Float64Array.from(order, (i) => d[i]), vectors };
}
