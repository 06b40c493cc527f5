// Compiled by `asc` (see package.json, build:wasm), never by tsc. Works on raw addresses of its own small
// memory: TypeScript copies packed panels in and finished tiles out. All strides are in bytes.

/** c + a·b; one rounding in the relaxed build where the processor has a fused multiply-add. */
// @ts-ignore: decorator
@inline function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(a, b, c);
  return f64x2.add(c, f64x2.mul(a, b));
}

/** c - a·b. */
// @ts-ignore: decorator
@inline function nmadd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_nmadd(a, b, c);
  return f64x2.sub(c, f64x2.mul(a, b));
}

/** 6×4 block of C += panel of A (k×6) times panel of B (k×4), both packed: 12 of the 16 registers are sums. */
function micro(a: usize, b: usize, c: usize, ldc: usize, k: i32): void {
  let c00 = v128.load(c), c01 = v128.load(c, 16);
  let c10 = v128.load(c + ldc), c11 = v128.load(c + ldc, 16);
  let c20 = v128.load(c + 2 * ldc), c21 = v128.load(c + 2 * ldc, 16);
  let c30 = v128.load(c + 3 * ldc), c31 = v128.load(c + 3 * ldc, 16);
  let c40 = v128.load(c + 4 * ldc), c41 = v128.load(c + 4 * ldc, 16);
  let c50 = v128.load(c + 5 * ldc), c51 = v128.load(c + 5 * ldc, 16);
  const end = a + (<usize>k) * 48;
  while (a < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let s = v128.load64_splat(a);
    c00 = madd(s, b0, c00); c01 = madd(s, b1, c01);
    s = v128.load64_splat(a, 8);
    c10 = madd(s, b0, c10); c11 = madd(s, b1, c11);
    s = v128.load64_splat(a, 16);
    c20 = madd(s, b0, c20); c21 = madd(s, b1, c21);
    s = v128.load64_splat(a, 24);
    c30 = madd(s, b0, c30); c31 = madd(s, b1, c31);
    s = v128.load64_splat(a, 32);
    c40 = madd(s, b0, c40); c41 = madd(s, b1, c41);
    s = v128.load64_splat(a, 40);
    c50 = madd(s, b0, c50); c51 = madd(s, b1, c51);
    a += 48;
    b += 32;
  }
  v128.store(c, c00); v128.store(c, c01, 16);
  v128.store(c + ldc, c10); v128.store(c + ldc, c11, 16);
  v128.store(c + 2 * ldc, c20); v128.store(c + 2 * ldc, c21, 16);
  v128.store(c + 3 * ldc, c30); v128.store(c + 3 * ldc, c31, 16);
  v128.store(c + 4 * ldc, c40); v128.store(c + 4 * ldc, c41, 16);
  v128.store(c + 5 * ldc, c50); v128.store(c + 5 * ldc, c51, 16);
}

/** Tile C += A·B of packed panels; `upper` leaves out the blocks wholly below the diagonal of the tile. */
export function multiply(
  a: usize, b: usize, c: usize, ldc: usize, rowPanels: i32, colPanels: i32, k: i32, upper: bool,
): void {
  const panelA = (<usize>k) * 48;
  const panelB = (<usize>k) << 5;
  for (let j = 0; j < colPanels; j++) {
    const rows = upper ? min(rowPanels, (j * 4 + 3) / 6 + 1) : rowPanels;
    for (let i = 0; i < rows; i++) {
      micro(a + (<usize>i) * panelA, b + (<usize>j) * panelB, c + (<usize>i) * 6 * ldc + ((<usize>j) << 5), ldc, k);
    }
  }
}

/**
 * Panels of `width` indices i, within a panel the numbers of each p in turn, missing indices zero. Element (i,p) of the
 * source at `source + p·ld + 8i`.
 */
export function packAcross(source: usize, ld: usize, count: i32, k: i32, width: i32, target: usize): void {
  const pairs = width >> 1;
  for (let i = 0; i < count; i += width) {
    let from = source + ((<usize>i) << 3);
    if (i + width <= count) {
      for (let p = 0; p < k; p++) {
        for (let q = 0; q < pairs; q++) v128.store(target + ((<usize>q) << 4), v128.load(from + ((<usize>q) << 4)));
        target += (<usize>width) << 3;
        from += ld;
      }
    } else {
      for (let p = 0; p < k; p++) {
        for (let q = 0; q < width; q++) {
          store<f64>(target, i + q < count ? load<f64>(from + ((<usize>q) << 3)) : 0);
          target += 8;
        }
        from += ld;
      }
    }
  }
}

/** As packAcross, with element (i,p) of the source at `source + i·ld + 8p`. */
export function packAlong(source: usize, ld: usize, count: i32, k: i32, width: i32, target: usize): void {
  const step = (<usize>width) << 3;
  for (let i = 0; i < count; i += width) {
    for (let q = 0; q < width; q++) {
      let to = target + ((<usize>q) << 3);
      if (i + q < count) {
        let from = source + (<usize>(i + q)) * ld;
        for (let p = 0; p < k; p++) {
          store<f64>(to, load<f64>(from));
          to += step;
          from += 8;
        }
      } else {
        for (let p = 0; p < k; p++) {
          store<f64>(to, 0);
          to += step;
        }
      }
    }
    target += (<usize>k) * step;
  }
}

/** C (m×n) -= A·B with A(i,p) at a + i·rs + p·cs, B and C by rows; n is a multiple of 4. */
function subtractProduct(
  a: usize, rs: usize, cs: usize, b: usize, ldb: usize, c: usize, ldc: usize, m: i32, n: i32, k: i32,
): void {
  for (let j = 0; j < n; j += 4) {
    const bj = b + ((<usize>j) << 3);
    let i = 0;
    for (; i + 4 <= m; i += 4) {
      const cij = c + (<usize>i) * ldc + ((<usize>j) << 3);
      let c00 = v128.load(cij), c01 = v128.load(cij, 16);
      let c10 = v128.load(cij + ldc), c11 = v128.load(cij + ldc, 16);
      let c20 = v128.load(cij + 2 * ldc), c21 = v128.load(cij + 2 * ldc, 16);
      let c30 = v128.load(cij + 3 * ldc), c31 = v128.load(cij + 3 * ldc, 16);
      let ap = a + (<usize>i) * rs, bp = bj;
      for (let p = 0; p < k; p++) {
        const b0 = v128.load(bp), b1 = v128.load(bp, 16);
        let s = v128.load64_splat(ap);
        c00 = nmadd(s, b0, c00); c01 = nmadd(s, b1, c01);
        s = v128.load64_splat(ap + rs);
        c10 = nmadd(s, b0, c10); c11 = nmadd(s, b1, c11);
        s = v128.load64_splat(ap + 2 * rs);
        c20 = nmadd(s, b0, c20); c21 = nmadd(s, b1, c21);
        s = v128.load64_splat(ap + 3 * rs);
        c30 = nmadd(s, b0, c30); c31 = nmadd(s, b1, c31);
        ap += cs;
        bp += ldb;
      }
      v128.store(cij, c00); v128.store(cij, c01, 16);
      v128.store(cij + ldc, c10); v128.store(cij + ldc, c11, 16);
      v128.store(cij + 2 * ldc, c20); v128.store(cij + 2 * ldc, c21, 16);
      v128.store(cij + 3 * ldc, c30); v128.store(cij + 3 * ldc, c31, 16);
    }
    for (; i < m; i++) {
      const cij = c + (<usize>i) * ldc + ((<usize>j) << 3);
      let c00 = v128.load(cij), c01 = v128.load(cij, 16);
      let ap = a + (<usize>i) * rs, bp = bj;
      for (let p = 0; p < k; p++) {
        const s = v128.load64_splat(ap);
        c00 = nmadd(s, v128.load(bp), c00); c01 = nmadd(s, v128.load(bp, 16), c01);
        ap += cs;
        bp += ldb;
      }
      v128.store(cij, c00); v128.store(cij, c01, 16);
    }
  }
}

const INNER: i32 = 32;

/** Row i of X: (X(i) - Σ T(i,p)·X(p)) / T(i,i), p from `from` to before `to`; n is a multiple of 4. */
// @ts-ignore: decorator
@inline function solveRow(
  t: usize, rs: usize, cs: usize, x: usize, ldx: usize, i: i32, from: i32, to: i32, n: i32,
): void {
  const ti = t + (<usize>i) * rs;
  const diagonal = v128.load64_splat(ti + (<usize>i) * cs);
  for (let j = 0; j < n; j += 4) {
    const xj = x + ((<usize>j) << 3);
    const xi = xj + (<usize>i) * ldx;
    let x0 = v128.load(xi), x1 = v128.load(xi, 16);
    let tp = ti + (<usize>from) * cs, xp = xj + (<usize>from) * ldx;
    for (let p = from; p < to; p++) {
      const s = v128.load64_splat(tp);
      x0 = nmadd(s, v128.load(xp), x0); x1 = nmadd(s, v128.load(xp, 16), x1);
      tp += cs;
      xp += ldx;
    }
    v128.store(xi, f64x2.div(x0, diagonal)); v128.store(xi, f64x2.div(x1, diagonal), 16);
  }
}

/** Solves T·X = B in place for lower triangular T(i,p) at t + i·rs + p·cs; n columns, a multiple of 4. */
export function solveForward(t: usize, rs: usize, cs: usize, x: usize, ldx: usize, m: i32, n: i32): void {
  for (let kb = 0; kb < m; kb += INNER) {
    const ke = min(kb + INNER, m);
    for (let i = kb; i < ke; i++) solveRow(t, rs, cs, x, ldx, i, kb, i, n);
    subtractProduct(
      t + (<usize>ke) * rs + (<usize>kb) * cs, rs, cs, x + (<usize>kb) * ldx, ldx,
      x + (<usize>ke) * ldx, ldx, m - ke, n, ke - kb,
    );
  }
}

/** Solves T·X = B in place for upper triangular T(i,p) at t + i·rs + p·cs; n columns, a multiple of 4. */
export function solveBackward(t: usize, rs: usize, cs: usize, x: usize, ldx: usize, m: i32, n: i32): void {
  for (let kb = ((m - 1) / INNER) * INNER; kb >= 0; kb -= INNER) {
    const ke = min(kb + INNER, m);
    for (let i = ke - 1; i >= kb; i--) solveRow(t, rs, cs, x, ldx, i, i + 1, ke, n);
    subtractProduct(t + (<usize>kb) * cs, rs, cs, x + (<usize>kb) * ldx, ldx, x, ldx, kb, n, ke - kb);
  }
}

/**
 * Cholesky factor in the upper triangle of A (n×n); the columns up to the next multiple of 4 must exist.
 * Returns -1, or the row whose pivot is not positive. What lies below the diagonal is scratch.
 */
export function factorize(a: usize, lda: usize, n: i32): i32 {
  const padded = (n + 3) & ~3;
  for (let kb = 0; kb < n; kb += INNER) {
    const ke = min(kb + INNER, n);
    for (let i = kb; i < ke; i++) {
      const ai = a + (<usize>i) * lda;
      const pivot = load<f64>(ai + ((<usize>i) << 3));
      // Written so that NaN fails too.
      if (!(pivot > 0) || pivot == Infinity) return i;
      const root = Math.sqrt(pivot);
      store<f64>(ai + ((<usize>i) << 3), root);
      for (let j = i + 1; j < ke; j++) {
        const at = ai + ((<usize>j) << 3);
        store<f64>(at, load<f64>(at) / root);
      }
      for (let r = i + 1; r < ke; r++) {
        const ar = a + (<usize>r) * lda;
        const s = load<f64>(ai + ((<usize>r) << 3));
        for (let j = r; j < ke; j++) {
          const at = ar + ((<usize>j) << 3);
          store<f64>(at, load<f64>(at) - s * load<f64>(ai + ((<usize>j) << 3)));
        }
      }
    }
    if (ke == n) break;
    const diagonal = a + (<usize>kb) * lda + ((<usize>kb) << 3);
    const panel = a + (<usize>kb) * lda + ((<usize>ke) << 3);
    solveForward(diagonal, 8, lda, panel, lda, ke - kb, padded - ke);
    for (let ib = ke; ib < n; ib += INNER) {
      const u = a + (<usize>kb) * lda + ((<usize>ib) << 3);
      subtractProduct(
        u, 8, lda, u, lda, a + (<usize>ib) * lda + ((<usize>ib) << 3), lda,
        min(INNER, n - ib), padded - ib, ke - kb,
      );
    }
  }
  return -1;
}
