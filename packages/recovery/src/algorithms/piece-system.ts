import type { LinearAlgebra } from '@gravity/linalg';
import type { RowBatch } from '../arc/design.js';
import type { ObservationSet } from '../arc/observation-set.js';
import type { PreparedArc } from '../arc/prepare-arc.js';
import { ArcError } from '../errors.js';
import type { ArcNormals, ArcObservations } from '../types.js';
import { boundaryValues, type EliminatedBoundary, eliminateBoundary } from './boundary-elimination.js';
import { ResidualGroups } from './residual-groups.js';
import { eliminateLeading } from './schur.js';

/** What of a piece is kept to form residuals when the parameters of the whole arc are known. */
interface KeptPiece {
  /** Of the piece's own parameters, from weighted rows. */
  readonly boundary: EliminatedBoundary;
  /** Columns of the piece's and the arc's own parameters and the observation, before weighting. */
  readonly columns: Float64Array;
  readonly kind: Uint8Array;
}

/**
 * Normal equations of an arc in pieces. Columns of the rows: parameters of the piece | of the whole arc | coefficients |
 * reduced observation. The first are eliminated piece by piece, the second at the end.
 */
export class PieceSystem {
  /** Columns of a row. */
  readonly columnCount: number;
  private readonly normals: Float64Array;
  private readonly kept: KeptPiece[] = [];
  private readonly ld: number;
  private rows = 0;

  constructor(
    private readonly pieceNames: readonly string[],
    private readonly arcNames: readonly string[],
    private readonly coefficientCount: number,
    private readonly la: LinearAlgebra,
  ) {
    this.ld = arcNames.length + coefficientCount + 1;
    this.columnCount = pieceNames.length + this.ld;
    this.normals = la.allocate(this.ld * this.ld);
  }

  /** @param weight makes the rows ones of white unit noise, in place */
  async add({ rows, data, kind }: RowBatch, weight: () => Promise<void> | void): Promise<void> {
    const { columnCount, pieceNames, arcNames, ld, la } = this;
    const local = pieceNames.length + arcNames.length;
    const columns = new Float64Array(rows * (local + 1));
    for (let i = 0; i < rows; i++) {
      columns.set(data.subarray(i * columnCount, i * columnCount + local), i * (local + 1));
      columns[i * (local + 1) + local] = data[(i + 1) * columnCount - 1];
    }
    await weight();
    const boundary = await eliminateBoundary(rows, data, columnCount, pieceNames.length, pieceNames, la);
    const rest = data.subarray(pieceNames.length);
    await la.syrk(ld, rows, 1, rest, columnCount, 1, this.normals, ld);
    this.kept.push({ boundary, columns, kind });
    this.rows += rows;
    // Give cancel messages a chance between pieces.
    await new Promise((resolve) => setImmediate(resolve));
  }

  /**
   * A-priori weight of a parameter of the whole arc.
   *
   * @param value about which the rows are linearized; the a-priori one is zero
   */
  addPrior(index: number, weight: number, value = 0): void {
    const { normals, ld } = this;
    normals[index * (ld + 1)] += weight;
    normals[index * ld + ld - 1] -= weight * value;
  }

  /** @throws ArcError 'too_few_observations' | 'singular_arc' */
  async finish(
    { startGpsSeconds, endGpsSeconds }: ArcObservations,
    prepared: PreparedArc,
    observations: ObservationSet,
    orbitRounds: number,
  ): Promise<ArcNormals> {
    const { rows, kept, pieceNames, arcNames, coefficientCount } = this;
    const arcParameterCount = kept.length * pieceNames.length + arcNames.length;
    if (rows <= arcParameterCount) {
      throw new ArcError(
        'too_few_observations',
        `${rows} observations in ${kept.length} pieces for ${arcParameterCount} parameters of the arc`,
      );
    }
    const { local, ...reduced } = await eliminateLeading(this.normals, this.ld, arcNames, this.la);
    const groups = new ResidualGroups();
    for (const piece of kept) addResiduals(groups, piece, local);
    return {
      startGpsSeconds,
      endGpsSeconds,
      parameterCount: coefficientCount,
      ...reduced,
      observationCount: rows,
      compression: { applied: false, rows, truncation: 0 },
      arcParameterCount,
      residuals: groups.statistics(prepared, observations),
      orbitIterations: Math.max(orbitRounds, prepared.orbitIterations),
    };
  }
}

/** Residuals under the fixed field, given the estimates of the parameters of the whole arc. */
function addResiduals(
  groups: ResidualGroups,
  { boundary, columns, kind }: KeptPiece,
  shared: Float64Array,
): void {
  const x = [...boundaryValues(boundary, shared), ...shared];
  const width = x.length + 1;
  kind.forEach((k, i) => {
    let v = columns[i * width + x.length];
    for (let c = 0; c < x.length; c++) v -= columns[i * width + c] * x[c];
    groups.add(k, v);
  });
}
