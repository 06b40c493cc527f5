import type { Geopotential } from '@gravity/geodesy';
import type { RecoverySetup } from '@gravity/recovery';
import type { TaskContext } from '../../jobs/task.js';
import type { ArcSource, ExcludedData } from './arc-source.js';
import type { ArcWorkerClient } from './arc-worker-client.js';
import type { ArcInterval } from './arcs.js';
import type { Backend } from './backend.js';
import type { ProcessProgress } from './progress.js';
import { hashOf, hashOfArrays } from './recipe.js';
import type { ProcessRequest } from './request.js';
import type { ProcessTarget } from './resolve.js';
import type { ArcSummary } from './summary.js';

export interface PassInputs {
  readonly context: TaskContext;
  readonly worker: ArcWorkerClient;
  readonly backend: Backend;
  readonly source: ArcSource;
  readonly request: ProcessRequest;
  readonly target: ProcessTarget;
  readonly arcs: readonly ArcInterval[];
  readonly setup: RecoverySetup;
  readonly recipeHash: string;
  readonly progress: ProcessProgress;
}

/** One pass: the number, from 1, and the field it is linearized about. */
export interface Pass {
  readonly pass: number;
  readonly field: Geopotential;
}

/** An arc that has been added to the sum, or the reason why it was left out. */
export interface ArcShare {
  readonly excluded: readonly ExcludedData[];
  readonly usedFiles: readonly string[];
  readonly part: { readonly summary: ArcSummary; readonly restored: boolean } | { readonly reason: string };
}

/** Folder of the checkpoints of a recipe in the bucket processed-data. */
export const checkpointPrefix = (recipeHash: string): string => `checkpoints/${recipeHash}/`;
/** Folder of the descriptions of the passes of a job in the bucket processed-data. */
export const passPrefix = (jobId: string): string => `passes/${jobId}/`;

export interface ArcIdentity {
  readonly inputsHash: string;
  readonly checkpointKey: string;
}

/** What the normals of the arcs of a pass depend on, and where they are kept. */
export function arcIdentities(
  { recipeHash, arcs }: PassInputs,
  { pass, field }: Pass,
): readonly ArcIdentity[] {
  const fieldHash = hashOfArrays(field.c, field.s);
  return arcs.map((arc, index) => ({
    inputsHash: hashOf({ recipe: recipeHash, pass, arc, fieldHash }),
    checkpointKey: `${checkpointPrefix(recipeHash)}${pass}/${String(index).padStart(5, '0')}`,
  }));
}
