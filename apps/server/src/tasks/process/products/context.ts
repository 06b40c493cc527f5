import type { Geopotential } from '@gravity/geodesy';
import type { ModelReference } from '../../../models/index.js';
import type { ExcludedData } from '../arc-source.js';
import type { ProcessRequest } from '../request.js';
import type { ArcSummary } from '../summary.js';

/** An arc that is not part of the solution. */
export interface SkippedArc {
  readonly startGpsSeconds: number;
  readonly endGpsSeconds: number;
  readonly reason: string;
}

/** One pass of the outer iteration. */
export interface PassSummary {
  readonly pass: number;
  readonly sigma0: number;
  /** Geoid height of the change against the field of linearization, m (root of the sum over degrees). */
  readonly updateGeoidMeters: number;
  /** Formal error of the same, m. */
  readonly formalGeoidMeters: number;
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
  /** What the user should know about the models. */
  readonly warnings: readonly string[];
}
