import type { NodeForces } from './forces.js';
import type { Trajectory } from './orbit.js';

/**
 * Partial derivatives of the state with respect to the initial state along a trajectory.
 * All matrices row-major; columns are x0, y0, z0, vx0, vy0, vz0.
 */
export interface StateTransition {
  /** 6×6 at every segment border. */
  readonly border: Float64Array;
  /** 3×6 ∂r/∂(r₀, v₀) at every node. */
  readonly node: Float64Array;
  /** 3×6 second time derivative of the above at every node (tensor times node). */
  readonly nodeRate: Float64Array;
}

/**
 * Solves the variational equations of the initial state with the collocation rule of the trajectory.
 * Φ starts as the identity.
 */
export function integrateStateTransition(forces: NodeForces, trajectory: Trajectory): StateTransition {
  const { grid, position } = trajectory;
  const { rule, segmentCount, segmentSeconds: h, nodeCount } = grid;
  const { q, nodes, weights, twice, twiceEnd } = rule;
  const border = new Float64Array(36 * (segmentCount + 1));
  const node = new Float64Array(18 * nodeCount);
  const nodeRate = new Float64Array(18 * nodeCount);
  for (let i = 0; i < 6; i++) border[7 * i] = 1;
  const tensor = new Float64Array(9 * q);
  const next = new Float64Array(18);
  for (let s = 0; s < segmentCount; s++) {
    const start = border.subarray(36 * s, 36 * s + 36);
    const end = border.subarray(36 * s + 36, 36 * s + 72);
    const phi = node.subarray(18 * s * q, 18 * (s + 1) * q);
    const rate = nodeRate.subarray(18 * s * q, 18 * (s + 1) * q);
    forces.gradients(s * q, q, position.subarray(3 * s * q, 3 * (s + 1) * q), tensor);
    for (let j = 0; j < q; j++) {
      for (let k = 0; k < 18; k++) phi[18 * j + k] = start[k] + h * nodes[j] * start[18 + k];
    }
    for (let iteration = 0; iteration < 40; iteration++) {
      for (let j = 0; j < q; j++) multiply3(tensor, 9 * j, phi, 18 * j, rate, 18 * j);
      let change = 0;
      for (let i = 0; i < q; i++) {
        next.fill(0);
        for (let j = 0; j < q; j++) {
          const b = twice[i * q + j];
          for (let k = 0; k < 18; k++) next[k] += b * rate[18 * j + k];
        }
        for (let k = 0; k < 18; k++) {
          const value = start[k] + h * nodes[i] * start[18 + k] + h * h * next[k];
          // The columns of velocity are larger by the time scale of the orbit, about 900 s.
          change = Math.max(change, Math.abs(value - phi[18 * i + k]) / (1 + Math.abs(value)));
          phi[18 * i + k] = value;
        }
      }
      if (change < 1e-15) break;
    }
    for (let j = 0; j < q; j++) multiply3(tensor, 9 * j, phi, 18 * j, rate, 18 * j);
    for (let k = 0; k < 18; k++) {
      let single = 0;
      let double = 0;
      for (let j = 0; j < q; j++) {
        single += weights[j] * rate[18 * j + k];
        double += twiceEnd[j] * rate[18 * j + k];
      }
      end[k] = start[k] + h * start[18 + k] + h * h * double;
      end[18 + k] = start[18 + k] + h * single;
    }
  }
  return { border, node, nodeRate };
}

/** out (3×6) = a (3×3) · b (3×6) */
function multiply3(
  a: Float64Array,
  ia: number,
  b: Float64Array,
  ib: number,
  out: Float64Array,
  io: number,
): void {
  for (let r = 0; r < 3; r++) {
    const [p, q, s] = [a[ia + 3 * r], a[ia + 3 * r + 1], a[ia + 3 * r + 2]];
    for (let c = 0; c < 6; c++) out[io + 6 * r + c] = p * b[ib + c] + q * b[ib + 6 + c] + s * b[ib + 12 + c];
  }
}
