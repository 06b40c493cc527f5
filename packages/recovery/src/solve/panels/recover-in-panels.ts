import type { Geopotential } from '@gravity/geodesy';
import type { LinearAlgebra } from '@gravity/linalg';
import { computeNormals } from '../../algorithms/compute-normals.js';
import { iterateField } from '../../stochastic/iterate-field.js';
import type { FieldRecovery } from '../../stochastic/recover-field.js';
import type { ArcObservations, RecoverySetup, Regularization, ResidualStatistics } from '../../types.js';
import { type PanelLayout, panelLayout } from './panel-layout.js';
import { addArcToPanels, emptyPanelNormals } from './panel-normals.js';
import type { PanelStore } from './panel-store.js';
import { type PanelSolution, solvePanelNormals } from './solve-panels.js';

export interface PanelRecoveryOptions {
  readonly regularization: Regularization;
  /** Field the regularization pulls towards; default the reference field of the setup. Same GM and radius. */
  readonly priorField?: Geopotential;
  /** Linearizations; default 1. */
  readonly iterations?: number;
  readonly panelRows: number;
  /** A new empty store for each linearization; the one before is closed first. */
  readonly openStore: (layout: PanelLayout) => Promise<PanelStore & { close(): Promise<void> }>;
  /** fraction 0…1 */
  readonly onProgress?: (fraction: number, message: string) => void;
}

/** What `recoverField` gives, without normals; the covariance lies in the last store, until `close`. */
export interface PanelRecovery extends Omit<FieldRecovery, 'solution' | 'normals'> {
  readonly solution: PanelSolution;
  close(): Promise<void>;
}

/** The solution of a pass takes about as long as some arcs. */
const SOLUTION_SHARE = 0.2;

/**
 * As `recoverField`, with the normals and the covariance in panels outside of memory; noise and regularization are
 * taken as given.
 *
 * @throws ArcError when an arc cannot be used; SolutionError; RangeError for settings that make no sense; what the
 *   store throws
 */
export async function recoverFieldInPanels(
  setup: RecoverySetup,
  arcs: readonly ArcObservations[],
  la: LinearAlgebra,
  options: PanelRecoveryOptions,
): Promise<PanelRecovery> {
  const { regularization, iterations = 1, panelRows, openStore, onProgress } = options;
  const priorField = options.priorField ?? setup.referenceField;
  let store: Awaited<ReturnType<typeof openStore>> | undefined;
  const close = async () => {
    const open = store;
    store = undefined;
    await open?.close();
  };
  let residualsBefore: readonly ResidualStatistics[] | undefined;
  const solve = async (pass: number, field: Geopotential) => {
    const current = { ...setup, referenceField: field };
    const report = (from: number, share: number, what: string) => (fraction: number, message: string) =>
      onProgress?.((pass - 1 + from + share * fraction) / iterations, `pass ${pass}, ${what}${message}`);
    await close();
    const opened = await openStore(panelLayout((setup.degreeMax + 1) ** 2 - setup.degreeMin ** 2, panelRows));
    store = opened;
    const total = emptyPanelNormals(current, opened, panelRows);
    const residuals: ResidualStatistics[] = [];
    const share = (1 - SOLUTION_SHARE) / arcs.length;
    // A function of its own: a variable of the loop would hold an arc's matrix while the next one is computed.
    const add = async (arc: ArcObservations, i: number) => {
      const normals = await computeNormals(current, arc, la, {
        onProgress: report(i * share, share, `arc ${i + 1}: `),
      });
      await addArcToPanels(total, normals, la);
      residuals.push(...normals.residuals);
    };
    for (const [i, arc] of arcs.entries()) await add(arc, i);
    residualsBefore ??= residuals;
    const solution = await solvePanelNormals(current, total, regularization, la, {
      priorField,
      onProgress: report(1 - SOLUTION_SHARE, SOLUTION_SHARE, ''),
    });
    return { field: solution.field, sigma0: solution.sigma0, solution };
  };
  try {
    const { solved, reference, passes, model } = await iterateField(
      setup.referenceField,
      arcs.length,
      { solve, evaluate: () => Promise.reject(new Error('the noise is given')) },
      { degreeMin: setup.degreeMin, degreeMax: setup.degreeMax, iterations, convergenceRatio: 0 },
    );
    return {
      solution: solved.solution,
      regularization: { regularization, dataVariance: 1 },
      reference,
      model,
      passes,
      stochasticIterations: 0,
      converged: true,
      residualsBefore: residualsBefore ?? [],
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
