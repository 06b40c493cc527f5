import type { ObservationFile } from '../../observations/index.js';
import type { ArcInterval } from '../process/arcs.js';

export interface PlanParameters {
  readonly startTime: string;
  readonly endTime: string;
  /** Whole GPS seconds. */
  readonly startGpsSeconds: number;
  readonly endGpsSeconds: number;
  readonly satellites: readonly string[];
  /** Step of the solution (orbit integration), s. */
  readonly timeStep: number;
  readonly processingMode: string;
  readonly outputFormat: string;
  readonly degreeMax: number;
  readonly arcLengthHours: number;
}

/** The mean orbit of the data, when there are some. */
export interface OrbitSummary {
  readonly source: string;
  readonly semiMajorAxis: number;
  readonly periodSeconds: number;
  /** rad */
  readonly inclination: number;
}

export interface EopSpan {
  readonly startGpsSeconds: number;
  readonly endGpsSeconds: number;
}

/** Speed the estimate is made with. */
export interface PlanMachine {
  readonly threads: number;
  /** Dense linear algebra, GF/s, all threads together. */
  readonly gigaflopsPerSecond: number;
  /** Where that figure is from. */
  readonly source: string;
  /** What a process job may take. */
  readonly memoryLimitBytes: number;
}

export interface PlanInput {
  readonly parameters: PlanParameters;
  readonly files: readonly ObservationFile[];
  readonly machine: PlanMachine;
  readonly orbit?: OrbitSummary;
  /** Spans without holes of the Earth orientation table; undefined: not checked. */
  readonly eopSpans?: readonly EopSpan[];
}

export interface PlanWarning {
  readonly code:
    | 'degree_above_resolution'
    | 'polar_gap'
    | 'inclination_unknown'
    | 'simulated_data'
    | 'missing_data'
    | 'no_usable_arc'
    | 'single_satellite'
    | 'several_pairs'
    | 'no_ranging'
    | 'no_accelerometer'
    | 'outside_earth_orientation'
    | 'no_dealiasing'
    | 'memory'
    | 'few_observations';
  readonly severity: 'info' | 'warning';
  readonly message: string;
  readonly field?: string;
}

/** One satellite (or pair) and role in an arc. */
export interface ArcData {
  readonly satellite: string;
  readonly role: 'orbit' | 'attitude' | 'accelerometer' | 'ranging';
  /** The product that will be used. */
  readonly product: string | null;
  /** Share of the arc that its records cover, 0…1. */
  readonly coverage: number;
  readonly files: readonly { readonly id: string; readonly file_name: string; readonly product: string }[];
  /** Files that would close the rest, by their usual names, with those that may stand in for them. */
  readonly missing: readonly { readonly file_name: string; readonly or: readonly string[] }[];
}

export interface PlannedArc extends ArcInterval {
  readonly data: readonly ArcData[];
  readonly usable: boolean;
  readonly reason?: string;
}
