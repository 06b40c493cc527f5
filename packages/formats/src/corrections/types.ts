import type { TideSystem } from '@gravity/geodesy';

/** A replacement of C20 (and C30) for one month. Fully normalized coefficients without unit. */
export interface LowDegreeEntry {
  /** First day of the data, and the day after the last, MJD. */
  readonly startMjd: number;
  /** Absent in the older layout without it. */
  readonly endMjd?: number;
  readonly c20: number;
  readonly sigmaC20: number;
  readonly c30?: number;
  readonly sigmaC30?: number;
}

/** TN-11 or TN-14. */
export interface LowDegreeSeries {
  readonly title: string;
  readonly meanC20?: number;
  readonly meanC30?: number;
  /** m³/s² and m, when the file gives them. */
  readonly gm?: number;
  readonly radius?: number;
  /** Of C20; `unknown` when the file does not say. */
  readonly tideSystem: TideSystem;
  readonly entries: readonly LowDegreeEntry[];
}

/** Degree-1 coefficients of one month. */
export interface DegreeOneEntry {
  readonly startMjd: number;
  /** Day after the last. */
  readonly endMjd: number;
  readonly c10: number;
  readonly c11: number;
  readonly s11: number;
  readonly sigmaC10: number;
  readonly sigmaC11: number;
  readonly sigmaS11: number;
}

/** TN-13. */
export interface DegreeOneSeries {
  readonly title: string;
  /** The line that names the solutions it belongs to, e.g. "… RL0602 solutions." */
  readonly description: string;
  readonly entries: readonly DegreeOneEntry[];
}

/** Rates on a regular grid, laid out as the grids of @gravity/products. */
export interface GiaGrid {
  readonly header: Readonly<Record<string, string>>;
  /** From north to south. */
  readonly latitudeDegrees: Float64Array;
  readonly longitudeDegrees: Float64Array;
  /** Equivalent water height per year, m; latitude × longitude, NaN where there is none. */
  readonly ewhMetersPerYear: Float64Array;
}
