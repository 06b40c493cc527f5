import type { ArcObservations } from '@gravity/recovery';
import type { ArcInterval } from './arcs.js';
import type { ProcessRequest } from './request.js';
import type { ProcessTarget } from './resolve.js';

/** An ingested file that may take part in a solution. */
export interface InputFile {
  readonly id: string;
  readonly fileName: string;
  readonly product: string;
  readonly satellite: string;
  readonly sha256: string;
  /** The forces it was simulated with, as it states them; undefined for measured data. */
  readonly statedForces?: string;
}

/** Records that were there and not used. */
export interface ExcludedData {
  readonly satellite: string;
  readonly product: string;
  readonly reason: string;
  readonly count: number;
}

export interface LoadedArc {
  readonly observations: ArcObservations;
  /** What was wanted and is not there. */
  readonly missing: readonly string[];
  readonly excluded: readonly ExcludedData[];
  /** Ids of the files whose records are among the observations. */
  readonly usedFiles: readonly string[];
}

/** Where the observations of a job come from. */
export interface ArcSource {
  /** The files of the interval from which the observations are chosen, in a fixed order. */
  inputs(target: ProcessTarget, request: ProcessRequest): Promise<readonly InputFile[]>;
  /** The observations of one arc; satellites without data are left out. */
  load(arc: ArcInterval, target: ProcessTarget, request: ProcessRequest): Promise<LoadedArc>;
}
