import type { ColumnType, Generated } from 'kysely';

/** Timestamps come back as Date and may be written as Date or ISO text. */
type Timestamp = ColumnType<Date, Date | string, Date | string>;

export type TimeSeriesTable = 'satellite_observations' | 'baseline_vectors' | 'audit_logs';

/** A series and hour (audit_logs: day) whose aggregate is older than its rows. */
export interface AggregateDirtyTable {
  id: Generated<string>;
  source: TimeSeriesTable;
  owner: Generated<string>;
  product: Generated<string>;
  bucket: Timestamp;
}

export interface TimeSeriesSettingsTable {
  name: 'audit_retention_days' | 'observation_retention_days' | 'compress_after_days';
  /** null: for ever, never. */
  days: number | null;
}

interface HourlyView {
  /** Start of the hour, UTC. */
  hour: Timestamp;
  product: string;
  records: string;
  first_gps_seconds: number;
  last_gps_seconds: number;
  /** Records with at least one bit set in quality_flag. */
  flagged: string;
  files: string;
}

/** Exact at any moment: see migration 0003. */
export interface ObservationHourlyView extends HourlyView {
  satellite: string;
}

export interface BaselineHourlyView extends HourlyView {
  pair: string;
  range_rate_mean: number | null;
  range_rate_std: number | null;
}

export interface RequestDailyView {
  /** UTC. */
  day: Timestamp;
  action: string;
  /** 2 for 200 … 299. */
  status_class: number;
  requests: string;
  duration_ms_mean: number;
  duration_ms_max: number;
}

/** By the day on which the jobs were accepted, UTC. */
export interface JobDailyView {
  day: Timestamp;
  type: string;
  status: string;
  jobs: string;
  seconds_mean: number | null;
  seconds_max: number | null;
  wait_seconds_mean: number | null;
}
