export interface QualityOptions {
  /** Interval asked for, GPS seconds, stop excluded. */
  readonly interval?: { readonly startGpsSeconds: number; readonly stopGpsSeconds: number };
  /** Length of the list of gaps; 100 by default. */
  readonly maxGaps?: number;
}

export type Severity = 'info' | 'warning' | 'error';

export interface QualityIssue {
  readonly severity: Severity;
  readonly code:
    | 'header_note'
    | 'record_count'
    | 'no_records'
    | 'time_order'
    | 'duplicate_epoch'
    | 'gap'
    | 'outside_interval'
    | 'not_finite'
    | 'out_of_range'
    | 'satellite_mismatch'
    | 'frame_mismatch'
    | 'date_mismatch';
  readonly message: string;
  readonly count: number;
  /** Column or quantity concerned. */
  readonly field?: string;
  /** First line where it happens (blank lines within the records are not counted). */
  readonly firstLine?: number;
}

export interface QualityGap {
  /** Last epoch before and first after the gap. */
  readonly afterGpsSeconds: number;
  readonly beforeGpsSeconds: number;
  readonly missingRecords: number;
}

/** Everything found about one file; plain JSON. */
export interface QualityReport {
  readonly file: string;
  readonly product?: string;
  /** Worst severity of the issues. */
  readonly severity: Severity;
  readonly recordCount: number;
  readonly headerRecordCount?: number;
  readonly firstGpsSeconds?: number;
  readonly lastGpsSeconds?: number;
  readonly satellites: readonly string[];
  readonly nominalStepSeconds?: number;
  readonly gaps: {
    readonly count: number;
    readonly missingRecords: number;
    readonly totalSeconds: number;
    /** The first ones only. */
    readonly list: readonly QualityGap[];
  };
  readonly duplicateEpochs: number;
  readonly outsideInterval: number;
  /** Share of the expected records that lie in the requested interval, when interval and sampling are known. */
  readonly completeness?: number;
  readonly flags: readonly {
    readonly column: string;
    readonly bit: number;
    readonly meaning: string;
    readonly count: number;
  }[];
  readonly statistics: Readonly<
    Record<string, { readonly minimum: number; readonly maximum: number; readonly mean: number }>
  >;
  readonly issues: readonly QualityIssue[];
}
