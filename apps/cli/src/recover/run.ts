import type { Geopotential } from '@gravity/geodesy';
import type { LinearAlgebra } from '@gravity/linalg';
import {
  type ArcObservations,
  addArcNormals,
  computeNormals,
  emptyNormals,
  evaluateNormals,
  type RecoverySetup,
  type RecoverySolution,
  type Regularization,
  type ResidualStatistics,
  solveNormals,
} from '@gravity/recovery';

export interface RecoveryRun {
  readonly solution: RecoverySolution;
  /** Under the a-priori field. */
  readonly before: readonly ResidualStatistics[];
  /** Under the solution. */
  readonly after: readonly ResidualStatistics[];
  readonly arcCount: number;
}

/**
 * The whole recovery in this process: every pass forms the normal equations of all arcs about the field of the pass
 * before and solves their sum.
 */
export async function runRecovery(
  setup: RecoverySetup,
  arcs: readonly ArcObservations[],
  regularization: Regularization,
  iterations: number,
  la: LinearAlgebra,
  onProgress: (fraction: number, message: string) => void,
): Promise<RecoveryRun> {
  const steps = (iterations + 1) * arcs.length;
  const report = (pass: number, arc: number) => (fraction: number, message: string) =>
    onProgress((pass * arcs.length + arc + fraction) / steps, `pass ${pass + 1}, arc ${arc + 1}: ${message}`);
  let referenceField: Geopotential = setup.referenceField;
  let before: readonly ResidualStatistics[] = [];
  let solution: RecoverySolution | undefined;
  for (let pass = 0; pass < iterations; pass++) {
    const current = { ...setup, referenceField };
    const total = emptyNormals(current, la);
    const residuals: ResidualStatistics[] = [];
    for (const [k, arc] of arcs.entries()) {
      const normals = await computeNormals(current, arc, la, { onProgress: report(pass, k) });
      addArcNormals(total, normals);
      residuals.push(...normals.residuals);
    }
    if (pass === 0) before = combineResiduals(residuals);
    solution = await solveNormals(current, total, regularization, la, { priorField: setup.referenceField });
    referenceField = solution.field;
  }
  if (!solution) throw new RangeError('iterations must be at least 1');
  const residuals: ResidualStatistics[] = [];
  for (const [k, arc] of arcs.entries()) {
    const evaluation = await evaluateNormals({ ...setup, referenceField }, arc, la, {
      onProgress: report(iterations, k),
    });
    residuals.push(...evaluation.residuals);
  }
  return { solution, before, after: combineResiduals(residuals), arcCount: arcs.length };
}

/** Statistics of several arcs as one, per type and satellite. */
export function combineResiduals(parts: readonly ResidualStatistics[]): ResidualStatistics[] {
  const groups = new Map<string, ResidualStatistics>();
  for (const part of parts) {
    const key = `${part.type} ${part.satellite ?? ''}`;
    const sum = groups.get(key);
    if (!sum) {
      groups.set(key, part);
      continue;
    }
    const count = sum.count + part.count;
    groups.set(key, {
      ...sum,
      count,
      rejected: sum.rejected + part.rejected,
      rms: count > 0 ? Math.sqrt((sum.count * sum.rms ** 2 + part.count * part.rms ** 2) / count) : 0,
      max: Math.max(sum.max, part.max),
    });
  }
  return [...groups.values()];
}
