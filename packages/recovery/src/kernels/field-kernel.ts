import {
  differentiateHarmonics,
  type Geopotential,
  type HarmonicSeries,
  recursionTable,
  triangleIndex,
} from '@gravity/geodesy';
import { type KernelMemory, kernelMemory } from './kernel-memory.js';
import { loadPoint } from './load-point.js';

/** Numbers of a point and of results in the memory of the kernels: six pairs each. */
const SLOT = 12;

/** What is given back when a field is no longer used. */
interface Block {
  readonly memory: KernelMemory;
  readonly address: number;
  readonly bytes: number;
}

const forgotten = new FinalizationRegistry<Block>(({ memory, address, bytes }) => {
  memory.release(address, bytes);
});

/**
 * Acceleration and gravity gradient of one geopotential at many points of the terrestrial frame, by the kernels: two
 * points at a time, sums order by order. Same sources as `GravityEvaluator`.
 */
export class FieldKernel {
  private readonly memory = kernelMemory();
  private readonly slot: number;
  private readonly point: Float64Array;
  private readonly sums: Float64Array;
  private readonly first: { readonly address: number; readonly degree: number };
  private second: { readonly address: number; readonly degree: number } | undefined;

  constructor(private readonly field: Geopotential) {
    this.slot = this.block(16 * SLOT);
    this.point = this.memory.doubles(this.slot, SLOT);
    this.sums = this.memory.doubles(this.slot + 8 * SLOT, SLOT);
    this.first = this.table(differentiateHarmonics(field));
  }

  /**
   * Accelerations (m/s²) at `count` points.
   *
   * @param r positions, 3 each
   * @param out 3 each
   */
  accelerations(count: number, r: Float64Array, out: Float64Array): void {
    const { gm, radius } = this.field;
    const scale = gm / (radius * radius);
    const { first, sums, slot, memory } = this;
    for (let i = 0; i < count; i += 2) {
      const b = Math.min(i + 1, count - 1);
      this.load(r, 3 * i, 3 * b);
      memory.kernels.sum3(first.address, first.degree, slot, slot + 8 * SLOT);
      for (let c = 0; c < 3; c++) {
        out[3 * i + c] = scale * sums[2 * c];
        out[3 * b + c] = scale * sums[2 * c + (b > i ? 1 : 0)];
      }
    }
  }

  /**
   * Gradients (1/s²) at `count` points.
   *
   * @param out 9 each, row-major, trace 0
   */
  gradients(count: number, r: Float64Array, out: Float64Array): void {
    const { gm, radius } = this.field;
    const scale = gm / (radius * radius * radius);
    if (!this.second) {
      const [dx, dy] = differentiateHarmonics(this.field);
      const [xx, xy, xz] = differentiateHarmonics(dx);
      const [, yy, yz] = differentiateHarmonics(dy);
      this.second = this.table([xx, xy, xz, yy, yz]);
    }
    const { second, sums, slot, memory } = this;
    for (let i = 0; i < count; i += 2) {
      const b = Math.min(i + 1, count - 1);
      this.load(r, 3 * i, 3 * b);
      memory.kernels.sum5(second.address, second.degree, slot, slot + 8 * SLOT);
      for (let lane = 0; lane <= b - i; lane++) {
        const o = 9 * (i + lane);
        const xx = scale * sums[lane];
        const xy = scale * sums[2 + lane];
        const xz = scale * sums[4 + lane];
        const yy = scale * sums[6 + lane];
        const yz = scale * sums[8 + lane];
        out[o] = xx;
        out[o + 1] = xy;
        out[o + 2] = xz;
        out[o + 3] = xy;
        out[o + 4] = yy;
        out[o + 5] = yz;
        out[o + 6] = xz;
        out[o + 7] = yz;
        // Laplace: cheaper and exact.
        out[o + 8] = -xx - yy;
      }
    }
  }

  private load(r: Float64Array, a: number, b: number): void {
    loadPoint(this.point, 0, r[a], r[a + 1], r[a + 2], this.field.radius);
    loadPoint(this.point, 1, r[b], r[b + 1], r[b + 2], this.field.radius);
  }

  private block(bytes: number): number {
    const { memory } = this;
    const address = memory.allocate(bytes);
    forgotten.register(this, { memory, address, bytes });
    return address;
  }

  private table(series: readonly HarmonicSeries[]): { readonly address: number; readonly degree: number } {
    const degree = series[0].maxDegree;
    const { a, b, sectorial } = recursionTable(degree);
    const each = 2 + 2 * series.length;
    const length = 2 * (degree + 1) + (each * (degree + 1) * (degree + 2)) / 2;
    const address = this.block(8 * length);
    const out = this.memory.doubles(address, length);
    let at = 0;
    for (let m = 0; m <= degree; m++) {
      out[at] = sectorial[m];
      at += 2;
      for (let n = m; n <= degree; n++) {
        const i = triangleIndex(n, m);
        out[at++] = n > m ? a[i] : 0;
        out[at++] = n > m ? b[i] : 0;
        for (const { c, s } of series) {
          out[at++] = c[i];
          out[at++] = s[i];
        }
      }
    }
    return { address, degree };
  }
}
