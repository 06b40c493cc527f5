import type { NodeGrid } from '../dynamics/node-grid.js';
import { nodeVelocities, type Trajectory } from '../dynamics/orbit.js';
import type { EmpiricalAcceleration, OrbitDirection } from '../types.js';

const WEAK_SIGMA = 1e-5;
const DIRECTIONS: readonly OrbitDirection[] = ['radial', 'along', 'cross'];

interface EmpiricalParameter {
  readonly name: string;
  readonly weight: number;
  readonly direction: number;
  readonly cycles: number;
  readonly sine: boolean;
  readonly firstNode: number;
  readonly endNode: number;
}

/**
 * Empirical accelerations of one satellite. Directions and argument of latitude are those of the trajectory before:
 * they change with the orbit by 1e-7 of themselves per metre, far less than what is estimated.
 */
export class EmpiricalModel {
  readonly names: readonly string[];
  readonly weights: readonly number[];
  private readonly parameters: readonly EmpiricalParameter[];
  /** Unit vectors radial, along, cross (celestial), 9 per node. */
  private axes: Float64Array | undefined;
  /** Argument of latitude, rad. */
  private argument: Float64Array | undefined;

  constructor(
    private readonly grid: NodeGrid,
    specs: readonly EmpiricalAcceleration[],
  ) {
    const parameters: EmpiricalParameter[] = [];
    const { segmentCount, segmentSeconds, rule } = grid;
    for (const spec of specs) {
      const { cyclesPerRevolution: cycles = 0, directions = DIRECTIONS, sigma = WEAK_SIGMA } = spec;
      const perPiece = Math.max(1, Math.round((spec.pieceSeconds ?? grid.durationSeconds) / segmentSeconds));
      const pieces = Math.ceil(segmentCount / perPiece);
      for (let piece = 0; piece < pieces; piece++) {
        for (const direction of directions) {
          for (const phase of cycles === 0 ? [''] : ['cos', 'sin']) {
            const when = pieces > 1 ? ` ${piece + 1}/${pieces}` : '';
            parameters.push({
              name: `empirical ${direction}${cycles === 0 ? '' : ` ${cycles}cpr ${phase}`}${when}`,
              weight: 1 / sigma ** 2,
              direction: DIRECTIONS.indexOf(direction),
              cycles,
              sine: phase === 'sin',
              firstNode: piece * perPiece * rule.q,
              endNode: Math.min(segmentCount, (piece + 1) * perPiece) * rule.q,
            });
          }
        }
      }
    }
    this.parameters = parameters;
    this.names = parameters.map(({ name }) => name);
    this.weights = parameters.map(({ weight }) => weight);
  }

  /** Takes directions and arguments of latitude from a trajectory. */
  follow(trajectory: Trajectory): void {
    const { nodeCount } = this.grid;
    this.axes ??= new Float64Array(9 * nodeCount);
    this.argument ??= new Float64Array(nodeCount);
    const velocity = nodeVelocities(trajectory);
    for (let i = 0; i < nodeCount; i++) {
      const r = trajectory.position.subarray(3 * i, 3 * i + 3);
      this.argument[i] = orbitAxes(
        r,
        velocity.subarray(3 * i, 3 * i + 3),
        this.axes.subarray(9 * i, 9 * i + 9),
      );
    }
  }

  /** Derivative of the acceleration (celestial) by parameter p at node i; false where it is zero. */
  partial(p: number, i: number, out: Float64Array): boolean {
    const { direction, cycles, sine, firstNode, endNode } = this.parameters[p];
    if (i < firstNode || i >= endNode || !this.axes || !this.argument) return false;
    const phase = cycles * this.argument[i];
    const size = cycles === 0 ? 1 : sine ? Math.sin(phase) : Math.cos(phase);
    const k = 9 * i + 3 * direction;
    for (let c = 0; c < 3; c++) out[c] = size * this.axes[k + c];
    return true;
  }

  /** Adds the accelerations of given parameters to `out`, 3 per node, celestial. */
  addAccelerations(values: ArrayLike<number>, out: Float64Array): void {
    const unit = new Float64Array(3);
    this.parameters.forEach(({ firstNode, endNode }, p) => {
      for (let i = firstNode; i < endNode; i++) {
        if (!this.partial(p, i, unit)) continue;
        for (let c = 0; c < 3; c++) out[3 * i + c] += values[p] * unit[c];
      }
    });
  }
}

/**
 * Unit vectors radial (outward), along and cross (angular momentum) of a state, rows of `axes`.
 *
 * @returns argument of latitude, rad
 */
export function orbitAxes(r: ArrayLike<number>, v: ArrayLike<number>, axes: Float64Array): number {
  const radius = Math.hypot(r[0], r[1], r[2]);
  const h = [r[1] * v[2] - r[2] * v[1], r[2] * v[0] - r[0] * v[2], r[0] * v[1] - r[1] * v[0]];
  const size = Math.hypot(h[0], h[1], h[2]);
  for (let c = 0; c < 3; c++) {
    axes[c] = r[c] / radius;
    axes[6 + c] = h[c] / size;
  }
  axes[3] = axes[7] * axes[2] - axes[8] * axes[1];
  axes[4] = axes[8] * axes[0] - axes[6] * axes[2];
  axes[5] = axes[6] * axes[1] - axes[7] * axes[0];
  // Ascending node (−h_y, h_x, 0).
  const node = -h[1] * r[0] + h[0] * r[1];
  const beyond = (r[2] * (h[0] * h[0] + h[1] * h[1]) - h[2] * (h[0] * r[0] + h[1] * r[1])) / size;
  return Math.atan2(beyond, node);
}
