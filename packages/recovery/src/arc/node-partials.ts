import type { LinearAlgebra } from '@gravity/linalg';
import { rotate } from '../dynamics/forces.js';
import type { DesignLayout } from './design-layout.js';
import type { FieldPartials } from './field-partials.js';
import type { SatelliteModel } from './satellite-model.js';

/** Bytes of the partials held at once: several segments, so that threads have something to share. */
const GROUP_BYTES = 48 * 2 ** 20;

/**
 * The right factors of the segments: for each satellite six rows of its sensitivities at the start of the segment with
 * Φ⁻¹ taken out, then partials of the acceleration, three rows per node. Columns calibration, then coefficients.
 */
export class NodePartials {
  private readonly each: number;
  private readonly width: number;
  private readonly size: number;
  private readonly group: number;
  private readonly block: Float64Array;
  /** Of the block in the memory of the kernels, if it lies there. */
  private readonly address: number | undefined;
  private readonly states: readonly Float64Array[];
  private first = 0;
  private end = 0;

  constructor(
    private readonly models: readonly SatelliteModel[],
    private readonly layout: DesignLayout,
    private readonly partials: FieldPartials | undefined,
    private readonly la: LinearAlgebra,
  ) {
    const { rule, segmentCount } = models[0].grid;
    this.each = 6 + 3 * rule.q;
    this.width = layout.dynamicCount;
    this.size = models.length * this.each * this.width;
    this.group = Math.max(1, Math.min(segmentCount, Math.floor(GROUP_BYTES / (8 * this.size))));
    const length = this.group * this.size;
    const memory = partials?.evaluateAll && partials.memory;
    this.address = memory?.allocate(8 * length);
    this.block =
      memory && this.address !== undefined ? memory.doubles(this.address, length) : la.allocate(length);
    this.states = models.map(() => new Float64Array(6 * this.width));
  }

  /** The factor of a segment; segments are asked for in turn. */
  async segment(s: number): Promise<Float64Array> {
    if (s >= this.end) {
      this.first = s;
      this.end = Math.min(this.models[0].grid.segmentCount, s + this.group);
      await this.fill();
    }
    const factor = this.block.subarray((s - this.first) * this.size, (s - this.first + 1) * this.size);
    this.models.forEach((_, k) => {
      factor.set(this.states[k], this.each * k * this.width);
    });
    return factor;
  }

  /** Takes the six rows of a satellite at the start of the next segment. */
  setState(_segment: number, satellite: number, rows: Float64Array, ld: number): void {
    const { width } = this;
    for (let r = 0; r < 6; r++) {
      this.states[satellite].set(rows.subarray(r * ld, r * ld + width), r * width);
    }
  }

  release(): void {
    if (this.address !== undefined) this.partials?.memory?.release(this.address, 8 * this.block.length);
  }

  private async fill(): Promise<void> {
    const { models, layout, width, block, partials } = this;
    const { q } = models[0].grid.rule;
    const nodes = (this.end - this.first) * models.length * q;
    const points = new Float64Array(3 * nodes);
    const targets = new Float64Array(nodes);
    let next = 0;
    for (let s = this.first; s < this.end; s++) {
      for (const [k, model] of models.entries()) {
        for (let j = 0; j < q; j++, next++) {
          const row = (s - this.first) * this.size + (this.each * k + 6 + 3 * j) * width;
          this.calibration(model, k, s * q + j, row);
          const i = s * q + j;
          const { position } = model.trajectory!;
          const r = model.grid.rotation.subarray(9 * i, 9 * i + 9);
          points.set(rotate(r, position[3 * i], position[3 * i + 1], position[3 * i + 2]), 3 * next);
          targets[next] = row + layout.calibrationCount;
        }
      }
    }
    if (!partials) return;
    if (partials.evaluateAll && this.address !== undefined) {
      const { address } = this;
      const bytes = targets.map((t) => address + 8 * t);
      await partials.evaluateAll(points, bytes, 8 * width, this.la.threads);
      return;
    }
    for (let i = 0; i < nodes; i++) {
      partials.evaluate(points[3 * i], points[3 * i + 1], points[3 * i + 2], block, targets[i], width);
    }
  }

  private calibration(model: SatelliteModel, satellite: number, node: number, row: number): void {
    const { layout, width, block } = this;
    if (layout.calibrationCount === 0) return;
    const own = model.calibrationNames.length;
    const shift = satellite === 0 ? 0 : layout.calibrationCount - own;
    for (let c = 0; c < 3; c++) block.fill(0, row + c * width, row + c * width + layout.calibrationCount);
    for (let p = 0; p < own; p++) {
      const value = model.calibrationPartial(p, node);
      for (let c = 0; c < 3; c++) block[row + c * width + shift + p] = value[c];
    }
  }
}
