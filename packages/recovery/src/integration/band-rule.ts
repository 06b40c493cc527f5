import { legendre } from './gauss-legendre.js';
import { tridiagonalEigen } from './symmetric-tridiagonal.js';

/**
 * Interpolation of band-limited functions on [0, 1]: between `q` nodes by the first q prolate spheroidal wave
 * functions, which span everything of half phase up to c to a stated accuracy with the fewest members. Polynomials
 * need π/2 as many.
 */
export interface BandRule {
  readonly q: number;
  /** How many of the functions carry more than the coarse tolerance: what comes after is all but outside of the band. */
  readonly main: number;
  /** Half the phase (rad) that the highest frequency passes through from 0 to 1. */
  readonly halfPhase: number;
  /** In (0, 1), increasing: the zeros of the first function left out. */
  readonly nodes: Float64Array;
  /** Legendre coefficients of the functions, q × terms (normalized Legendre polynomials). */
  readonly coefficients: Float64Array;
  readonly terms: number;
  /** Inverse of the functions at the nodes, q × q: values at nodes to coefficients. */
  readonly inverse: Float64Array;
}

const STEP = 2;
/** Error to which functions of full bandwidth are represented, and that of the `main` functions. */
const FINE = 1e-11;
const COARSE = 3e-6;
const rules = new Map<number, BandRule>();
const KEPT_RULES = 64;

/**
 * The rule (kept for the next time) of a half phase, rounded up a little so that similar lengths share one.
 *
 * Prolate functions by their Legendre series: eigenvectors of a tridiagonal matrix for either parity (Bouwkamp 1947;
 * Xiao, Rokhlin & Yarvin 2001, Inverse Problems 17). They are taken until the next would add nothing to a function
 * of full bandwidth.
 */
export function bandRule(halfPhase: number): BandRule {
  const c = STEP * Math.ceil(Math.max(halfPhase, 1) / STEP);
  const known = rules.get(c);
  if (known) return known;
  const made = makeRule(c);
  if (rules.size >= KEPT_RULES) rules.clear();
  rules.set(c, made);
  return made;
}

function makeRule(c: number): BandRule {
  const most = Math.ceil((2 * c) / Math.PI + 12 + 6 * Math.log(c + 2));
  const terms = 2 * Math.ceil((most + c + 60) / 2);
  const functions = prolates(c, most + 1, terms);
  const enough = (tolerance: number) => {
    let count = Math.ceil((2 * c) / Math.PI);
    while (count < most && functions.reach[count] > tolerance) count++;
    return count;
  };
  const q = enough(FINE);
  const { coefficients } = functions;
  const nodes = zeros(coefficients.subarray(q * terms, (q + 1) * terms), q, c);
  const matrix = new Float64Array(q * q);
  const values = new Float64Array(terms);
  nodes.forEach((x, i) => {
    functionsAt(coefficients, terms, q, x, values, matrix, i * q);
  });
  return {
    q,
    main: enough(COARSE),
    halfPhase: c,
    nodes: nodes.map((x) => 0.5 * (1 + x)),
    coefficients: coefficients.slice(0, q * terms),
    terms,
    inverse: invert(matrix, q),
  };
}

/** Weights of the nodes' values at a fraction, written to out[offset…offset + q − 1]. */
export function bandInterpolationRow(
  rule: BandRule,
  fraction: number,
  out: Float64Array,
  offset: number,
): void {
  const { q, terms, coefficients, inverse } = rule;
  const values = new Float64Array(q);
  functionsAt(coefficients, terms, q, 2 * fraction - 1, new Float64Array(terms), values, 0);
  out.fill(0, offset, offset + q);
  for (let k = 0; k < q; k++) {
    for (let j = 0; j < q; j++) out[offset + j] += values[k] * inverse[k * q + j];
  }
}

/** The functions at a fraction, written to out[offset…offset + q − 1]. */
export function bandFunctions(rule: BandRule, fraction: number, out: Float64Array, offset: number): void {
  const { q, terms, coefficients } = rule;
  functionsAt(coefficients, terms, q, 2 * fraction - 1, new Float64Array(terms), out, offset);
}

/** Normalized Legendre polynomials of degrees 0 … terms − 1 at fractions of [0, 1]; fractions × terms. */
export function legendreRows(terms: number, fractions: readonly number[], out: Float64Array): void {
  fractions.forEach((fraction, i) => {
    normalizedLegendre(terms, 2 * fraction - 1, out.subarray(i * terms, (i + 1) * terms));
  });
}

function functionsAt(
  coefficients: Float64Array,
  terms: number,
  count: number,
  x: number,
  work: Float64Array,
  out: Float64Array,
  offset: number,
): void {
  normalizedLegendre(terms, x, work);
  for (let k = 0; k < count; k++) {
    let sum = 0;
    for (let j = k & 1; j < terms; j += 2) sum += coefficients[k * terms + j] * work[j];
    out[offset + k] = sum;
  }
}

function normalizedLegendre(count: number, x: number, out: Float64Array): void {
  legendre(count, x, out);
  for (let k = 0; k < count; k++) out[k] *= Math.sqrt(k + 0.5);
}

/**
 * Legendre coefficients of the first `count` functions of half phase c, and how much of a function of full bandwidth
 * each can carry at an end of the interval.
 */
function prolates(
  c: number,
  count: number,
  terms: number,
): { readonly coefficients: Float64Array; readonly reach: Float64Array } {
  const coefficients = new Float64Array(count * terms);
  const reach = new Float64Array(count);
  const half = terms / 2;
  const at0 = new Float64Array(terms);
  normalizedLegendre(terms, 0, at0);
  for (const parity of [0, 1]) {
    const diagonal = new Float64Array(half);
    const off = new Float64Array(half - 1);
    for (let i = 0; i < half; i++) {
      const k = 2 * i + parity;
      diagonal[i] = k * (k + 1) + (c * c * (2 * k * (k + 1) - 1)) / ((2 * k + 3) * (2 * k - 1));
      if (i + 1 < half) {
        off[i] = (c * c * (k + 1) * (k + 2)) / ((2 * k + 3) * Math.sqrt((2 * k + 1) * (2 * k + 5)));
      }
    }
    const { vectors } = tridiagonalEigen(diagonal, off);
    for (let n = parity, row = 0; n < count; n += 2, row++) {
      const beta = vectors.subarray(row * half, (row + 1) * half);
      // μψ(x) = ∫ exp(icxt) ψ(t) dt, at x = 0, or its derivative there for odd functions.
      let value = 0;
      for (let i = 0; i < half; i++) {
        const k = 2 * i + parity;
        coefficients[n * terms + k] = beta[i];
        value += beta[i] * (parity === 0 ? at0[k] : k * Math.sqrt((k + 0.5) / (k - 0.5)) * at0[k - 1]);
      }
      const mu =
        parity === 0
          ? Math.abs((Math.SQRT2 * beta[0]) / value)
          : Math.abs((c * Math.sqrt(2 / 3) * beta[0]) / value);
      reach[n] = mu * (n + 0.5);
    }
  }
  return { coefficients, reach };
}

/** The `count` zeros in (−1, 1) of a function given by its normalized Legendre series. */
function zeros(series: Float64Array, count: number, c: number): Float64Array {
  const work = new Float64Array(series.length);
  const value = (x: number) => {
    normalizedLegendre(series.length, x, work);
    let sum = 0;
    for (let j = 0; j < series.length; j++) sum += series[j] * work[j];
    return sum;
  };
  const found: number[] = [];
  // They are crowded towards the ends like cosines: equal steps of the angle find all of them.
  const steps = 16 * (count + Math.ceil(c));
  let before = -1;
  let valueBefore = value(-1);
  for (let i = 1; i <= steps; i++) {
    const x = -Math.cos((Math.PI * i) / steps);
    const now = value(x);
    if (valueBefore * now < 0) found.push(bisect(value, before, valueBefore, x));
    before = x;
    valueBefore = now;
  }
  if (found.length !== count) throw new RangeError(`band rule: ${found.length} nodes instead of ${count}`);
  return Float64Array.from(found);
}

function bisect(f: (x: number) => number, from: number, fromValue: number, to: number): number {
  let [a, b] = [from, to];
  for (let i = 0; i < 60 && b - a > 1e-15; i++) {
    const middle = 0.5 * (a + b);
    if (fromValue * f(middle) <= 0) b = middle;
    else a = middle;
  }
  return 0.5 * (a + b);
}

/** Inverse by Gauss–Jordan elimination with row exchanges. */
function invert(matrix: Float64Array, n: number): Float64Array {
  const a = matrix.slice();
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) inverse[i * n + i] = 1;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(a[i * n + k]) > Math.abs(a[pivot * n + k])) pivot = i;
    for (const m of [a, inverse]) {
      if (pivot === k) continue;
      const row = m.slice(k * n, (k + 1) * n);
      m.copyWithin(k * n, pivot * n, (pivot + 1) * n);
      m.set(row, pivot * n);
    }
    const scale = 1 / a[k * n + k];
    for (let j = 0; j < n; j++) {
      a[k * n + j] *= scale;
      inverse[k * n + j] *= scale;
    }
    for (let i = 0; i < n; i++) {
      const factor = a[i * n + k];
      if (i === k || factor === 0) continue;
      for (let j = 0; j < n; j++) {
        a[i * n + j] -= factor * a[k * n + j];
        inverse[i * n + j] -= factor * inverse[k * n + j];
      }
    }
  }
  return inverse;
}
