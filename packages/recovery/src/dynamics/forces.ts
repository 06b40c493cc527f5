import { type Geopotential, truncateGeopotential } from '@gravity/geodesy';
import { FieldKernel } from '../kernels/field-kernel.js';
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
  private readonly full: FieldKernel;
  private readonly inner: FieldKernel;
  private readonly tensor: FieldKernel;
  /** Terrestrial points and what is found there. */
  private body = new Float64Array(3);
  private found = new Float64Array(9);
  private readonly single = new Float64Array(9);
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
    this.full = new FieldKernel(rest);
    this.tensor = new FieldKernel(truncateGeopotential(field, GRADIENT_DEGREE));
    this.inner = new FieldKernel(truncateGeopotential(rest, INNER_DEGREE));
  }

  /** Whole acceleration at node i and celestial position, m/s². */
  acceleration(i: number, x: number, y: number, z: number, out: Float64Array, offset: number): void {
    const { single } = this;
    single[0] = x;
    single[1] = y;
    single[2] = z;
    this.accelerations(i, 1, single, single);
    for (let c = 0; c < 3; c++) out[offset + c] = single[c];
  }

  /** Whole accelerations at the nodes first…first + count − 1 and their celestial positions r; 3 per node. */
  accelerations(first: number, count: number, r: Float64Array, out: Float64Array): void {
    this.gravity(this.full, first, count, r, out);
    const extra = this.nonGravitational;
    const varying = this.varyingAcceleration;
    const k = 3 * first;
    if (extra) for (let c = 0; c < 3 * count; c++) out[c] += extra[k + c];
    if (varying) for (let c = 0; c < 3 * count; c++) out[c] += varying[k + c];
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
  innerAccelerations(first: number, count: number, r: Float64Array, out: Float64Array): void {
    this.gravity(this.inner, first, count, r, out);
  }

  /** Gradient tensor of the lower degrees at node i in the celestial frame, 9 values row-major. */
  gradient(i: number, x: number, y: number, z: number, out: Float64Array, offset: number): void {
    this.gradients(i, 1, Float64Array.of(x, y, z), this.single);
    out.set(this.single, offset);
  }

  /** Gradient tensors at the nodes first…first + count − 1 and their celestial positions (3 per node), 9 per node. */
  gradients(first: number, count: number, position: Float64Array, out: Float64Array): void {
    this.turn(first, count, position);
    this.tensor.gradients(count, this.body, this.found);
    const { rotation } = this.grid;
    const { found } = this;
    const half = new Float64Array(9);
    for (let i = 0; i < count; i++) {
      const k = 9 * (first + i);
      const t = 9 * i;
      for (let a = 0; a < 3; a++) {
        for (let b = 0; b < 3; b++) {
          half[3 * a + b] =
            found[t + 3 * a] * rotation[k + b] +
            found[t + 3 * a + 1] * rotation[k + 3 + b] +
            found[t + 3 * a + 2] * rotation[k + 6 + b];
        }
      }
      for (let a = 0; a < 3; a++) {
        for (let b = 0; b < 3; b++) {
          out[t + 3 * a + b] =
            rotation[k + a] * half[b] + rotation[k + 3 + a] * half[3 + b] + rotation[k + 6 + a] * half[6 + b];
        }
      }
      this.varying?.addGradient(first + i, position[3 * i], position[3 * i + 1], position[3 * i + 2], out, t);
    }
  }

  /** Turns celestial positions into the terrestrial frame. */
  private turn(first: number, count: number, position: Float64Array): void {
    if (this.body.length < 3 * count) {
      this.body = new Float64Array(3 * count);
      this.found = new Float64Array(9 * count);
    }
    const r = this.grid.rotation;
    const { body } = this;
    for (let i = 0; i < count; i++) {
      const k = 9 * (first + i);
      const p = 3 * i;
      const [x, y, z] = [position[p], position[p + 1], position[p + 2]];
      body[p] = r[k] * x + r[k + 1] * y + r[k + 2] * z;
      body[p + 1] = r[k + 3] * x + r[k + 4] * y + r[k + 5] * z;
      body[p + 2] = r[k + 6] * x + r[k + 7] * y + r[k + 8] * z;
    }
  }

  private gravity(
    kernel: FieldKernel,
    first: number,
    count: number,
    position: Float64Array,
    out: Float64Array,
  ): void {
    this.turn(first, count, position);
    const { found } = this;
    kernel.accelerations(count, this.body, found);
    const r = this.grid.rotation;
    for (let i = 0; i < count; i++) {
      const k = 9 * (first + i);
      const p = 3 * i;
      const [x, y, z] = [position[p], position[p + 1], position[p + 2]];
      const [a, b, c] = [found[p], found[p + 1], found[p + 2]];
      const r2 = x * x + y * y + z * z;
      const central = this.centralGm / (r2 * Math.sqrt(r2));
      out[p] = r[k] * a + r[k + 3] * b + r[k + 6] * c - central * x;
      out[p + 1] = r[k + 1] * a + r[k + 4] * b + r[k + 7] * c - central * y;
      out[p + 2] = r[k + 2] * a + r[k + 5] * b + r[k + 8] * c - central * z;
    }
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
