import type { TaskContext } from '../../jobs/task.js';
import type { ArcSource } from './arc-source.js';
import type { ArcWorkerClient } from './arc-worker-client.js';
import type { Backend } from './backend.js';
import type { PreparedJob } from './prepare.js';
import type { ProcessProgress } from './progress.js';
import type { StoredProduct } from './publish.js';

/** A prepared job with its open worker. */
export interface ProcessRun {
  readonly context: TaskContext;
  readonly source: ArcSource;
  readonly job: PreparedJob;
  readonly worker: ArcWorkerClient;
  readonly backend: Backend;
  readonly recipeHash: string;
  readonly progress: ProcessProgress;
  /** Filled as objects are stored, for the case that their rows are never written. */
  readonly stored: StoredProduct[];
  /** ms */
  readonly began: number;
}
