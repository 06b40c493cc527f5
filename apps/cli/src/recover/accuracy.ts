import type { Geopotential } from '@gravity/geodesy';
import { differenceDegreeAmplitudes, errorDegreeAmplitudes } from '@gravity/products';
import type { ResidualStatistics } from '@gravity/recovery';
import { formatMetres, formatSpeed, formatTable } from '../terminal/table.js';

/** Geoid height by degree, m. */
export interface AccuracyRow {
  readonly degree: number;
  /** What the a-priori field was off. */
  readonly apriori: number;
  /** What the solution is off. */
  readonly error: number;
  /** What the solution says it may be off. */
  readonly formal?: number;
}

/** How far a solution lies from the truth, beside how far the a-priori field did. */
export function accuracyRows(
  solution: Geopotential,
  apriori: Geopotential,
  truth: Geopotential,
  degreeMin = 2,
): { readonly rows: readonly AccuracyRow[]; readonly total: Omit<AccuracyRow, 'degree'> } {
  const options = { minDegree: degreeMin, assumeSameTideSystem: true };
  const error = differenceDegreeAmplitudes(truth, solution, 'geoidHeight', options);
  const before = differenceDegreeAmplitudes(truth, apriori, 'geoidHeight', options);
  const formal =
    solution.sigmaC && solution.sigmaS
      ? errorDegreeAmplitudes(solution, 'geoidHeight', { minDegree: degreeMin })
      : undefined;
  const top = Math.min(solution.maxDegree, truth.maxDegree, apriori.maxDegree);
  const rows = Array.from({ length: top - degreeMin + 1 }, (_, k) => {
    const degree = degreeMin + k;
    return {
      degree,
      apriori: before.amplitudes[degree],
      error: error.amplitudes[degree],
      ...(formal && { formal: formal.amplitudes[degree] }),
    };
  });
  const total = {
    apriori: before.cumulative[top],
    error: error.cumulative[top],
    ...(formal && { formal: formal.cumulative[top] }),
  };
  return { rows, total };
}

/** The table of accuracy: some degrees, and all together. */
export function formatAccuracy(
  { rows, total }: ReturnType<typeof accuracyRows>,
  everyDegree = false,
): string {
  const shown = everyDegree ? rows : selectDegrees(rows);
  const mm = (metres: number | undefined) => (metres === undefined ? '' : (1000 * metres).toFixed(4));
  const ratio = ({ error, formal }: { error: number; formal?: number }) =>
    formal ? (error / formal).toFixed(2) : '';
  return formatTable(
    ['degree', 'a-priori mm', 'error mm', 'formal mm', 'error/formal'],
    [
      ...shown.map((row) => [String(row.degree), mm(row.apriori), mm(row.error), mm(row.formal), ratio(row)]),
      ['all', mm(total.apriori), mm(total.error), mm(total.formal), ratio(total)],
    ],
    Array<'right'>(5).fill('right'),
  );
}

function selectDegrees(rows: readonly AccuracyRow[]): readonly AccuracyRow[] {
  if (rows.length <= 12) return rows;
  const last = rows[rows.length - 1].degree;
  return rows.filter(({ degree }) => degree === 2 || degree === last || degree % 5 === 0);
}

/** Residuals under the solution and, where given, under the a-priori field: one line per type and satellite. */
export function formatResiduals(
  after: readonly ResidualStatistics[],
  before?: readonly ResidualStatistics[],
): string {
  const size = (r: ResidualStatistics | undefined) =>
    r === undefined ? '' : r.type === 'range_rate' ? formatSpeed(r.rms) : formatMetres(r.rms);
  const earlier = (r: ResidualStatistics) =>
    before ? [size(before.find((b) => b.type === r.type && b.satellite === r.satellite))] : [];
  return formatTable(
    ['observation', 'satellite', 'count', ...(before ? ['RMS a-priori'] : []), 'RMS solution'],
    after.map((r) => [
      r.type === 'range_rate' ? 'range rate' : 'position',
      r.satellite ?? '',
      String(r.count),
      ...earlier(r),
      size(r),
    ]),
    ['left', 'left', 'right', 'right', 'right'],
  );
}
