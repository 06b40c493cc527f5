import type { OrbitDetermination } from '@gravity/recovery';
import type { ProductContext, SkippedArc } from '../products/context.js';

/** The fit of one satellite in one arc. */
export type OrbitFit = OrbitDetermination;

/** An arc of a satellite that is not part of the result. */
export interface SkippedOrbit extends SkippedArc {
  readonly satellite: string;
}

/** What the makers of files need besides the fits. Plain data, free of times of day and job ids. */
export interface OrbitContext
  extends Pick<
    ProductContext,
    | 'baseName'
    | 'mission'
    | 'satellites'
    | 'startGpsSeconds'
    | 'endGpsSeconds'
    | 'request'
    | 'models'
    | 'recipeHash'
    | 'software'
    | 'backend'
    | 'inputs'
    | 'excludedData'
    | 'warnings'
  > {
  /** Degree of the static field. */
  readonly fieldDegree: number;
  /** The observations are simulated with these forces, as they state them. */
  readonly statedForces?: string;
  readonly skippedArcs: readonly SkippedOrbit[];
}
