import type { LinearAlgebra } from '@gravity/linalg';
import { ArcError } from '../errors.js';
import type { DesignLayout } from './design-layout.js';
import type { ObservationSet } from './observation-set.js';
import type { SatelliteModel } from './satellite-model.js';
import { keepRows } from './screen-arc.js';

/** Ratio of the standard deviations of positions (m) and ranging from which normals lose too many digits. */
const STIFF = { range: 1, range_rate: 5e5, range_acceleration: 5e8 } as const;

/**
 * Orthonormal combinations of the arc's own parameters. Ranging with a weight of 10¹⁰ against the positions leaves
 * some combinations of the initial states to the positions alone; squared in normal equations they would drown in the
 * rounding of the others. The triangular factor of the local rows, taken without squaring, tells them apart before.
 */
export class LocalBasis {
  private constructor(
    private readonly n: number,
    /** Upper triangular R with AᵀA = RᵀR, n×n row-major. */
    private readonly factor: Float64Array,
  ) {}

  /**
   * @returns undefined where the plain parameters will do
   * @throws ArcError 'singular_arc' naming the parameter
   */
  static async of(
    models: readonly SatelliteModel[],
    observations: ObservationSet,
    layout: DesignLayout,
    la: LinearAlgebra,
  ): Promise<LocalBasis | undefined> {
    const { rangeRate, positions } = observations;
    if (rangeRate.seconds.length === 0) return undefined;
    if (positions[0].sigma / rangeRate.sigma < STIFF[rangeRate.type]) return undefined;
    const n = layout.localCount;
    const local = {
      ...layout,
      coefficientCount: 0,
      dynamicCount: layout.calibrationCount,
      columnCount: n + 1,
    };
    const groups = await keepRows(models, observations, local, la);
    const factor = new Float64Array(n * n);
    const columns = Array.from({ length: n }, (_, c) => {
      const column: number[] = [];
      for (const { rows } of groups) {
        for (let i = c; i < rows.length; i += n + 1) column.push(rows[i]);
      }
      for (let p = 0; p < n; p++) column.push(p === c ? Math.sqrt(layout.localWeights[p]) : 0);
      return Float64Array.from(column);
    });
    orthonormalize(columns, factor, layout.localNames);
    return new LocalBasis(n, factor);
  }

  /** Turns the leading local columns of rows into those of the combinations, in place. */
  apply(rows: number, data: Float64Array, ld: number): void {
    const { n, factor } = this;
    for (let i = 0; i < rows; i++) {
      for (let c = 0; c < n; c++) {
        let sum = data[i * ld + c];
        for (let k = 0; k < c; k++) sum -= data[i * ld + k] * factor[k * n + c];
        data[i * ld + c] = sum / factor[c * n + c];
      }
    }
  }

  /** Sum of the squares of local column c, a-priori weight included. */
  square(c: number): number {
    let sum = 0;
    for (let k = 0; k <= c; k++) sum += this.factor[k * this.n + c] ** 2;
    return sum;
  }

  /** Turns values of the combinations into those of the parameters, in place. */
  toParameters(x: Float64Array): void {
    const { n, factor } = this;
    for (let k = n - 1; k >= 0; k--) {
      for (let c = k + 1; c < n; c++) x[k] -= factor[k * n + c] * x[c];
      x[k] /= factor[k * n + k];
    }
  }
}

/** Gram–Schmidt, each column against the others twice. */
function orthonormalize(columns: Float64Array[], factor: Float64Array, names: readonly string[]): void {
  const n = columns.length;
  for (let c = 0; c < n; c++) {
    const column = columns[c];
    const size = Math.sqrt(dot(column, column));
    for (let round = 0; round < 2; round++) {
      for (let k = 0; k < c; k++) {
        const product = dot(columns[k], column);
        factor[k * n + c] += product;
        for (let i = 0; i < column.length; i++) column[i] -= product * columns[k][i];
      }
    }
    const rest = Math.sqrt(dot(column, column));
    if (!(rest > 1e-13 * size)) {
      throw new ArcError(
        'singular_arc',
        `the observations of the arc do not determine ${names[c]}: too few data, or data of one satellite only`,
      );
    }
    factor[c * n + c] = rest;
    for (let i = 0; i < column.length; i++) column[i] /= rest;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
