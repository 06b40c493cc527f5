import type { LinearAlgebra } from '@gravity/linalg';
import {
  type ArcObservations,
  evaluateNormals,
  type FieldRecovery,
  type FieldRecoveryOptions,
  type PanelRecoveryOptions,
  type RecoverySetup,
  type RecoverySolution,
  type ResidualStatistics,
  recoverField,
  recoverFieldInPanels,
  type TotalNormals,
} from '@gravity/recovery';

export interface RecoveryRun extends Omit<FieldRecovery, 'solution' | 'normals'> {
  readonly solution: Omit<RecoverySolution, 'covariance'>;
  /** Absent when they were in panels on disk. */
  readonly normals?: TotalNormals;
  /** Under the a-priori field. */
  readonly before: readonly ResidualStatistics[];
  /** Under the solution. */
  readonly after: readonly ResidualStatistics[];
}

/**
 * The whole recovery in this process: every pass forms the normal equations of all arcs about the field of the pass
 * before and solves their sum; where noise is estimated, from the residuals under that field first.
 */
export async function runRecovery(
  setup: RecoverySetup,
  arcs: readonly ArcObservations[],
  options: FieldRecoveryOptions,
  la: LinearAlgebra,
  onProgress: (fraction: number, message: string) => void,
  panels?: Pick<PanelRecoveryOptions, 'panelRows' | 'openStore'>,
): Promise<RecoveryRun> {
  const iterations = options.iterations ?? 1;
  // The residuals at the end are one more round.
  const share = iterations / (iterations + 1);
  const reported = {
    ...options,
    onProgress: (fraction: number, message: string) => onProgress(share * fraction, message),
  };
  const { solution, ...recovery } = panels
    ? await inPanels(setup, arcs, la, { ...reported, ...panels })
    : await recoverField(setup, arcs, la, reported);
  const current = { ...setup, referenceField: solution.field };
  const residuals: ResidualStatistics[] = [];
  for (const [k, arc] of arcs.entries()) {
    const evaluation = await evaluateNormals(current, arc, la, {
      ...recovery.model.arcs[k],
      onProgress: (fraction, message) =>
        onProgress(
          share + ((1 - share) * (k + fraction)) / arcs.length,
          `residuals of arc ${k + 1}: ${message}`,
        ),
    });
    residuals.push(...evaluation.residuals);
  }
  return {
    ...recovery,
    solution,
    before: combineResiduals(recovery.residualsBefore),
    after: combineResiduals(residuals),
  };
}

/** The covariance is given up with its store: a command of files has no use for it. */
async function inPanels(
  setup: RecoverySetup,
  arcs: readonly ArcObservations[],
  la: LinearAlgebra,
  options: PanelRecoveryOptions,
) {
  const { close, ...recovery } = await recoverFieldInPanels(setup, arcs, la, options);
  await close();
  return recovery;
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
