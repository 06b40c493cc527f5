import { type Geopotential, GravityEvaluator, truncateGeopotential } from '@gravity/geodesy';
import type { NodeGrid } from './node-grid.js';

/**
 * Degree of the field in the gradient tensor. What lies above bends the partial derivatives by about 1e-6 of
 * themselves, and they only steer the iterations.
 */
const GRADIENT_DEGREE = 60;
/** Degree of the field that carries small displacements between evaluations of the whole field. */
const INNER_DEGREE = 6;

/**
 * Forces beside the static field at the nodes of an arc, functions of position and velocity that hardly change over
 * the distances between iterations (gradients of about 1e-12 1/s²). `ArcForces` is the one of a force model.
 */
export interface VaryingForces {
  /**
   * Writes the acceleration (m/s²) at node i, position r[p…] and velocity v[p…] to out[o…]; all celestial.
   *
   * @param rough a cheaper value that is right to about 1e-10 m/s² will do
   * @returns whether that was made use of
   */
  acceleration(
    i: number,
    r: Float64Array,
    v: Float64Array,
    p: number,
    out: Float64Array,
    o: number,
    rough?: boolean,
  ): boolean;
  /** Adds the gradient, 9 values row-major, 1/s². */
  addGradient(i: number, x: number, y: number, z: number, out: Float64Array, offset: number): void;
}

/**
 * Forces on one satellite at the nodes of an arc: the geopotential turned with the Earth, an acceleration given per
 * node (non-gravitational, celestial frame), and the varying forces, which are kept as long as a node stays near the
 * position they were evaluated at.
 */
export class NodeForces {
  private readonly full: GravityEvaluator;
  private readonly inner: GravityEvaluator;
  private readonly tensor: GravityEvaluator;
  private readonly body = new Float64Array(3);
  /** The central term needs no turning with the Earth, and keeps more digits without. */
  private readonly centralGm: number;
  private readonly varyingAt: Float64Array | undefined;
  private readonly varyingAcceleration: Float64Array | undefined;

  constructor(
    readonly grid: NodeGrid,
    field: Geopotential,
    /** m/s², 3 per node, celestial frame. */
    public nonGravitational?: Float64Array,
    readonly varying?: VaryingForces,
  ) {
    if (varying) {
      this.varyingAt = new Float64Array(3 * grid.nodeCount).fill(Number.POSITIVE_INFINITY);
      this.varyingAcceleration = new Float64Array(3 * grid.nodeCount);
    }
    const rest = { ...field, c: field.c.slice() };
    rest.c[0] = 0;
    this.centralGm = field.gm * field.c[0];
    this.full = new GravityEvaluator(rest);
    this.tensor = new GravityEvaluator(truncateGeopotential(field, GRADIENT_DEGREE));
    this.inner = new GravityEvaluator(truncateGeopotential(rest, INNER_DEGREE));
  }

  /** Whole acceleration at node i and celestial position, m/s². */
  acceleration(i: number, x: number, y: number, z: number, out: Float64Array, offset: number): void {
    this.gravity(this.full, i, x, y, z, out, offset);
    const extra = this.nonGravitational;
    if (extra) {
      out[offset] += extra[3 * i];
      out[offset + 1] += extra[3 * i + 1];
      out[offset + 2] += extra[3 * i + 2];
    }
    const varying = this.varyingAcceleration;
    if (varying) {
      out[offset] += varying[3 * i];
      out[offset + 1] += varying[3 * i + 1];
      out[offset + 2] += varying[3 * i + 2];
    }
  }

  /**
   * Evaluates the varying forces anew at those of the nodes first…first + count − 1 that lie further than `tolerance`
   * (m) from where they were evaluated last.
   *
   * @param r positions, 3 per node, and v velocities, of these nodes
   * @param rough as for `VaryingForces.acceleration`; such values are evaluated anew by the next call
   * @returns whether there are rough values among those of these nodes
   */
  refresh(
    first: number,
    count: number,
    r: Float64Array,
    v: Float64Array,
    tolerance: number,
    rough: boolean,
  ): boolean {
    const { varying, varyingAt, varyingAcceleration } = this;
    if (!varying || !varyingAt || !varyingAcceleration) return false;
    let anyRough = false;
    for (let j = 0; j < count; j++) {
      const k = 3 * (first + j);
      const moved = Math.max(
        Math.abs(r[3 * j] - varyingAt[k]),
        Math.abs(r[3 * j + 1] - varyingAt[k + 1]),
        Math.abs(r[3 * j + 2] - varyingAt[k + 2]),
      );
      if (moved <= tolerance) continue;
      const isRough = varying.acceleration(first + j, r, v, 3 * j, varyingAcceleration, k, rough);
      anyRough ||= isRough;
      for (let c = 0; c < 3; c++) varyingAt[k + c] = isRough ? Number.POSITIVE_INFINITY : r[3 * j + c];
    }
    return anyRough;
  }

  /** Low-degree gravity only: its change over a displacement stands for the change of all forces. */
  innerAcceleration(i: number, x: number, y: number, z: number, out: Float64Array, offset: number): void {
    this.gravity(this.inner, i, x, y, z, out, offset);
  }

  /** Gradient tensor of the lower degrees at node i in the celestial frame, 9 values row-major. */
  gradient(i: number, x: number, y: number, z: number, out: Float64Array, offset: number): void {
    const r = this.grid.rotation.subarray(9 * i, 9 * i + 9);
    const [bx, by, bz] = rotate(r, x, y, z);
    const t = new Float64Array(9);
    this.tensor.gradient(bx, by, bz, t);
    const half = new Float64Array(9);
    for (let a = 0; a < 3; a++) {
      for (let b = 0; b < 3; b++) {
        half[3 * a + b] = t[3 * a] * r[b] + t[3 * a + 1] * r[3 + b] + t[3 * a + 2] * r[6 + b];
      }
    }
    for (let a = 0; a < 3; a++) {
      for (let b = 0; b < 3; b++) {
        out[offset + 3 * a + b] = r[a] * half[b] + r[3 + a] * half[3 + b] + r[6 + a] * half[6 + b];
      }
    }
    this.varying?.addGradient(i, x, y, z, out, offset);
  }

  private gravity(
    evaluator: GravityEvaluator,
    i: number,
    x: number,
    y: number,
    z: number,
    out: Float64Array,
    offset: number,
  ): void {
    const r = this.grid.rotation;
    const k = 9 * i;
    const body = this.body;
    evaluator.acceleration(
      r[k] * x + r[k + 1] * y + r[k + 2] * z,
      r[k + 3] * x + r[k + 4] * y + r[k + 5] * z,
      r[k + 6] * x + r[k + 7] * y + r[k + 8] * z,
      body,
    );
    const r2 = x * x + y * y + z * z;
    const central = this.centralGm / (r2 * Math.sqrt(r2));
    out[offset] = r[k] * body[0] + r[k + 3] * body[1] + r[k + 6] * body[2] - central * x;
    out[offset + 1] = r[k + 1] * body[0] + r[k + 4] * body[1] + r[k + 7] * body[2] - central * y;
    out[offset + 2] = r[k + 2] * body[0] + r[k + 5] * body[1] + r[k + 8] * body[2] - central * z;
  }
}

/** R · (x, y, z) for a row-major 3×3 matrix. */
export function rotate(r: ArrayLike<number>, x: number, y: number, z: number): [number, number, number] {
  return [r[0] * x + r[1] * y + r[2] * z, r[3] * x + r[4] * y + r[5] * z, r[6] * x + r[7] * y + r[8] * z];
}

/** Rᵀ · (x, y, z). */
export function rotateBack(r: ArrayLike<number>, x: number, y: number, z: number): [number, number, number] {
  return [r[0] * x + r[3] * y + r[6] * z, r[1] * x + r[4] * y + r[7] * z, r[2] * x + r[5] * y + r[8] * z];
}
