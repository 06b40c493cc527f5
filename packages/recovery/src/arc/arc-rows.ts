import { GaussianNoise } from '../simulation/random.js';
import { lagSums } from '../stochastic/lag-sums.js';
import type { LagSums, VarianceContribution, VarianceFactors } from '../stochastic/types.js';
import type { RangingObservation } from '../types.js';
import type { Accumulated } from './accumulate.js';
import type { RowBatch } from './design.js';
import { solveLocal } from './local-solve.js';
import { RANGE_RATE_ROW } from './row-writer.js';

/** Observed minus computed after the fit of the arc's own parameters; without rejected epochs. */
export interface ResidualSeries {
  readonly type: RangingObservation | 'position';
  readonly satellite?: string;
  readonly gpsSeconds: Float64Array;
  /** Unit of the observation; x y z celestial for positions. */
  readonly values: Float64Array;
}

/** Random draws of the arc's own parameters where there are no directions to go with. */
const DRAWS = 10;

/** All rows of an arc with few columns: its own parameters, directions of the field, reduced observation. */
export class ArcRows {
  private readonly groups: Float64Array[][];

  constructor(private readonly satelliteCount: number) {
    this.groups = Array.from({ length: satelliteCount + 1 }, () => []);
  }

  add({ rows, data, kind }: RowBatch, ld: number): void {
    for (let i = 0; i < rows; i++) {
      const group = kind[i] === RANGE_RATE_ROW ? this.satelliteCount : kind[i];
      this.groups[group].push(data.slice(i * ld, (i + 1) * ld));
    }
  }

  /** The rows with the arc's parameters estimated from them. */
  fit(built: Accumulated, startGpsSeconds: number): FittedRows {
    const ld = built.layout.columnCount;
    const groups = this.groups.map((rows) => {
      const all = new Float64Array(rows.length * ld);
      rows.forEach((row, i) => {
        all.set(row, i * ld);
      });
      built.basis?.apply(rows.length, all, ld);
      return all;
    });
    return new FittedRows(built, groups, startGpsSeconds);
  }
}

/** Rows of positions per satellite, then of the ranging, under the fit of the arc's parameters. */
export class FittedRows {
  private readonly n: number;
  private readonly ld: number;
  private readonly count: number;
  /** Estimate, and per direction the answer of the arc's parameters to it. */
  private readonly estimate: Float64Array;
  private readonly answers: readonly Float64Array[];

  constructor(
    private readonly built: Accumulated,
    private readonly groups: readonly Float64Array[],
    private readonly startGpsSeconds: number,
  ) {
    const { layout, normals } = built;
    this.n = layout.localCount;
    this.ld = layout.columnCount;
    this.count = layout.coefficientCount;
    const solve = (column: number, sign: number) => {
      const x = Float64Array.from({ length: this.n }, (_, i) => sign * normals[i * this.ld + column]);
      solveLocal(this.n, normals, this.ld, x);
      return x;
    };
    this.estimate = solve(this.ld - 1, 1);
    this.answers = Array.from({ length: this.count }, (_, k) => solve(this.n + k, -1));
  }

  variances(factors: VarianceFactors | undefined): readonly VarianceContribution[] {
    const { models, observations } = this.built.arc;
    return this.groups.flatMap((raw, g): VarianceContribution[] => {
      if (raw.length === 0) return [];
      const rows = raw.slice();
      const count = rows.length / this.ld;
      const ranging = g === models.length;
      if (ranging) this.built.filter?.apply(rows, this.ld);
      else {
        observations.positions[g].weights?.forEach((w, i) => {
          for (let c = 3 * i * this.ld; c < 3 * (i + 1) * this.ld; c++) rows[c] *= Math.sqrt(w);
        });
      }
      let weightedSquares = 0;
      let redundancy = count;
      for (const v of this.residuals(rows)) weightedSquares += v * v;
      redundancy -= this.localTrace(rows);
      this.answers.forEach((_, k) => {
        for (const d of this.direction(rows, k)) redundancy -= (d * d) / this.count;
      });
      const satellite = models[g]?.arc.satellite;
      return [
        ranging
          ? { group: 'ranging', count, weightedSquares, redundancy, factor: factors?.ranging ?? 1 }
          : {
              group: 'position',
              satellite,
              count,
              weightedSquares,
              redundancy,
              factor: factors?.positions?.[satellite] ?? 1,
            },
      ];
    });
  }

  lags(maxLag: number): LagSums {
    const { seconds, sigma } = this.built.arc.observations.rangeRate;
    const rows = this.groups[this.groups.length - 1];
    const steps = Float64Array.from({ length: Math.max(0, seconds.length - 1) }, (_, i) => {
      return seconds[i + 1] - seconds[i];
    }).sort();
    const sampling = steps[steps.length >> 1] ?? 1;
    const { sums, counts } = lagSums(seconds, this.residuals(rows), sampling, maxLag);
    const random = new GaussianNoise(this.startGpsSeconds);
    const draws = this.count || DRAWS;
    for (let k = 0; k < draws; k++) {
      const taken = this.count > 0 ? this.direction(rows, k) : new Float64Array(seconds.length);
      const local = this.drawLocal(random);
      for (let i = 0; i < taken.length; i++) {
        for (let c = 0; c < this.n; c++) taken[i] += rows[i * this.ld + c] * local[c];
      }
      const part = lagSums(seconds, taken, sampling, maxLag).sums;
      for (let lag = 0; lag <= maxLag; lag++) sums[lag] += part[lag] / draws;
    }
    return { samplingSeconds: sampling, sums: sums.map((s) => s * sigma * sigma), counts };
  }

  series(): readonly ResidualSeries[] {
    const { models, observations } = this.built.arc;
    return this.groups.flatMap((rows, g): ResidualSeries[] => {
      const set = observations.positions[g] ?? observations.rangeRate;
      if (set.seconds.length === 0) return [];
      const values = this.residuals(rows).map((v) => v * set.sigma);
      const gpsSeconds = set.seconds.map((t) => this.startGpsSeconds + t);
      return [
        g === models.length
          ? { type: observations.rangeRate.type, gpsSeconds, values }
          : { type: 'position', satellite: models[g].arc.satellite, gpsSeconds, values },
      ];
    });
  }

  private residuals(rows: Float64Array): Float64Array {
    return this.combine(rows, this.ld - 1, this.estimate, -1);
  }

  /** What the rows see of a direction when the arc's parameters follow it. */
  private direction(rows: Float64Array, k: number): Float64Array {
    return this.combine(rows, this.n + k, this.answers[k], 1);
  }

  private combine(rows: Float64Array, column: number, x: Float64Array, sign: number): Float64Array {
    const { n, ld } = this;
    return Float64Array.from({ length: rows.length / ld }, (_, i) => {
      let sum = rows[i * ld + column];
      for (let c = 0; c < n; c++) sum += sign * rows[i * ld + c] * x[c];
      return sum;
    });
  }

  /** Σ aᵀN⁻¹a over the rows, N the normals of the arc's own parameters. */
  private localTrace(rows: Float64Array): number {
    const { n, ld } = this;
    const { normals } = this.built;
    const y = new Float64Array(n);
    let trace = 0;
    for (let i = 0; i < rows.length / ld; i++) {
      for (let c = 0; c < n; c++) {
        let sum = rows[i * ld + c];
        for (let k = 0; k < c; k++) sum -= normals[k * ld + c] * y[k];
        y[c] = sum / normals[c * ld + c];
        trace += y[c] * y[c];
      }
    }
    return trace;
  }

  /** Values of the arc's parameters with covariance N⁻¹: U⁻¹ of random signs. */
  private drawLocal(random: GaussianNoise): Float64Array {
    const { n, ld } = this;
    const { normals } = this.built;
    const x = Float64Array.from({ length: n }, () => (random.uniform() < 0.5 ? -1 : 1));
    for (let k = n - 1; k >= 0; k--) {
      for (let c = k + 1; c < n; c++) x[k] -= normals[k * ld + c] * x[c];
      x[k] /= normals[k * ld + k];
    }
    return x;
  }
}
