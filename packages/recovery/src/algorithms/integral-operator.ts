import { type CollocationRule, integrationWeights } from '../integration/gauss-legendre.js';

/**
 * The integral equation of a short arc on the nodes of its segments. With τ = t/T,
 *
 *   r(t) = (1 − τ) r_A + τ r_B − T² ∫₀¹ K(τ, τ') a(τ') dτ',  K = τ'(1 − τ) for τ' ≤ τ, τ(1 − τ') beyond,
 *
 * and its derivative give position and velocity from boundary positions and accelerations (Schneider 1968;
 * Mayer-Gürr 2006, 2.2). Accelerations are the collocation polynomial of every segment, for which the integral
 * is exact, that over the kink of the kernel too.
 */
export interface IntegralOperator {
  readonly rule: CollocationRule;
  readonly segmentCount: number;
  readonly segmentSeconds: number;
  /** T */
  readonly durationSeconds: number;
  readonly nodeCount: number;
  /** Seconds since the start of the short arc. */
  readonly nodeSeconds: Float64Array;
  /** Positions (s²) and velocities (s) at the nodes from the accelerations there; nodeCount² row-major. */
  readonly position: Float64Array;
  readonly velocity: Float64Array;
}

export function integralOperator(
  rule: CollocationRule,
  segmentCount: number,
  segmentSeconds: number,
): IntegralOperator {
  const { q, nodes, once, twice } = rule;
  const m = segmentCount * q;
  const operator: IntegralOperator = {
    rule,
    segmentCount,
    segmentSeconds,
    durationSeconds: segmentCount * segmentSeconds,
    nodeCount: m,
    nodeSeconds: Float64Array.from(
      { length: m },
      (_, i) => (Math.floor(i / q) + nodes[i % q]) * segmentSeconds,
    ),
    position: new Float64Array(m * m),
    velocity: new Float64Array(m * m),
  };
  for (let i = 0; i < m; i++) {
    const j = i % q;
    writeRows(
      operator,
      Math.floor(i / q),
      nodes[j],
      once.subarray(j * q, (j + 1) * q),
      twice.subarray(j * q, (j + 1) * q),
      operator.position.subarray(i * m, (i + 1) * m),
      operator.velocity.subarray(i * m, (i + 1) * m),
    );
  }
  return operator;
}

/** Factors of the accelerations at the nodes in position (s²) and velocity (s) at a fraction of a segment. */
export function kernelRows(
  operator: IntegralOperator,
  segment: number,
  fraction: number,
  position: Float64Array,
  velocity: Float64Array,
): void {
  const { once, twice } = integrationWeights(operator.rule, fraction);
  writeRows(operator, segment, fraction, once, twice, position, velocity);
}

function writeRows(
  { rule, nodeCount, nodeSeconds, segmentSeconds: h, durationSeconds }: IntegralOperator,
  segment: number,
  fraction: number,
  once: Float64Array,
  twice: Float64Array,
  position: Float64Array,
  velocity: Float64Array,
): void {
  const { q, weights } = rule;
  const tau = ((segment + fraction) * h) / durationSeconds;
  for (let i = 0; i < nodeCount; i++) {
    const own = Math.floor(i / q);
    const j = i % q;
    const before = h * weights[j] * nodeSeconds[i];
    const after = h * weights[j] * (durationSeconds - nodeSeconds[i]);
    if (own < segment) {
      position[i] = -(1 - tau) * before;
      velocity[i] = before / durationSeconds;
    } else {
      position[i] = -tau * after;
      velocity[i] = -after / durationSeconds;
      if (own === segment) {
        position[i] += h * h * twice[j];
        velocity[i] += h * once[j];
      }
    }
  }
}
