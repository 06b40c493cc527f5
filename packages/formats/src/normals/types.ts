import type { TideSystem } from '@gravity/geodesy';

export interface NormalsParameter {
  /** CN or SN (fully normalized coefficients), or the name of another kind, e.g. accelerometerBias. */
  readonly type: string;
  readonly degree?: number;
  readonly order?: number;
  readonly satellite?: string;
  /** Identifier of the arc of a parameter that belongs to one. */
  readonly arc?: string;
  /** x, y, z, along … for parameters that have an axis. */
  readonly axis?: string;
  readonly unit?: string;
  readonly startGpsSeconds?: number;
  readonly endGpsSeconds?: number;
}

/** The field to which the estimated coefficients are corrections. */
export interface NormalsReference {
  readonly name: string;
  /** m³/s² and m: the coefficients of the system refer to them. */
  readonly gm: number;
  readonly radius: number;
  readonly maxDegree: number;
  readonly tideSystem: TideSystem;
  /** SHA-256 of its file, hexadecimal. */
  readonly sha256?: string;
}

export interface NormalsHeader {
  readonly parameters: readonly NormalsParameter[];
  readonly observationCount: number;
  /** Parameters eliminated before, such as initial states of the arcs. */
  readonly eliminatedParameterCount: number;
  /** lᵀPl, reduced by what was eliminated. */
  readonly weightedSquareSum: number;
  readonly startGpsSeconds: number;
  readonly endGpsSeconds: number;
  readonly reference?: NormalsReference;
  /** Program and version that made it. */
  readonly producer: string;
  /** Anything more, for people and provenance. */
  readonly notes?: Readonly<Record<string, string>>;
}

/** A row of the upper triangle: elements (row, row) to (row, n−1). */
export interface NormalsRow {
  /** 0-based. */
  readonly row: number;
  readonly values: Float64Array;
}

export interface NormalsFile {
  readonly header: NormalsHeader;
  readonly rightHandSide: Float64Array;
  /** Values of the reference field for the parameters, when the file holds them. */
  readonly apriori?: Float64Array;
  /**
   * Rows in order, once. The checksum is tested after the last one: until the loop has ended without an error,
   * what was read is not to be trusted.
   */
  readonly rows: AsyncIterable<NormalsRow>;
}
