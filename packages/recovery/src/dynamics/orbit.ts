import { ArcError } from '../errors.js';
import { addTo, type DoubleDouble, productError, weightedSum } from '../integration/compensated.js';
import { type CollocationRule, integrationWeights } from '../integration/gauss-legendre.js';
import type { NodeForces } from './forces.js';
import { locate, type NodeGrid } from './node-grid.js';

/** A dynamic orbit in the celestial frame: states at segment borders, accelerations and positions at nodes. */
export interface Trajectory {
  readonly grid: NodeGrid;
  /** m, 3 per border (segmentCount + 1). */
  readonly borderPosition: Float64Array;
  /** m/s, 3 per border. */
  readonly borderVelocity: Float64Array;
  /** m, 3 per node. */
  readonly position: Float64Array;
  /** m/s², 3 per node. */
  readonly acceleration: Float64Array;
}

const MAX_OUTER = 8;
const MAX_INNER = 40;
/**
 * Displacement (m) up to which varying forces are kept, first for a position still to be improved, then for good:
 * their gradients are about 1e-12 1/s², so that 50 m are 2 µm at the end of a segment, and 0.1 mm is 1e-16 m/s².
 */
const KEEP_VARYING_AT_FIRST = 50;
const KEEP_VARYING = 1e-4;
/** Beyond these radii the low-Earth-orbit assumptions (and the series) have no meaning. */
const MIN_RADIUS = 6_300_000;
const MAX_RADIUS = 50_000_000;

/**
 * Integrates the equations of motion by Gauss–Legendre collocation, segment by segment.
 *
 * In each segment the accelerations at the nodes are iterated to a fixed point; the whole field is evaluated only
 * two or three times, in between a field of low degree carries the displacement. Sums over segments are
 * compensated. Order 2q at the segment borders.
 *
 * @param state initial position (m) and velocity (m/s), celestial frame
 * @throws ArcError 'orbit_diverged'
 */
export function integrateOrbit(forces: NodeForces, state: ArrayLike<number>): Trajectory {
  const { grid } = forces;
  const { rule, segmentCount, segmentSeconds: h, nodeCount } = grid;
  const trajectory: Trajectory = {
    grid,
    borderPosition: new Float64Array(3 * (segmentCount + 1)),
    borderVelocity: new Float64Array(3 * (segmentCount + 1)),
    position: new Float64Array(3 * nodeCount),
    acceleration: new Float64Array(3 * nodeCount),
  };
  const { borderPosition, borderVelocity, position, acceleration } = trajectory;
  const [rLow, vLow] = [new Float64Array(3), new Float64Array(3)];
  for (let i = 0; i < 3; i++) {
    borderPosition[i] = state[i];
    borderVelocity[i] = state[3 + i];
  }
  const increment: DoubleDouble = { high: 0, low: 0 };
  const solver = new SegmentSolver(forces);
  for (let s = 0; s < segmentCount; s++) {
    const r0 = borderPosition.subarray(3 * s, 3 * s + 3);
    const v0 = borderVelocity.subarray(3 * s, 3 * s + 3);
    const base = 3 * s * rule.q;
    const r = position.subarray(base, base + 3 * rule.q);
    const a = acceleration.subarray(base, base + 3 * rule.q);
    solver.solve(s, r0, v0, r, a);
    for (let i = 0; i < 3; i++) {
      weightedSum(rule.twiceEnd, a, i, 3, h * h, increment);
      const advance = h * v0[i];
      increment.low += productError(h, v0[i], advance) + h * vLow[i];
      addTo(increment, advance);
      addCompensated(borderPosition, 3 * (s + 1) + i, r0[i], rLow, i, increment);
      weightedSum(rule.weights, a, i, 3, h, increment);
      addCompensated(borderVelocity, 3 * (s + 1) + i, v0[i], vLow, i, increment);
    }
  }
  return trajectory;
}

/**
 * target[k] = base + increment, what does not fit kept in low[i] for the next time. A rounding error of velocity
 * would grow to 10⁵ times itself along the track within a day.
 */
function addCompensated(
  target: Float64Array,
  k: number,
  base: number,
  low: Float64Array,
  i: number,
  increment: DoubleDouble,
): void {
  const sum: DoubleDouble = { high: base, low: 0 };
  addTo(sum, increment.high);
  sum.low += increment.low + low[i];
  target[k] = sum.high + sum.low;
  low[i] = sum.low - (target[k] - sum.high);
}

class SegmentSolver {
  private readonly reference: Float64Array;
  private readonly innerReference: Float64Array;
  private readonly whole: Float64Array;
  private readonly inner: Float64Array;
  private readonly velocity: Float64Array;

  constructor(private readonly forces: NodeForces) {
    const size = 3 * forces.grid.rule.q;
    this.velocity = new Float64Array(size);
    this.reference = new Float64Array(size);
    this.innerReference = new Float64Array(size);
    this.whole = new Float64Array(size);
    this.inner = new Float64Array(size);
  }

  /** Fixed point of one segment: fills node positions r and accelerations a (both 3 per node). */
  solve(segment: number, r0: Float64Array, v0: Float64Array, r: Float64Array, a: Float64Array): void {
    const { forces, reference, innerReference, whole } = this;
    const { rule, segmentSeconds: h } = forces.grid;
    const { q, nodes } = rule;
    const first = segment * q;
    const radius = Math.hypot(r0[0], r0[1], r0[2]);
    if (!(radius > MIN_RADIUS && radius < MAX_RADIUS)) {
      throw new ArcError(
        'orbit_diverged',
        `the orbit leaves the valid region in segment ${segment}: radius ${radius.toExponential(4)} m`,
      );
    }
    for (let j = 0; j < q; j++) {
      for (let i = 0; i < 3; i++) r[3 * j + i] = r0[i] + h * nodes[j] * v0[i];
    }
    innerReference.fill(0);
    whole.fill(0);
    this.iterate(first, r0, v0, r, a, 1e-2);
    for (let outer = 0; outer < MAX_OUTER; outer++) {
      reference.set(r);
      let rough = false;
      if (forces.varying) {
        this.nodeVelocities(v0, a);
        const keep = outer === 0 ? KEEP_VARYING_AT_FIRST : KEEP_VARYING;
        rough = forces.refresh(first, q, r, this.velocity, keep, outer === 0);
      }
      forces.accelerations(first, q, r, whole);
      forces.innerAccelerations(first, q, r, innerReference);
      this.iterate(first, r0, v0, r, a, 1e-9);
      let moved = 0;
      for (let k = 0; k < r.length; k++) moved = Math.max(moved, Math.abs(r[k] - reference[k]));
      // High degrees pull differently by about 1e-10 s⁻² · displacement: below rounding from here on.
      if (moved < 1e-5 && !rough) return;
    }
    throw new ArcError('orbit_diverged', `no fixed point in segment ${segment} of the orbit`);
  }

  private nodeVelocities(v0: Float64Array, a: Float64Array): void {
    const { rule, segmentSeconds } = this.forces.grid;
    velocitiesOfSegment(rule, segmentSeconds, v0, a, this.velocity);
  }

  private iterate(
    first: number,
    r0: Float64Array,
    v0: Float64Array,
    r: Float64Array,
    a: Float64Array,
    tolerance: number,
  ): void {
    const { forces, whole, innerReference, inner } = this;
    const { rule, segmentSeconds: h } = forces.grid;
    const { q, nodes, twice } = rule;
    const h2 = h * h;
    let last = Number.POSITIVE_INFINITY;
    for (let iteration = 0; iteration < MAX_INNER; iteration++) {
      forces.innerAccelerations(first, q, r, inner);
      for (let k = 0; k < 3 * q; k++) a[k] = whole[k] + (inner[k] - innerReference[k]);
      let change = 0;
      for (let i = 0; i < q; i++) {
        let x = 0;
        let y = 0;
        let z = 0;
        const row = i * q;
        for (let j = 0; j < q; j++) {
          const b = twice[row + j];
          x += b * a[3 * j];
          y += b * a[3 * j + 1];
          z += b * a[3 * j + 2];
        }
        const t = h * nodes[i];
        const nx = r0[0] + (t * v0[0] + h2 * x);
        const ny = r0[1] + (t * v0[1] + h2 * y);
        const nz = r0[2] + (t * v0[2] + h2 * z);
        const k = 3 * i;
        change = Math.max(change, Math.abs(nx - r[k]), Math.abs(ny - r[k + 1]), Math.abs(nz - r[k + 2]));
        r[k] = nx;
        r[k + 1] = ny;
        r[k + 2] = nz;
      }
      // 2e-9 m is one unit in the last place of a position: smaller steps are noise.
      if (change < tolerance || (change < 1e-8 && change >= last)) return;
      if (!Number.isFinite(change)) break;
      last = change;
    }
    if (!(last < 1e-6))
      throw new ArcError('orbit_diverged', 'the iteration of an orbit segment does not converge');
  }
}

/** Velocities at the nodes of one segment from that of its start and the accelerations at its nodes. */
function velocitiesOfSegment(
  { q, once }: CollocationRule,
  h: number,
  v0: Float64Array,
  a: Float64Array,
  out: Float64Array,
): void {
  for (let i = 0; i < q; i++) {
    for (let c = 0; c < 3; c++) {
      let sum = 0;
      for (let j = 0; j < q; j++) sum += once[i * q + j] * a[3 * j + c];
      out[3 * i + c] = v0[c] + h * sum;
    }
  }
}

/** Velocities (m/s, 3 per node) of a trajectory at its nodes. */
export function nodeVelocities({ grid, borderVelocity, acceleration }: Trajectory): Float64Array {
  const { rule, segmentCount, segmentSeconds } = grid;
  const size = 3 * rule.q;
  const out = new Float64Array(3 * grid.nodeCount);
  for (let s = 0; s < segmentCount; s++) {
    const v0 = borderVelocity.subarray(3 * s, 3 * s + 3);
    const range = [size * s, size * (s + 1)] as const;
    velocitiesOfSegment(rule, segmentSeconds, v0, acceleration.subarray(...range), out.subarray(...range));
  }
  return out;
}

/** Position (m) and velocity (m/s) at seconds since the start of the arc, written to out (6 values). */
export function stateAt(trajectory: Trajectory, secondsOfArc: number, out: Float64Array): void {
  const { grid, borderPosition, borderVelocity, acceleration } = trajectory;
  const { rule, segmentSeconds: h } = grid;
  const { segment, fraction } = locate(grid, secondsOfArc);
  const { once, twice } = integrationWeights(rule, fraction);
  const base = 3 * segment * rule.q;
  for (let i = 0; i < 3; i++) {
    let single = 0;
    let double = 0;
    for (let j = rule.q - 1; j >= 0; j--) {
      single += once[j] * acceleration[base + 3 * j + i];
      double += twice[j] * acceleration[base + 3 * j + i];
    }
    const v0 = borderVelocity[3 * segment + i];
    out[i] = borderPosition[3 * segment + i] + (h * fraction * v0 + h * h * double);
    out[3 + i] = v0 + h * single;
  }
}

/** Acceleration (m/s², 3 values) at seconds since the start of the arc: the collocation polynomial itself. */
export function accelerationAt(trajectory: Trajectory, secondsOfArc: number, out: Float64Array): void {
  const { grid, acceleration } = trajectory;
  const { rule } = grid;
  const { segment, fraction } = locate(grid, secondsOfArc);
  const base = 3 * segment * rule.q;
  out.fill(0, 0, 3);
  for (let j = 0; j < rule.q; j++) {
    let weight = 1;
    for (let k = 0; k < rule.q; k++) {
      if (k !== j) weight *= (fraction - rule.nodes[k]) / (rule.nodes[j] - rule.nodes[k]);
    }
    for (let c = 0; c < 3; c++) out[c] += weight * acceleration[base + 3 * j + c];
  }
}
