import type { ArcObservations } from '@gravity/recovery';
import type { ArcInterval } from './arcs.js';
import type { ProcessRequest } from './request.js';
import type { ProcessTarget } from './resolve.js';

/** An ingested file that takes part in a solution. */
export interface InputFile {
  readonly id: string;
  readonly fileName: string;
  readonly product: string;
  readonly satellite: string;
  readonly sha256: string;
}

export interface LoadedArc {
  readonly observations: ArcObservations;
  /** What was left out and why, for the report. */
  readonly excluded: readonly Readonly<Record<string, unknown>>[];
}

/** Where the observations of a job come from. */
export interface ArcSource {
  /** The files of the interval, in a fixed order. */
  inputs(target: ProcessTarget, request: ProcessRequest): Promise<readonly InputFile[]>;
  /** The observations of one arc; satellites without data are left out. */
  load(arc: ArcInterval, target: ProcessTarget, request: ProcessRequest): Promise<LoadedArc>;
}
