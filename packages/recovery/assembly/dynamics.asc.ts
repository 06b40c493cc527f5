// Compiled by `asc` (see package.json, build:wasm), never by tsc. Works on raw addresses of a shared memory that
// TypeScript lays out. Two points go side by side in every register. Plain arithmetic only, so that results are the
// same on every machine. A "pair" is two doubles: of the first and of the second point.

// @ts-ignore: decorator
@inline function splat(at: usize): v128 { return v128.load64_splat(at); }

/**
 * Partial derivatives of the acceleration of two points by all coefficients of degrees `from`…`to`.
 *
 * table: per degree n = 2…to+1 from the order 0 on, four doubles for each (n, m): recursion factors a and b, sectorial
 *   factor (at m = n), nothing; degrees 0 and 1 are there too.
 * factors: per (n, m) of degrees 0…to three doubles up, down, zonal with GM/R² in them.
 * point: six pairs x·R/r², y·R/r², z·R/r², R²/r², R/r, nothing.
 * work: six rows of to + 3 pairs.
 * outA, outB: row x of either point, stride bytes to rows y and z.
 */
export function partials(
  table: usize, factors: usize, from: i32, to: i32, point: usize, work: usize, outA: usize, outB: usize, stride: usize,
): void {
  const xs = v128.load(point), ys = v128.load(point, 16), zs = v128.load(point, 32), rho = v128.load(point, 48);
  const rowBytes = (<usize>(to + 3)) << 4;
  let v1 = work, w1 = work + rowBytes, v2 = work + 2 * rowBytes, w2 = work + 3 * rowBytes;
  let v0 = work + 4 * rowBytes, w0 = work + 5 * rowBytes;
  // Degree 0, then 1.
  const zero = f64x2.splat(0);
  v128.store(v2, v128.load(point, 64));
  v128.store(w2, zero);
  let t = table + 32;
  const seed = v128.load(v2);
  const s1 = splat(t + 32 + 16);
  v128.store(v1, f64x2.mul(f64x2.mul(splat(t), zs), seed));
  v128.store(w1, zero);
  v128.store(v1, f64x2.mul(f64x2.mul(s1, xs), seed), 16);
  v128.store(w1, f64x2.mul(f64x2.mul(s1, ys), seed), 16);
  t += 64;
  let f = factors + 24;
  if (from <= 0) {
    output(factors, 0, v1, w1, outA, outB, stride);
    outA += 8; outB += 8;
  }
  for (let n = 2; n <= to + 1; n++) {
    // Row n from rows n − 1 and n − 2; all orders are independent.
    let av = v0, aw = w0, bv = v1, bw = w1, cv = v2, cw = w2;
    for (let m = 0; m < n - 1; m++) {
      const za = f64x2.mul(splat(t), zs), rb = f64x2.mul(splat(t + 8), rho);
      v128.store(av, f64x2.sub(f64x2.mul(za, v128.load(bv)), f64x2.mul(rb, v128.load(cv))));
      v128.store(aw, f64x2.sub(f64x2.mul(za, v128.load(bw)), f64x2.mul(rb, v128.load(cw))));
      t += 32; av += 16; aw += 16; bv += 16; bw += 16; cv += 16; cw += 16;
    }
    const za = f64x2.mul(splat(t), zs);
    const vs = v128.load(bv), ws = v128.load(bw);
    v128.store(av, f64x2.mul(za, vs));
    v128.store(aw, f64x2.mul(za, ws));
    const s = splat(t + 32 + 16);
    v128.store(av, f64x2.mul(s, f64x2.sub(f64x2.mul(xs, vs), f64x2.mul(ys, ws))), 16);
    v128.store(aw, f64x2.mul(s, f64x2.add(f64x2.mul(xs, ws), f64x2.mul(ys, vs))), 16);
    t += 64;
    const k = n - 1;
    if (k >= from) {
      output(f, k, v0, w0, outA, outB, stride);
      const bytes = (<usize>(2 * k + 1)) << 3;
      outA += bytes; outB += bytes;
    }
    f += (<usize>n) * 24;
    const vt = v2, wt = w2;
    v2 = v1; w2 = w1;
    v1 = v0; w1 = w0;
    v0 = vt; w0 = wt;
  }
}

// @ts-ignore: decorator
@inline function storeBoth(c: v128, s: v128, a: usize, b: usize): void {
  v128.store(a, v128.shuffle<f64>(c, s, 0, 2));
  v128.store(b, v128.shuffle<f64>(c, s, 1, 3));
}

/** The columns of degree n from the harmonics of degree n + 1. */
function output(f: usize, n: i32, v: usize, w: usize, outA: usize, outB: usize, stride: usize): void {
  const up = splat(f);
  const x = f64x2.neg(f64x2.mul(up, v128.load(v, 16)));
  const y = f64x2.neg(f64x2.mul(up, v128.load(w, 16)));
  const z = f64x2.neg(f64x2.mul(splat(f + 16), v128.load(v)));
  store<f64>(outA, f64x2.extract_lane(x, 0));
  store<f64>(outB, f64x2.extract_lane(x, 1));
  store<f64>(outA + stride, f64x2.extract_lane(y, 0));
  store<f64>(outB + stride, f64x2.extract_lane(y, 1));
  store<f64>(outA + 2 * stride, f64x2.extract_lane(z, 0));
  store<f64>(outB + 2 * stride, f64x2.extract_lane(z, 1));
  outA += 8; outB += 8;
  for (let m = 1; m <= n; m++) {
    f += 24;
    const u = splat(f), d = splat(f + 8), k = f64x2.neg(splat(f + 16));
    const uv = f64x2.mul(u, v128.load(v, 32)), uw = f64x2.mul(u, v128.load(w, 32));
    const dv = f64x2.mul(d, v128.load(v)), dw = f64x2.mul(d, v128.load(w));
    storeBoth(f64x2.sub(dv, uv), f64x2.sub(dw, uw), outA, outB);
    storeBoth(f64x2.neg(f64x2.add(uw, dw)), f64x2.add(uv, dv), outA + stride, outB + stride);
    storeBoth(f64x2.mul(k, v128.load(v, 16)), f64x2.mul(k, v128.load(w, 16)), outA + 2 * stride, outB + 2 * stride);
    v += 16; w += 16; outA += 16; outB += 16;
  }
}

/**
 * Three sums Σ c·V + s·W over all harmonics to a degree, for two points: an acceleration by its three series.
 *
 * series: for each order m = 0…degree: sectorial factor of m and nothing, then for n = m…degree eight doubles: recursion
 *   factors a and b of (n, m), then c and s of each of the three series.
 * point: as for `partials`; out: three pairs.
 */
export function sum3(series: usize, degree: i32, point: usize, out: usize): void {
  const xs = v128.load(point), ys = v128.load(point, 16), zs = v128.load(point, 32), rho = v128.load(point, 48);
  let vm = v128.load(point, 64), wm = f64x2.splat(0);
  let ax = f64x2.splat(0), ay = f64x2.splat(0), az = f64x2.splat(0);
  for (let m = 0; m <= degree; m++) {
    if (m > 0) {
      const s = splat(series);
      const vt = f64x2.mul(s, f64x2.sub(f64x2.mul(xs, vm), f64x2.mul(ys, wm)));
      wm = f64x2.mul(s, f64x2.add(f64x2.mul(xs, wm), f64x2.mul(ys, vm)));
      vm = vt;
    }
    series += 16;
    let v = vm, w = wm, v2 = f64x2.splat(0), w2 = f64x2.splat(0);
    let bx = f64x2.splat(0), by = f64x2.splat(0), bz = f64x2.splat(0);
    for (let n = m; n <= degree; n++) {
      if (n > m) {
        const za = f64x2.mul(splat(series), zs), rb = f64x2.mul(splat(series + 8), rho);
        const vt = f64x2.sub(f64x2.mul(za, v), f64x2.mul(rb, v2));
        const wt = f64x2.sub(f64x2.mul(za, w), f64x2.mul(rb, w2));
        v2 = v; w2 = w;
        v = vt; w = wt;
      }
      bx = f64x2.add(bx, f64x2.add(f64x2.mul(splat(series + 16), v), f64x2.mul(splat(series + 24), w)));
      by = f64x2.add(by, f64x2.add(f64x2.mul(splat(series + 32), v), f64x2.mul(splat(series + 40), w)));
      bz = f64x2.add(bz, f64x2.add(f64x2.mul(splat(series + 48), v), f64x2.mul(splat(series + 56), w)));
      series += 64;
    }
    ax = f64x2.add(ax, bx); ay = f64x2.add(ay, by); az = f64x2.add(az, bz);
  }
  v128.store(out, ax); v128.store(out, ay, 16); v128.store(out, az, 32);
}

/** As `sum3` with five series, twelve doubles for each (n, m); out: five pairs. */
export function sum5(series: usize, degree: i32, point: usize, out: usize): void {
  const xs = v128.load(point), ys = v128.load(point, 16), zs = v128.load(point, 32), rho = v128.load(point, 48);
  let vm = v128.load(point, 64), wm = f64x2.splat(0);
  let a0 = f64x2.splat(0), a1 = f64x2.splat(0), a2 = f64x2.splat(0), a3 = f64x2.splat(0), a4 = f64x2.splat(0);
  for (let m = 0; m <= degree; m++) {
    if (m > 0) {
      const s = splat(series);
      const vt = f64x2.mul(s, f64x2.sub(f64x2.mul(xs, vm), f64x2.mul(ys, wm)));
      wm = f64x2.mul(s, f64x2.add(f64x2.mul(xs, wm), f64x2.mul(ys, vm)));
      vm = vt;
    }
    series += 16;
    let v = vm, w = wm, v2 = f64x2.splat(0), w2 = f64x2.splat(0);
    for (let n = m; n <= degree; n++) {
      if (n > m) {
        const za = f64x2.mul(splat(series), zs), rb = f64x2.mul(splat(series + 8), rho);
        const vt = f64x2.sub(f64x2.mul(za, v), f64x2.mul(rb, v2));
        const wt = f64x2.sub(f64x2.mul(za, w), f64x2.mul(rb, w2));
        v2 = v; w2 = w;
        v = vt; w = wt;
      }
      a0 = f64x2.add(a0, f64x2.add(f64x2.mul(splat(series + 16), v), f64x2.mul(splat(series + 24), w)));
      a1 = f64x2.add(a1, f64x2.add(f64x2.mul(splat(series + 32), v), f64x2.mul(splat(series + 40), w)));
      a2 = f64x2.add(a2, f64x2.add(f64x2.mul(splat(series + 48), v), f64x2.mul(splat(series + 56), w)));
      a3 = f64x2.add(a3, f64x2.add(f64x2.mul(splat(series + 64), v), f64x2.mul(splat(series + 72), w)));
      a4 = f64x2.add(a4, f64x2.add(f64x2.mul(splat(series + 80), v), f64x2.mul(splat(series + 88), w)));
      series += 96;
    }
  }
  v128.store(out, a0); v128.store(out, a1, 16); v128.store(out, a2, 32);
  v128.store(out, a3, 48); v128.store(out, a4, 64);
}
