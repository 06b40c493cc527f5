export type TableKind = 'orbit' | 'ranging' | 'accelerometer' | 'attitude';
export type TableFrame = 'inertial' | 'terrestrial';
export type TableTimeScale = 'GPS' | 'TAI' | 'TT' | 'UTC';
export type TableEpochFormat =
  /** seconds past 2000-01-01T12:00:00 of the time scale */
  | 'gps_seconds'
  /** one column: Modified Julian Date with its fraction */
  | 'mjd'
  /** two columns: whole MJD and seconds since 0h */
  | 'mjd+seconds'
  /** 2023-06-01T00:00:05.5 (with or without Z); "date time" in two columns is read as well */
  | 'iso'
  /** year plus its elapsed fraction; good to a few milliseconds only */
  | 'decimal_year';

export interface TableReadOptions {
  readonly file: string;
  readonly kind?: TableKind;
  /** Names of the columns in order, for files without a header row; unknown names are passed over. */
  readonly columns?: readonly string[];
  readonly epochFormat?: TableEpochFormat;
  readonly timeScale?: TableTimeScale;
  readonly frame?: TableFrame;
  readonly satellite?: string;
}

interface TableBase {
  readonly file: string;
  readonly satellite?: string;
  /** `# key: value` lines of the file, keys in lower case. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly count: number;
  /** Whole GPS seconds past 2000-01-01T12:00:00 GPS and the rest (0 ≤ fraction < 1). */
  readonly wholeSeconds: Float64Array;
  readonly fractionSeconds: Float64Array;
  /** Their sum, rounded to a double. */
  readonly gpsSeconds: Float64Array;
  readonly notes: readonly string[];
}

export interface OrbitTable extends TableBase {
  readonly kind: 'orbit';
  readonly frame: TableFrame;
  /** x y z per epoch, m. */
  readonly position: Float64Array;
  /** x y z per epoch, m/s. */
  /** Zeros where the table has positions only. */
  readonly velocity: Float64Array;
}

export interface RangingTable extends TableBase {
  readonly kind: 'ranging';
  /** m */
  readonly range?: Float64Array;
  /** m/s */
  readonly rangeRate: Float64Array;
  /** m/s² */
  readonly rangeAcceleration?: Float64Array;
}

export interface AccelerometerTable extends TableBase {
  readonly kind: 'accelerometer';
  /** x y z per epoch, m/s². */
  readonly acceleration: Float64Array;
}

export interface AttitudeTable extends TableBase {
  readonly kind: 'attitude';
  /** scalar first: w x y z per epoch */
  readonly quaternion: Float64Array;
}

export type EpochTable = OrbitTable | RangingTable | AccelerometerTable | AttitudeTable;
