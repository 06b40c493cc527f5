import { addTo, type DoubleDouble } from './compensated.js';

/**
 * Gauss–Legendre collocation on [0, 1] with q nodes: nodes, weights and the matrices that integrate the
 * interpolating polynomial of degree q−1 once and twice from 0. Everything in fractions of the segment.
 */
export interface CollocationRule {
  readonly q: number;
  /** Nodes in (0, 1), increasing. */
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
  /** q×q row-major: ∫₀^{c_i} ℓ_j(s) ds. */
  readonly once: Float64Array;
  /** q×q row-major: ∫₀^{c_i} (c_i − s) ℓ_j(s) ds. */
  readonly twice: Float64Array;
  /** ∫₀¹ (1 − s) ℓ_j(s) ds. */
  readonly twiceEnd: Float64Array;
}

/** Integrating rows of a rule at one fraction of the segment. */
export interface IntegrationWeights {
  readonly once: Float64Array;
  readonly twice: Float64Array;
}

const weightCache = new WeakMap<CollocationRule, Map<number, IntegrationWeights>>();
const CACHE_LIMIT = 4096;

/** `integrationRow` with memory: regular sampling meets the same fractions in every segment. Do not write to it. */
export function integrationWeights(rule: CollocationRule, fraction: number): IntegrationWeights {
  let cache = weightCache.get(rule);
  if (!cache) {
    cache = new Map();
    weightCache.set(rule, cache);
  }
  const known = cache.get(fraction);
  if (known) return known;
  const made = { once: new Float64Array(rule.q), twice: new Float64Array(rule.q) };
  integrationRow(rule, fraction, made.once, 0, made.twice, 0);
  if (cache.size >= CACHE_LIMIT) cache.clear();
  cache.set(fraction, made);
  return made;
}

const interpolationCache = new WeakMap<CollocationRule, Map<number, Float64Array>>();

/** `interpolationRow` with memory. Do not write to it. */
export function interpolationWeights(rule: CollocationRule, fraction: number): Float64Array {
  let cache = interpolationCache.get(rule);
  if (!cache) {
    cache = new Map();
    interpolationCache.set(rule, cache);
  }
  const known = cache.get(fraction);
  if (known) return known;
  const made = new Float64Array(rule.q);
  interpolationRow(rule, fraction, made, 0);
  if (cache.size >= CACHE_LIMIT) cache.clear();
  cache.set(fraction, made);
  return made;
}

/** Values P_0…P_count−1 of the Legendre polynomials at x in [−1, 1], written to out. */
export function legendre(count: number, x: number, out: Float64Array): void {
  out[0] = 1;
  if (count > 1) out[1] = x;
  for (let k = 2; k < count; k++) out[k] = ((2 * k - 1) * x * out[k - 1] - (k - 1) * out[k - 2]) / k;
}

const rules = new Map<number, CollocationRule>();

/** Builds (once) the rule of q nodes, 2 ≤ q ≤ 128. */
export function collocationRule(q: number): CollocationRule {
  if (!Number.isInteger(q) || q < 2 || q > 128) throw new RangeError(`q must be 2…128, got ${q}`);
  const known = rules.get(q);
  if (known) return known;
  const nodes = new Float64Array(q);
  const weights = new Float64Array(q);
  const p = new Float64Array(q + 1);
  for (let i = 0; i < q; i++) {
    let x = -Math.cos((Math.PI * (i + 0.75)) / (q + 0.5));
    for (let iteration = 0; iteration < 50; iteration++) {
      legendre(q + 1, x, p);
      const slope = (q * (x * p[q] - p[q - 1])) / (x * x - 1);
      const step = p[q] / slope;
      x -= step;
      if (Math.abs(step) < 1e-16) break;
    }
    legendre(q + 1, x, p);
    const slope = (q * (x * p[q] - p[q - 1])) / (x * x - 1);
    nodes[i] = 0.5 * (1 + x);
    weights[i] = 1 / ((1 - x * x) * slope * slope);
  }
  normalizeWeights(weights);
  const rule: CollocationRule = {
    q,
    nodes,
    weights,
    once: new Float64Array(q * q),
    twice: new Float64Array(q * q),
    twiceEnd: weights.map((b, j) => b * (1 - nodes[j])),
  };
  for (let i = 0; i < q; i++) {
    integrationRow(rule, nodes[i], rule.once, i * q, rule.twice, i * q);
  }
  rules.set(q, rule);
  return rule;
}

/**
 * Makes the weights sum to one beyond rounding: what is missing (some 1e-16) acts like a wrong GM in every segment and
 * would be the largest error of an orbit.
 */
function normalizeWeights(weights: Float64Array): void {
  const middle = weights.length >> 1;
  for (let round = 0; round < 4; round++) {
    const sum: DoubleDouble = { high: 0, low: 0 };
    for (const w of weights) addTo(sum, w);
    const missing = 1 - sum.high - sum.low;
    if (round === 0) for (let i = 0; i < weights.length; i++) weights[i] += weights[i] * missing;
    else weights[middle] += missing;
  }
}

/**
 * Rows of the once and twice integrating matrices for any fraction c of the segment.
 *
 * The Lagrange polynomial is expanded in Legendre polynomials, ℓ_j = w_j Σ_k (2k+1) P_k(x_j) P_k(x), which the
 * Gauss rule makes exact; the integrals of P_k are again Legendre polynomials.
 */
export function integrationRow(
  rule: Pick<CollocationRule, 'q' | 'nodes' | 'weights'>,
  c: number,
  once: Float64Array,
  onceOffset: number,
  twice?: Float64Array,
  twiceOffset = 0,
): void {
  const { q, nodes, weights } = rule;
  const x = 2 * c - 1;
  const p = new Float64Array(q + 2);
  legendre(q + 2, x, p);
  // I_k = ∫_{−1}^{x} P_k, J_k = ∫_{−1}^{x} I_k.
  const single = new Float64Array(q + 1);
  single[0] = x + 1;
  for (let k = 1; k <= q; k++) single[k] = (p[k + 1] - p[k - 1]) / (2 * k + 1);
  const double = new Float64Array(q);
  double[0] = 0.5 * (x + 1) * (x + 1);
  for (let k = 1; k < q; k++) double[k] = (single[k + 1] - single[k - 1]) / (2 * k + 1);
  const pj = new Float64Array(q);
  for (let j = 0; j < q; j++) {
    legendre(q, 2 * nodes[j] - 1, pj);
    let s1 = 0;
    let s2 = 0;
    for (let k = q - 1; k >= 0; k--) {
      const factor = (2 * k + 1) * pj[k];
      s1 += factor * single[k];
      s2 += factor * double[k];
    }
    // dx = 2 ds: one half per integration; the Gauss weight on [−1, 1] is twice ours.
    once[onceOffset + j] = 0.5 * weights[j] * s1 * 1;
    if (twice) twice[twiceOffset + j] = 0.25 * weights[j] * s2;
  }
}

/** Lagrange polynomials of the Gauss nodes at a fraction, through their exact Legendre expansion (stable). */
export function interpolationRow(
  rule: Pick<CollocationRule, 'q' | 'nodes' | 'weights'>,
  c: number,
  out: Float64Array,
  offset: number,
): void {
  const { q, nodes, weights } = rule;
  const [at, node] = [new Float64Array(q), new Float64Array(q)];
  legendre(q, 2 * c - 1, at);
  for (let j = 0; j < q; j++) {
    legendre(q, 2 * nodes[j] - 1, node);
    let sum = 0;
    for (let k = q - 1; k >= 0; k--) sum += (2 * k + 1) * node[k] * at[k];
    out[offset + j] = weights[j] * sum;
  }
}
