import { boundaryValues, type EliminatedBoundary } from './boundary-elimination.js';
import type { ResidualGroups } from './residual-groups.js';

/** What of a piece of an arc is kept to form residuals when the parameters of the whole arc are known. */
export interface KeptPiece {
  /** Of the piece's own parameters, from weighted rows. */
  readonly boundary: EliminatedBoundary;
  /** Columns of the piece's and the arc's own parameters and the observation, before weighting. */
  readonly columns: Float64Array;
  readonly kind: Uint8Array;
}

/** The leading columns and the observation of every row. */
export function localColumns(rows: number, data: Float64Array, ld: number, count: number): Float64Array {
  const out = new Float64Array(rows * (count + 1));
  for (let i = 0; i < rows; i++) {
    out.set(data.subarray(i * ld, i * ld + count), i * (count + 1));
    out[i * (count + 1) + count] = data[i * ld + ld - 1];
  }
  return out;
}

/** Adds the residuals under the fixed field, given the estimates of the parameters of the whole arc. */
export function addResiduals(
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
