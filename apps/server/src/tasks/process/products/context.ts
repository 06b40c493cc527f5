import type { Geopotential } from '@gravity/geodesy';
import type { ArcModel, NoiseEstimate, PassSummary } from '@gravity/recovery';
import type { ModelReference } from '../../../models/index.js';
import type { ExcludedData } from '../arc-source.js';
import type { ProcessRequest } from '../request.js';
import type { ArcSummary, SolvedField } from '../summary.js';

/** An arc that is not part of the solution. */
export interface SkippedArc {
  readonly startGpsSeconds: number;
  readonly endGpsSeconds: number;
  readonly reason: string;
}

/** The noise as it was estimated. */
export interface EstimatedNoise {
  /** Of the arcs of the solution, in their order. */
  readonly arcs: readonly ArcModel[];
  /** For every arc of the solution, or one for all. */
  readonly noise: readonly (NoiseEstimate | undefined)[];
  readonly iterations: number;
  readonly converged: boolean;
}

/** Everything the product makers need besides the solution. Plain data, free of times of day and job ids. */
export interface ProductContext {
  readonly baseName: string;
  readonly mission: string;
  readonly satellites: readonly string[];
  readonly startGpsSeconds: number;
  readonly endGpsSeconds: number;
  readonly request: ProcessRequest;
  readonly aPriori: Geopotential;
  readonly models: readonly ModelReference[];
  readonly recipeHash: string;
  readonly software: string;
  /** Linear algebra, e.g. "OpenBLAS 0.3.21 (Zen), 2 threads". */
  readonly backend: string;
  readonly inputs: readonly { readonly fileName: string; readonly sha256: string }[];
  readonly arcs: readonly ArcSummary[];
  readonly skippedArcs: readonly SkippedArc[];
  readonly excludedData: readonly ExcludedData[];
  readonly passes: readonly PassSummary[];
  /** The regularization of the solution, and how it was found. */
  readonly regularization: Omit<SolvedField, 'solution'>;
  readonly estimatedNoise?: EstimatedNoise;
  /** What the user should know about the models. */
  readonly warnings: readonly string[];
}
