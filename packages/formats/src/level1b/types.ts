/** How the values of a column are stored. */
export type Level1bColumnKind =
  /** Float64Array in `numbers`. */
  | 'number'
  /** strings in `texts` */
  | 'text'
  /** Uint32Array in `bits`, bit 0 is the rightmost character */
  | 'bits'
  /** rest of the line, in `texts` */
  | 'rest'
  /** a group of numbers repeated as often as another column says, in `repeated` */
  | 'repeated';

export interface FlagMeaning {
  /** Lowest and highest bit the meaning stands for. */
  readonly firstBit: number;
  readonly lastBit: number;
  readonly meaning: string;
  /** False for bits the header calls not defined. */
  readonly defined: boolean;
}

export interface Level1bColumn {
  readonly name: string;
  readonly kind: Level1bColumnKind;
  /** As the header writes it, e.g. "m/s2", "0.1 db-Hz". */
  readonly unit?: string;
  readonly longName?: string;
  readonly comment?: string;
  /** Bit of prod_flag that says whether the value is in the record; absent for columns always there. */
  readonly productBit?: number;
  /** In the variable list, but no prod_flag bit announces it: never read. */
  readonly neverPresent?: boolean;
  readonly flagMeanings?: readonly FlagMeaning[];
  /** Allowed words of a text column. */
  readonly allowed?: readonly string[];
}

/** Clock of the time tags. Only `gps` tags are epochs in GPS time; the others await a clock correction. */
export type Level1bTimeScale = 'gps' | 'obc' | 'receiver' | 'lri' | 'unknown';

export interface Level1bHeader {
  readonly file: string;
  /** Five letters such as GNV1B, or undefined when neither name nor title tells. */
  readonly product?: string;
  /** `binary`: keyword header, then big-endian records (GRACE releases 02 and 03). */
  readonly style: 'yaml' | 'keyword' | 'binary';
  /** Satellite of the platform line (A to D, or Y for the pair). */
  readonly satellite?: string;
  /** What the header promises; not trustworthy. */
  readonly recordCount?: number;
  readonly globalAttributes: Readonly<Record<string, unknown>>;
  readonly nonStandardAttributes: Readonly<Record<string, unknown>>;
  readonly startGpsSeconds?: number;
  readonly stopGpsSeconds?: number;
  readonly timeScale: Level1bTimeScale;
  /** Seconds per unit of the fraction column, when there is one. */
  readonly fractionUnit?: number;
  readonly columns: readonly Level1bColumn[];
  /** Lines of the header, its end line included. */
  readonly lineCount: number;
  /** Contradictions found in the header that do not stop the reading. */
  readonly notes: readonly string[];
}

/** Up to `batchRows` records, column by column. The arrays belong to the receiver. */
export interface Level1bBatch {
  readonly count: number;
  /** Line of the first record; its number, from 1, in binary files. */
  readonly firstLine: number;
  /** Whole seconds of the time tag, past 2000-01-01T12:00:00 of the file's clock. */
  readonly wholeSeconds: Float64Array;
  /** Rest of the time tag, 0 ≤ fraction < 1. */
  readonly fractionSeconds: Float64Array;
  /** whole + fraction, rounded to a double. */
  readonly gpsSeconds: Float64Array;
  /** Values absent from a record (prod_flag bit not set) are NaN. */
  readonly numbers: Readonly<Record<string, Float64Array>>;
  readonly bits: Readonly<Record<string, Uint32Array>>;
  readonly texts: Readonly<Record<string, readonly string[]>>;
  /** Values of record i of a repeated group: values[offsets[i]·width … offsets[i+1]·width). */
  readonly repeated?: {
    readonly names: readonly string[];
    readonly values: Float64Array;
    readonly offsets: Int32Array;
  };
}

export interface Level1bFile {
  readonly header: Level1bHeader;
  /** The records; may be consumed once. Leaving the loop early closes the source. */
  readonly batches: AsyncIterable<Level1bBatch>;
}
