import type { LinearAlgebra } from '@gravity/linalg';
import { factorizeLocal, solveLocal } from '../arc/local-solve.js';
import type { PositionSet } from '../arc/observation-set.js';
import type { SatelliteModel } from '../arc/satellite-model.js';
import { fractionIn } from '../dynamics/node-grid.js';
import { ArcError } from '../errors.js';
import { feedbackInverse } from './feedback-inverse.js';
import { type IntegralOperator, kernelRows } from './integral-operator.js';

const MAX_ROUNDS = 6;
const MAX_PICARD = 12;
/** Steps of the boundary positions below this (m) leave nothing of second order. */
const CONVERGED_METERS = 1e-4;
/** Beyond this displacement (m) gradients are formed anew: they change by 4e-7 of themselves per metre. */
const KEEP_GRADIENTS_METERS = 5;
const KEEP_VARYING_METERS = 1e-4;
/** With fewer positions the orbit of the whole arc is the reference. */
export const MIN_FIT_POSITIONS = 4;

/**
 * The orbit of one satellite in a short arc that satisfies the integral equation under the reference forces, with
 * boundary positions fitted to the observed ones; and its first-order changes. A change δf of the forces at the
 * nodes changes the accelerations by δa = S (T B δb + δf), S = (I − T K)⁻¹, with K the integral operator, T the
 * gradients of the forces and B the straight line between the boundary positions b: the force at a displaced
 * position is in it, so that errors of the reference enter with their square only.
 */
export class ReferenceShortArc {
  /** r_A, r_B, m. */
  readonly boundary = new Float64Array(6);
  /** m, 3 per node of the short arc. */
  readonly position: Float64Array;
  /** m/s², 3 per node. */
  readonly acceleration: Float64Array;
  /** S, (3·nodes)² row-major. */
  readonly feedback: Float64Array;
  /** S T B: accelerations at the nodes from boundary positions, 3·nodes × 6. */
  readonly boundaryAcceleration: Float64Array;
  private readonly tensor: Float64Array;
  private readonly firstNode: number;
  private readonly rows: readonly [Float64Array, Float64Array];

  constructor(
    readonly model: SatelliteModel,
    readonly operator: IntegralOperator,
    readonly firstSegment: number,
    private readonly la: LinearAlgebra,
  ) {
    const m = operator.nodeCount;
    const trajectory = model.trajectory!;
    this.firstNode = firstSegment * operator.rule.q;
    this.position = trajectory.position.slice(3 * this.firstNode, 3 * (this.firstNode + m));
    this.acceleration = trajectory.acceleration.slice(3 * this.firstNode, 3 * (this.firstNode + m));
    const last = firstSegment + operator.segmentCount;
    this.boundary.set(trajectory.borderPosition.subarray(3 * firstSegment, 3 * firstSegment + 3));
    this.boundary.set(trajectory.borderPosition.subarray(3 * last, 3 * last + 3), 3);
    this.feedback = la.allocate(9 * m * m);
    this.boundaryAcceleration = new Float64Array(18 * m);
    this.tensor = new Float64Array(9 * m);
    this.rows = [new Float64Array(m), new Float64Array(m)];
  }

  /**
   * Forms S and fits the boundary positions.
   *
   * @returns rounds of the fit
   * @throws ArcError 'singular_arc' for a length that boundary values do not determine (half a revolution);
   * 'orbit_not_converged'
   */
  async fit(set: PositionSet): Promise<number> {
    await this.linearize();
    if (set.seconds.length < MIN_FIT_POSITIONS) return 0;
    let moved = 0;
    for (let round = 1; round <= MAX_ROUNDS; round++) {
      const { step, change } = this.boundaryStep(set);
      if (change < CONVERGED_METERS) {
        if (moved > KEEP_GRADIENTS_METERS) await this.linearize();
        return round;
      }
      moved += this.move(step);
      if (moved > 100 * KEEP_GRADIENTS_METERS) {
        await this.linearize();
        moved = 0;
      }
    }
    throw new ArcError(
      'orbit_not_converged',
      `${this.model.arc.satellite}: the fit of a short arc does not settle after ${MAX_ROUNDS} rounds`,
    );
  }

  /** State (6 values) at a fraction of one of the arc's segments, and the kernel rows it was made with. */
  stateAt(
    segment: number,
    fraction: number,
    position: Float64Array,
    velocity: Float64Array,
    out: Float64Array,
  ): void {
    const { operator, boundary, acceleration } = this;
    const { nodeCount, segmentCount, durationSeconds } = operator;
    kernelRows(operator, segment, fraction, position, velocity);
    const tau = (segment + fraction) / segmentCount;
    for (let c = 0; c < 3; c++) {
      let double = 0;
      let single = 0;
      for (let j = 0; j < nodeCount; j++) {
        double += position[j] * acceleration[3 * j + c];
        single += velocity[j] * acceleration[3 * j + c];
      }
      const along = boundary[3 + c] - boundary[c];
      out[c] = boundary[c] + (tau * along + double);
      out[3 + c] = along / durationSeconds + single;
    }
  }

  /** Acceleration (3 values) in one of the arc's segments, with weights of its nodes. */
  interpolate(segment: number, weights: Float64Array, out: Float64Array): void {
    out.fill(0);
    for (let j = 0; j < weights.length; j++) {
      for (let c = 0; c < 3; c++) {
        out[c] += weights[j] * this.acceleration[3 * (segment * weights.length + j) + c];
      }
    }
  }

  private async linearize(): Promise<void> {
    const { operator, tensor, feedback, boundaryAcceleration, position, model, firstNode } = this;
    const m = operator.nodeCount;
    const n = 3 * m;
    for (let i = 0; i < m; i++) {
      const [x, y, z] = position.subarray(3 * i, 3 * i + 3);
      model.forces.gradient(firstNode + i, x, y, z, tensor, 9 * i);
    }
    await feedbackInverse(operator, tensor, feedback, this.la);
    // T B, then S times it.
    const straight = this.la.allocate(6 * n);
    for (let i = 0; i < m; i++) {
      const tau = operator.nodeSeconds[i] / operator.durationSeconds;
      for (let r = 0; r < 3; r++) {
        for (let c = 0; c < 3; c++) {
          straight[(3 * i + r) * 6 + c] = (1 - tau) * tensor[9 * i + 3 * r + c];
          straight[(3 * i + r) * 6 + 3 + c] = tau * tensor[9 * i + 3 * r + c];
        }
      }
    }
    await this.la.gemm(false, false, n, 6, n, 1, feedback, n, straight, 6, 0, boundaryAcceleration, 6);
  }

  /** Least-squares step of the boundary positions, and the RMS change of positions it predicts. */
  private boundaryStep(set: PositionSet): { readonly step: Float64Array; readonly change: number } {
    const { model, operator, firstSegment, boundaryAcceleration } = this;
    const [position, velocity] = this.rows;
    const { grid } = model;
    const normals = new Float64Array(36);
    const step = new Float64Array(6);
    const state = new Float64Array(6);
    const row = new Float64Array(6);
    set.seconds.forEach((t, i) => {
      const segment = segmentOf(operator, firstSegment, grid.segmentSeconds, t);
      const fraction = fractionIn(grid, firstSegment + segment, t);
      this.stateAt(segment, fraction, position, velocity, state);
      const tau = (segment + fraction) / operator.segmentCount;
      const weight = set.weights?.[i] ?? 1;
      for (let c = 0; c < 3; c++) {
        row.fill(0);
        row[c] = 1 - tau;
        row[3 + c] = tau;
        for (let j = 0; j < operator.nodeCount; j++) {
          for (let k = 0; k < 6; k++) row[k] += position[j] * boundaryAcceleration[(3 * j + c) * 6 + k];
        }
        const reduced = set.position[3 * i + c] - state[c];
        for (let a = 0; a < 6; a++) {
          step[a] += weight * row[a] * reduced;
          for (let b = a; b < 6; b++) normals[6 * a + b] += weight * row[a] * row[b];
        }
      }
    });
    const gradient = step.slice();
    const names = ['start x', 'start y', 'start z', 'end x', 'end y', 'end z'];
    factorizeLocal(
      6,
      normals,
      6,
      names.map((name) => `${model.arc.satellite} ${name} of a short arc`),
    );
    solveLocal(6, normals, 6, step);
    let change = 0;
    for (let i = 0; i < 6; i++) change += gradient[i] * step[i];
    return { step, change: Math.sqrt(Math.max(0, change) / set.seconds.length) };
  }

  /** Moves the boundary positions and solves the integral equation there. @returns largest displacement, m */
  private move(step: Float64Array): number {
    const { operator, boundary, boundaryAcceleration, position, acceleration, feedback } = this;
    const m = operator.nodeCount;
    const n = 3 * m;
    const start = position.slice();
    for (let i = 0; i < 6; i++) boundary[i] += step[i];
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < 6; k++) acceleration[i] += boundaryAcceleration[6 * i + k] * step[k];
    }
    const residual = new Float64Array(n);
    let last = Number.POSITIVE_INFINITY;
    for (let iteration = 0; iteration < MAX_PICARD; iteration++) {
      // Positions of the accelerations; then accelerations of the positions, and Newton's step between them.
      for (let i = 0; i < m; i++) {
        const tau = operator.nodeSeconds[i] / operator.durationSeconds;
        const row = operator.position.subarray(i * m, (i + 1) * m);
        for (let c = 0; c < 3; c++) {
          let sum = 0;
          for (let j = 0; j < m; j++) sum += row[j] * acceleration[3 * j + c];
          position[3 * i + c] = boundary[c] + (tau * (boundary[3 + c] - boundary[c]) + sum);
        }
      }
      this.evaluateForces(residual);
      for (let i = 0; i < n; i++) residual[i] -= acceleration[i];
      let size = 0;
      for (let i = 0; i < n; i++) {
        const row = feedback.subarray(i * n, (i + 1) * n);
        let sum = 0;
        for (let j = 0; j < n; j++) sum += row[j] * residual[j];
        acceleration[i] += sum;
        size = Math.max(size, Math.abs(sum));
      }
      // 1e-14 m/s² is the rounding of a position (1e-9 m) in the accelerations, and a rounding of these themselves.
      if (size < 1e-14 || (size < 1e-12 && size >= last)) {
        let moved = 0;
        for (let i = 0; i < n; i++) moved = Math.max(moved, Math.abs(position[i] - start[i]));
        return moved;
      }
      last = size;
    }
    throw new ArcError(
      'orbit_not_converged',
      `${this.model.arc.satellite}: the integral equation of a short arc does not converge`,
    );
  }

  private evaluateForces(out: Float64Array): void {
    const { operator, model, position, firstNode, boundary, acceleration } = this;
    const m = operator.nodeCount;
    const { forces } = model;
    if (forces.varying) {
      const velocities = new Float64Array(3 * m);
      for (let i = 0; i < m; i++) {
        for (let c = 0; c < 3; c++) {
          let sum = (boundary[3 + c] - boundary[c]) / operator.durationSeconds;
          for (let j = 0; j < m; j++) sum += operator.velocity[i * m + j] * acceleration[3 * j + c];
          velocities[3 * i + c] = sum;
        }
      }
      forces.refresh(firstNode, m, position, velocities, KEEP_VARYING_METERS, false);
    }
    for (let i = 0; i < m; i++) {
      const [x, y, z] = position.subarray(3 * i, 3 * i + 3);
      forces.acceleration(firstNode + i, x, y, z, out, 3 * i);
    }
  }
}

/** Segment within the short arc of an epoch of the whole arc. */
export function segmentOf(
  { segmentCount }: IntegralOperator,
  firstSegment: number,
  segmentSeconds: number,
  t: number,
): number {
  return Math.min(segmentCount - 1, Math.max(0, Math.floor(t / segmentSeconds) - firstSegment));
}
