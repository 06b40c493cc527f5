import type { Geopotential } from '@gravity/geodesy';
import type { RecoverySetup } from '@gravity/recovery';
import type { TaskContext } from '../../jobs/task.js';
import type { ArcSource } from './arc-source.js';
import type { StageWork } from './arc-work.js';
import type { ArcWorkerClient } from './arc-worker-client.js';
import type { ArcInterval } from './arcs.js';
import type { Backend } from './backend.js';
import type { ProcessProgress } from './progress.js';
import { hashOf, hashOfArrays } from './recipe.js';
import type { ProcessRequest } from './request.js';
import type { ProcessTarget } from './resolve.js';

export interface PassInputs {
  readonly context: TaskContext;
  readonly worker: ArcWorkerClient;
  readonly backend: Backend;
  readonly source: ArcSource;
  readonly request: ProcessRequest;
  readonly target: ProcessTarget;
  readonly arcs: readonly ArcInterval[];
  readonly setup: RecoverySetup;
  /** Towards which the regularization pulls. */
  readonly priorField: Geopotential;
  readonly recipeHash: string;
  readonly progress: ProcessProgress;
}

/** Work on all arcs: the normals of a pass, or the residuals under the solution of one. */
export interface Stage extends StageWork {
  /** From 1. Without a stochastic model to be estimated it is the number of the pass. */
  readonly stage: number;
  /** For progress and logs, e.g. "pass 2 of 3". */
  readonly label: string;
  readonly field: Geopotential;
}

/** Folder of the checkpoints of a recipe in the bucket processed-data. */
export const checkpointPrefix = (recipeHash: string): string => `checkpoints/${recipeHash}/`;
/** Folder of the descriptions of the passes of a job in the bucket processed-data. */
export const passPrefix = (jobId: string): string => `passes/${jobId}/`;

export interface ArcIdentity {
  readonly inputsHash: string;
  readonly checkpointKey: string;
}

/** What the shares of the arcs of a stage depend on, and where they are kept. */
export function arcIdentities(
  { recipeHash, arcs }: PassInputs,
  { stage, field, models, evaluation }: Stage,
): readonly ArcIdentity[] {
  const fieldHash = hashOfArrays(field.c, field.s);
  const evaluated = evaluation && {
    directions: hashOfArrays(evaluation.directions.values),
    maxLag: evaluation.maxLag,
  };
  return arcs.map((arc, index) => ({
    inputsHash: hashOf({ recipe: recipeHash, stage, arc, fieldHash, model: models[index], evaluated }),
    checkpointKey: `${checkpointPrefix(recipeHash)}${stage}/${String(index).padStart(5, '0')}`,
  }));
}
