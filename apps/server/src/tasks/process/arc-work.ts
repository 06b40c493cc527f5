import type { ArcEvaluation, ArcModel, VarianceDirections } from '@gravity/recovery';
import type { ExcludedData } from './arc-source.js';
import type { ArcSummary } from './summary.js';

/** What evaluating the arcs under a solution needs: for the stochastic model. */
export interface EvaluationSpec {
  readonly directions: VarianceDirections;
  /** Lags of the products of ranging residuals; undefined: none wanted. */
  readonly maxLag?: number;
}

/** What an arc has given: its share in the normals, or what its residuals say of the noise. */
export type ArcPart =
  | { readonly kind: 'normals'; readonly summary: ArcSummary }
  | { readonly kind: 'evaluation'; readonly evaluation: ArcEvaluation };

/** An arc of a stage that has been dealt with, or the reason why it was left out. */
export interface ArcShare {
  readonly excluded: readonly ExcludedData[];
  readonly usedFiles: readonly string[];
  readonly part: (ArcPart & { readonly restored: boolean }) | { readonly reason: string };
}

/** What is done with all arcs of a stage. Plain data, part of the description that other machines get. */
export interface StageWork {
  /** By arc. */
  readonly models: readonly ArcModel[];
  /** Absent: normals are formed. */
  readonly evaluation?: EvaluationSpec;
}
