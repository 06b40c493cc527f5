export interface SinexParameter {
  /** 1-based, as in the file. */
  readonly index: number;
  /** CN or SN for spherical harmonic coefficients, else as written. */
  readonly type: string;
  /** Columns CODE and SOLN; degree and order of CN and SN. */
  readonly code: string;
  readonly solution: string;
  readonly degree?: number;
  readonly order?: number;
  /** Reference epoch, MJD in the time system of the file; absent for 00:000:00000. */
  readonly epochMjd?: number;
  readonly unit: string;
  /** 0 fixed, 1 significant, 2 unconstrained. */
  readonly constraint: string;
}

export interface SinexStatistics {
  readonly observationCount?: number;
  readonly unknownCount?: number;
  readonly degreesOfFreedom?: number;
  /** lᵀPl, weighted square sum of observed minus computed. */
  readonly weightedSquareSum?: number;
  readonly varianceFactor?: number;
  /** Everything in the block, by name. */
  readonly entries: Readonly<Record<string, number>>;
}

export interface SinexHeader {
  readonly version: string;
  readonly agency: string;
  readonly dataAgency: string;
  readonly createdMjd?: number;
  readonly startMjd?: number;
  readonly endMjd?: number;
  /** C combined, P GNSS, … */
  readonly technique: string;
  readonly parameterCount: number;
  readonly constraint: string;
}

/** A system of normal equations N·x = b; vectors in the order of the parameters. */
export interface SinexNormals {
  readonly header: SinexHeader;
  /** FILE/REFERENCE, e.g. DESCRIPTION, SOFTWARE. */
  readonly reference: Readonly<Record<string, string>>;
  /** Lines of FILE/COMMENT; constants such as earth_gravity_constant often stand there. */
  readonly comments: readonly string[];
  readonly statistics: SinexStatistics;
  readonly parameters: readonly SinexParameter[];
  readonly estimate?: Float64Array;
  readonly estimateSigma?: Float64Array;
  readonly apriori?: Float64Array;
  readonly aprioriSigma?: Float64Array;
  readonly rightHandSide?: Float64Array;
  /** Upper triangle packed row by row (see `packedIndex`); absent when it was skipped or is not in the file. */
  readonly matrix?: Float64Array;
}
