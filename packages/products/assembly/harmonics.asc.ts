// Compiled by `asc` (see package.json, build:wasm), never by tsc. Works on raw addresses of its own memory, laid out by
// src/transforms/harmonic-engine.ts. Two rings share a vector; a quad is four rings.

/** c + a·b; one rounding in the relaxed build where the processor has a fused multiply-add. */
// @ts-ignore: decorator
@inline function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(a, b, c);
  return f64x2.add(c, f64x2.mul(a, b));
}


/**
 * Per degree n = m … degree three numbers at `table`: A_n, and c_n·α_n, s_n·α_n of the coefficients (pairs) at `source`
 * (0: α_n twice). P_n = α_n·Q_n with α_n = -b_n·α_(n-2) turns the recursion P_n = a_n·x·P_(n-1) - b_n·P_(n-2) into
 * Q_n = A_n·x·Q_(n-1) + Q_(n-2): one operation less at every ring.
 */
export function prepare(table: usize, source: usize, m: i32, degree: i32): void {
  let before: f64 = 1, last: f64 = 1;
  for (let n = m; n <= degree; n++) {
    let alpha: f64 = 1, ratio: f64 = 0;
    if (n > m) {
      const common = (2 * n + 1) / ((<f64>(n - m)) * (n + m));
      const a = Math.sqrt(common * (2 * n - 1));
      if (n > m + 1) {
        alpha = -Math.sqrt(common * (n + m - 1) * (n - m - 1) / (2 * n - 3)) * before;
      }
      ratio = a * last / alpha;
      before = last;
      last = alpha;
    }
    store<f64>(table, ratio);
    store<f64>(table, source ? alpha * load<f64>(source) : alpha, 8);
    store<f64>(table, source ? alpha * load<f64>(source, 8) : alpha, 16);
    table += 24;
    if (source) source += 16;
  }
}

// A quad at `rings`: x (32 bytes), q² (32), h = (cos φ·q)^(m/2) (32), its factor to the next order (32), scale (32).
const QUAD: usize = 160;

/** Moves all quads to the next order. */
export function nextOrder(rings: usize, quads: i32): void {
  for (let i = 0; i < quads; i++) {
    v128.store(rings, f64x2.mul(v128.load(rings, 64), v128.load(rings, 96)), 64);
    v128.store(rings, f64x2.mul(v128.load(rings, 80), v128.load(rings, 112)), 80);
    rings += QUAD;
  }
}

// @ts-ignore: decorator
@inline function step(a: v128, x: v128, q: v128, p: v128, before: v128, general: bool): v128 {
  return madd(f64x2.mul(a, x), p, general ? f64x2.mul(q, before) : before);
}

// @ts-ignore: decorator
@inline function scaled(sum: v128, h: v128, scale: v128): v128 {
  return f64x2.mul(f64x2.mul(f64x2.mul(sum, h), scale), h);
}

// @ts-ignore: decorator
@inline function sumQuad(table: usize, ring: usize, out: usize, seed: f64, count: i32, general: bool): void {
  const xa = v128.load(ring), xb = v128.load(ring, 16);
  const qa = v128.load(ring, 32), qb = v128.load(ring, 48);
  let evenA = f64x2.splat(seed), evenB = evenA;
  let c = v128.load64_splat(table, 8), s = v128.load64_splat(table, 16);
  let ecA = f64x2.mul(c, evenA), ecB = ecA;
  let esA = f64x2.mul(s, evenA), esB = esA;
  let ocA = f64x2.splat(0), ocB = ocA, osA = ocA, osB = ocA;
  let oddA = ocA, oddB = ocA;
  let at = table + 24;
  const end = table + <usize>count * 24;
  const pairsEnd = end - 24;
  while (at < pairsEnd) {
    let a = v128.load64_splat(at);
    oddA = step(a, xa, qa, evenA, oddA, general);
    oddB = step(a, xb, qb, evenB, oddB, general);
    c = v128.load64_splat(at, 8);
    ocA = madd(c, oddA, ocA);
    ocB = madd(c, oddB, ocB);
    s = v128.load64_splat(at, 16);
    osA = madd(s, oddA, osA);
    osB = madd(s, oddB, osB);
    a = v128.load64_splat(at, 24);
    evenA = step(a, xa, qa, oddA, evenA, general);
    evenB = step(a, xb, qb, oddB, evenB, general);
    c = v128.load64_splat(at, 32);
    ecA = madd(c, evenA, ecA);
    ecB = madd(c, evenB, ecB);
    s = v128.load64_splat(at, 40);
    esA = madd(s, evenA, esA);
    esB = madd(s, evenB, esB);
    at += 48;
  }
  if (at < end) {
    const a = v128.load64_splat(at);
    oddA = step(a, xa, qa, evenA, oddA, general);
    oddB = step(a, xb, qb, evenB, oddB, general);
    c = v128.load64_splat(at, 8);
    ocA = madd(c, oddA, ocA);
    ocB = madd(c, oddB, ocB);
    s = v128.load64_splat(at, 16);
    osA = madd(s, oddA, osA);
    osB = madd(s, oddB, osB);
  }
  const ha = v128.load(ring, 64), hb = v128.load(ring, 80);
  const wa = v128.load(ring, 128), wb = v128.load(ring, 144);
  v128.store(out, scaled(ecA, ha, wa));
  v128.store(out, scaled(ocA, ha, wa), 16);
  v128.store(out, scaled(esA, ha, wa), 32);
  v128.store(out, scaled(osA, ha, wa), 48);
  v128.store(out, scaled(ecB, hb, wb), 64);
  v128.store(out, scaled(ocB, hb, wb), 80);
  v128.store(out, scaled(esB, hb, wb), 96);
  v128.store(out, scaled(osB, hb, wb), 112);
}

/**
 * Sums over degree of one order m at all quads: per pair of rings a record of 64 bytes at `out`, the cosine sums of even
 * and odd n - m, then the sine sums. `tops`: highest order that counts at a quad; `count`: degrees in the table.
 */
export function sumDegrees(
  table: usize, rings: usize, tops: usize, out: usize, quads: i32, m: i32, count: i32, seed: f64, general: bool,
): void {
  for (let i = 0; i < quads; i++) {
    if (m > load<i32>(tops)) memory.fill(out, 0, 128);
    else if (general) sumQuad(table, rings, out, seed, count, true);
    else sumQuad(table, rings, out, seed, count, false);
    tops += 4;
    rings += QUAD;
    out += 128;
  }
}

/**
 * The transposed of sumDegrees: adds P_n of all rings times their records to 32 bytes per degree at `sums` (cosine and
 * sine, two lanes each), then writes the coefficients times α_n as pairs to `target`.
 */
export function projectDegrees(
  table: usize, rings: usize, tops: usize, records: usize, sums: usize, target: usize,
  quads: i32, m: i32, count: i32, seed: f64,
): void {
  memory.fill(sums, 0, <usize>count << 5);
  for (let i = 0; i < quads; i++) {
    if (m <= load<i32>(tops)) projectQuad(table, rings, records, sums, count, seed);
    tops += 4;
    rings += QUAD;
    records += 128;
  }
  for (let n = 0; n < count; n++) {
    const alpha = load<f64>(table, 8);
    const c = v128.load(sums), s = v128.load(sums, 16);
    store<f64>(target, alpha * (f64x2.extract_lane(c, 0) + f64x2.extract_lane(c, 1)));
    store<f64>(target, alpha * (f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1)), 8);
    table += 24;
    sums += 32;
    target += 16;
  }
}

function projectQuad(table: usize, ring: usize, record: usize, sums: usize, count: i32, seed: f64): void {
  const xa = v128.load(ring), xb = v128.load(ring, 16);
  const ha = v128.load(ring, 64), hb = v128.load(ring, 80);
  const wa = v128.load(ring, 128), wb = v128.load(ring, 144);
  const ecA = scaled(v128.load(record), ha, wa), ecB = scaled(v128.load(record, 64), hb, wb);
  const ocA = scaled(v128.load(record, 16), ha, wa), ocB = scaled(v128.load(record, 80), hb, wb);
  const esA = scaled(v128.load(record, 32), ha, wa), esB = scaled(v128.load(record, 96), hb, wb);
  const osA = scaled(v128.load(record, 48), ha, wa), osB = scaled(v128.load(record, 112), hb, wb);
  let evenA = f64x2.splat(seed), evenB = evenA;
  let oddA = f64x2.splat(0), oddB = oddA;
  const end = sums + (<usize>count << 5);
  v128.store(sums, madd(ecA, evenA, madd(ecB, evenB, v128.load(sums))));
  v128.store(sums, madd(esA, evenA, madd(esB, evenB, v128.load(sums, 16))), 16);
  sums += 32;
  table += 24;
  while (sums < end) {
    let a = v128.load64_splat(table);
    oddA = step(a, xa, xa, evenA, oddA, false);
    oddB = step(a, xb, xb, evenB, oddB, false);
    v128.store(sums, madd(ocA, oddA, madd(ocB, oddB, v128.load(sums))));
    v128.store(sums, madd(osA, oddA, madd(osB, oddB, v128.load(sums, 16))), 16);
    sums += 32;
    if (sums >= end) break;
    a = v128.load64_splat(table, 24);
    evenA = step(a, xa, xa, oddA, evenA, false);
    evenB = step(a, xb, xb, oddB, evenB, false);
    v128.store(sums, madd(ecA, evenA, madd(ecB, evenB, v128.load(sums))));
    v128.store(sums, madd(esA, evenA, madd(esB, evenB, v128.load(sums, 16))), 16);
    sums += 32;
    table += 48;
  }
}

/**
 * Fourier coefficients of the rows of a pair of rings from their records (one per order, at `records`): the northern row
 * is the real, the southern the imaginary part; point k at x + 32·k holds real and imaginary lanes. `phases`: cos mλ₀ and
 * sin mλ₀. Orders above the Nyquist order fold back, which is what sampling at these points does.
 */
export function spread(records: usize, phases: usize, x: usize, size: i32, orders: i32): void {
  memory.fill(x, 0, <usize>size << 5);
  const half = f64x2.splat(0.5);
  let up = 0;
  for (let m = 0; m < orders; m++) {
    const ec = v128.load(records), oc = v128.load(records, 16), es = v128.load(records, 32), os = v128.load(records, 48);
    const cos = f64x2.mul(half, v128.load64_splat(phases)), sin = f64x2.mul(half, v128.load64_splat(phases, 8));
    const nc = f64x2.add(ec, oc), ns = f64x2.add(es, os), sc = f64x2.sub(ec, oc), ss = f64x2.sub(es, os);
    const nr = f64x2.add(f64x2.mul(nc, cos), f64x2.mul(ns, sin)), ni = f64x2.sub(f64x2.mul(nc, sin), f64x2.mul(ns, cos));
    const sr = f64x2.add(f64x2.mul(sc, cos), f64x2.mul(ss, sin)), si = f64x2.sub(f64x2.mul(sc, sin), f64x2.mul(ss, cos));
    const down = up == 0 ? 0 : size - up;
    const p = x + (<usize>up << 5), q = x + (<usize>down << 5);
    v128.store(p, f64x2.add(v128.load(p), f64x2.sub(nr, si)));
    v128.store(p, f64x2.add(v128.load(p, 16), f64x2.add(ni, sr)), 16);
    v128.store(q, f64x2.add(v128.load(q), f64x2.add(nr, si)));
    v128.store(q, f64x2.add(v128.load(q, 16), f64x2.sub(sr, ni)), 16);
    records += 64;
    phases += 16;
    up++;
    if (up == size) up = 0;
  }
}

/** The four rows of a pair of rings: north and south of the first, north and south of the second. */
export function unpackRows(x: usize, rows: usize, size: i32): void {
  const length = <usize>size << 3;
  for (let k = 0; k < size; k++) {
    const re = v128.load(x), im = v128.load(x, 16);
    v128.store64_lane(rows, re, 0);
    v128.store64_lane(rows + length, im, 0);
    v128.store64_lane(rows + 2 * length, re, 1);
    v128.store64_lane(rows + 3 * length, im, 1);
    x += 32;
    rows += 8;
  }
}

/** Inverse of unpackRows with real and imaginary part exchanged: the transform then runs with the other sign. */
export function packRows(rows: usize, x: usize, size: i32): void {
  const length = <usize>size << 3;
  for (let k = 0; k < size; k++) {
    v128.store(x, f64x2.replace_lane(v128.load64_splat(rows + length), 1, load<f64>(rows + 3 * length)));
    v128.store(x, f64x2.replace_lane(v128.load64_splat(rows), 1, load<f64>(rows + 2 * length)), 16);
    x += 32;
    rows += 8;
  }
}

/** Records of all orders from the transform of packRows: sums f·cos mλ and f·sin mλ, even and odd part in the latitude. */
export function gather(x: usize, phases: usize, records: usize, size: i32, orders: i32): void {
  const half = f64x2.splat(0.5);
  for (let m = 0; m < orders; m++) {
    const p = x + (<usize>m << 5), q = m == 0 ? x : x + (<usize>(size - m) << 5);
    // exchanged back: the real part stands second
    const pr = v128.load(p, 16), pi = v128.load(p), qr = v128.load(q, 16), qi = v128.load(q);
    const nr = f64x2.mul(half, f64x2.add(pr, qr)), ni = f64x2.mul(half, f64x2.sub(pi, qi));
    const sr = f64x2.mul(half, f64x2.add(pi, qi)), si = f64x2.mul(half, f64x2.sub(qr, pr));
    const cos = v128.load64_splat(phases), sin = v128.load64_splat(phases, 8);
    const nc = f64x2.add(f64x2.mul(nr, cos), f64x2.mul(ni, sin)), ns = f64x2.sub(f64x2.mul(nr, sin), f64x2.mul(ni, cos));
    const sc = f64x2.add(f64x2.mul(sr, cos), f64x2.mul(si, sin)), ss = f64x2.sub(f64x2.mul(sr, sin), f64x2.mul(si, cos));
    v128.store(records, f64x2.add(nc, sc));
    v128.store(records, f64x2.sub(nc, sc), 16);
    v128.store(records, f64x2.add(ns, ss), 32);
    v128.store(records, f64x2.sub(ns, ss), 48);
    records += 64;
    phases += 16;
  }
}

// @ts-ignore: decorator
@inline function put(to: usize, re: v128, im: v128, wr: v128, wi: v128): void {
  v128.store(to, f64x2.sub(f64x2.mul(re, wr), f64x2.mul(im, wi)));
  v128.store(to, f64x2.add(f64x2.mul(re, wi), f64x2.mul(im, wr)), 16);
}

/**
 * Two transforms X_k = Σ x_j·exp(2πi·jk/N) at once, one per lane, in x or y (the address is returned). `radices`: factors
 * of N (2, 3, 4, 5 or other primes) as i32; `circle`: cos and sin of 2πk/N. Self-sorting (Stockham), decimation in
 * frequency. Source: Van Loan, Computational Frameworks for the Fast Fourier Transform (1992), 1.7.
 */
export function fourier(x: usize, y: usize, circle: usize, radices: usize, passes: i32, size: i32): usize {
  let length = size, stride = 1;
  for (let pass = 0; pass < passes; pass++) {
    const p = load<i32>(radices);
    radices += 4;
    const part = length / p;
    if (p == 4) radixFour(x, y, circle, part, stride);
    else if (p == 2) radixTwo(x, y, circle, part, stride);
    else if (p == 3) radixThree(x, y, circle, part, stride);
    else if (p == 5) radixFive(x, y, circle, part, stride);
    else radixAny(x, y, circle, p, part, stride, size);
    length = part;
    stride *= p;
    const t = x;
    x = y;
    y = t;
  }
  return x;
}

function radixTwo(x: usize, y: usize, circle: usize, part: i32, stride: i32): void {
  const far = <usize>(stride * part) << 5, width = <usize>stride << 5;
  for (let q = 0; q < part; q++) {
    const w = circle + (<usize>(q * stride) << 4);
    const wr = v128.load64_splat(w), wi = v128.load64_splat(w, 8);
    let from = x + (<usize>(q * stride) << 5), to = y + (<usize>(2 * q * stride) << 5);
    for (let j = 0; j < stride; j++) {
      const ar = v128.load(from), ai = v128.load(from, 16), br = v128.load(from + far), bi = v128.load(from + far, 16);
      v128.store(to, f64x2.add(ar, br));
      v128.store(to, f64x2.add(ai, bi), 16);
      put(to + width, f64x2.sub(ar, br), f64x2.sub(ai, bi), wr, wi);
      from += 32;
      to += 32;
    }
  }
}

function radixFour(x: usize, y: usize, circle: usize, part: i32, stride: i32): void {
  const far = <usize>(stride * part) << 5, width = <usize>stride << 5;
  for (let q = 0; q < part; q++) {
    const k = <usize>(q * stride);
    const w1r = v128.load64_splat(circle + (k << 4)), w1i = v128.load64_splat(circle + (k << 4), 8);
    const w2r = v128.load64_splat(circle + (k << 5)), w2i = v128.load64_splat(circle + (k << 5), 8);
    const w3r = v128.load64_splat(circle + 48 * k), w3i = v128.load64_splat(circle + 48 * k, 8);
    let from = x + (k << 5), to = y + (k << 7);
    for (let j = 0; j < stride; j++) {
      const ar = v128.load(from), ai = v128.load(from, 16);
      const br = v128.load(from + far), bi = v128.load(from + far, 16);
      const cr = v128.load(from + 2 * far), ci = v128.load(from + 2 * far, 16);
      const dr = v128.load(from + 3 * far), di = v128.load(from + 3 * far, 16);
      const sr = f64x2.add(ar, cr), si = f64x2.add(ai, ci), tr = f64x2.sub(ar, cr), ti = f64x2.sub(ai, ci);
      const ur = f64x2.add(br, dr), ui = f64x2.add(bi, di), vr = f64x2.sub(br, dr), vi = f64x2.sub(bi, di);
      v128.store(to, f64x2.add(sr, ur));
      v128.store(to, f64x2.add(si, ui), 16);
      put(to + width, f64x2.sub(tr, vi), f64x2.add(ti, vr), w1r, w1i);
      put(to + 2 * width, f64x2.sub(sr, ur), f64x2.sub(si, ui), w2r, w2i);
      put(to + 3 * width, f64x2.add(tr, vi), f64x2.sub(ti, vr), w3r, w3i);
      from += 32;
      to += 32;
    }
  }
}

function radixThree(x: usize, y: usize, circle: usize, part: i32, stride: i32): void {
  const far = <usize>(stride * part) << 5, width = <usize>stride << 5;
  const cos = f64x2.splat(-0.5), sin = f64x2.splat(0.8660254037844386);
  for (let q = 0; q < part; q++) {
    const k = <usize>(q * stride);
    const w1r = v128.load64_splat(circle + (k << 4)), w1i = v128.load64_splat(circle + (k << 4), 8);
    const w2r = v128.load64_splat(circle + (k << 5)), w2i = v128.load64_splat(circle + (k << 5), 8);
    let from = x + (k << 5), to = y + 96 * k;
    for (let j = 0; j < stride; j++) {
      const ar = v128.load(from), ai = v128.load(from, 16);
      const br = v128.load(from + far), bi = v128.load(from + far, 16);
      const cr = v128.load(from + 2 * far), ci = v128.load(from + 2 * far, 16);
      const sr = f64x2.add(br, cr), si = f64x2.add(bi, ci);
      const dr = f64x2.mul(sin, f64x2.sub(br, cr)), di = f64x2.mul(sin, f64x2.sub(bi, ci));
      const tr = f64x2.add(ar, f64x2.mul(cos, sr)), ti = f64x2.add(ai, f64x2.mul(cos, si));
      v128.store(to, f64x2.add(ar, sr));
      v128.store(to, f64x2.add(ai, si), 16);
      put(to + width, f64x2.sub(tr, di), f64x2.add(ti, dr), w1r, w1i);
      put(to + 2 * width, f64x2.add(tr, di), f64x2.sub(ti, dr), w2r, w2i);
      from += 32;
      to += 32;
    }
  }
}

function radixFive(x: usize, y: usize, circle: usize, part: i32, stride: i32): void {
  const far = <usize>(stride * part) << 5, width = <usize>stride << 5;
  const c1 = f64x2.splat(0.30901699437494745), c2 = f64x2.splat(-0.8090169943749475);
  const s1 = f64x2.splat(0.9510565162951535), s2 = f64x2.splat(0.5877852522924731);
  for (let q = 0; q < part; q++) {
    const k = <usize>(q * stride);
    const w1 = circle + (k << 4), w2 = circle + (k << 5), w3 = circle + 48 * k, w4 = circle + (k << 6);
    let from = x + (k << 5), to = y + 160 * k;
    for (let j = 0; j < stride; j++) {
      const ar = v128.load(from), ai = v128.load(from, 16);
      const br = v128.load(from + far), bi = v128.load(from + far, 16);
      const cr = v128.load(from + 2 * far), ci = v128.load(from + 2 * far, 16);
      const dr = v128.load(from + 3 * far), di = v128.load(from + 3 * far, 16);
      const er = v128.load(from + 4 * far), ei = v128.load(from + 4 * far, 16);
      const pr = f64x2.add(br, er), pi = f64x2.add(bi, ei), qr = f64x2.sub(br, er), qi = f64x2.sub(bi, ei);
      const rr = f64x2.add(cr, dr), ri = f64x2.add(ci, di), tr = f64x2.sub(cr, dr), ti = f64x2.sub(ci, di);
      const ur = f64x2.add(ar, f64x2.add(f64x2.mul(c1, pr), f64x2.mul(c2, rr)));
      const ui = f64x2.add(ai, f64x2.add(f64x2.mul(c1, pi), f64x2.mul(c2, ri)));
      const vr = f64x2.add(ar, f64x2.add(f64x2.mul(c2, pr), f64x2.mul(c1, rr)));
      const vi = f64x2.add(ai, f64x2.add(f64x2.mul(c2, pi), f64x2.mul(c1, ri)));
      const mr = f64x2.add(f64x2.mul(s1, qr), f64x2.mul(s2, tr)), mi = f64x2.add(f64x2.mul(s1, qi), f64x2.mul(s2, ti));
      const nr = f64x2.sub(f64x2.mul(s2, qr), f64x2.mul(s1, tr)), ni = f64x2.sub(f64x2.mul(s2, qi), f64x2.mul(s1, ti));
      v128.store(to, f64x2.add(ar, f64x2.add(pr, rr)));
      v128.store(to, f64x2.add(ai, f64x2.add(pi, ri)), 16);
      put(to + width, f64x2.sub(ur, mi), f64x2.add(ui, mr), v128.load64_splat(w1), v128.load64_splat(w1, 8));
      put(to + 2 * width, f64x2.sub(vr, ni), f64x2.add(vi, nr), v128.load64_splat(w2), v128.load64_splat(w2, 8));
      put(to + 3 * width, f64x2.add(vr, ni), f64x2.sub(vi, nr), v128.load64_splat(w3), v128.load64_splat(w3, 8));
      put(to + 4 * width, f64x2.add(ur, mi), f64x2.sub(ui, mr), v128.load64_splat(w4), v128.load64_splat(w4, 8));
      from += 32;
      to += 32;
    }
  }
}

function radixAny(x: usize, y: usize, circle: usize, p: i32, part: i32, stride: i32, size: i32): void {
  const far = <usize>(stride * part) << 5;
  const rootStep = size / p;
  for (let q = 0; q < part; q++) {
    for (let k = 0; k < p; k++) {
      const w = circle + (<usize>(q * k * stride) << 4);
      const wr = v128.load64_splat(w), wi = v128.load64_splat(w, 8);
      for (let j = 0; j < stride; j++) {
        let sr = f64x2.splat(0), si = sr;
        let root = 0;
        let from = x + (<usize>(j + stride * q) << 5);
        for (let r = 0; r < p; r++) {
          const c = circle + (<usize>root << 4);
          const cr = v128.load64_splat(c), ci = v128.load64_splat(c, 8);
          const ar = v128.load(from), ai = v128.load(from, 16);
          sr = f64x2.add(sr, f64x2.sub(f64x2.mul(ar, cr), f64x2.mul(ai, ci)));
          si = f64x2.add(si, f64x2.add(f64x2.mul(ar, ci), f64x2.mul(ai, cr)));
          root += k * rootStep;
          if (root >= size) root -= size;
          from += far;
        }
        put(y + (<usize>(j + stride * (p * q + k)) << 5), sr, si, wr, wi);
      }
    }
  }
}
