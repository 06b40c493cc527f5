import { BASELINE_MEASUREMENTS } from '../../db/baseline-columns.js';

/** Columns of a record row in COPY order. */
export const OBSERVATION_COLUMNS = [
  'time',
  'gps_seconds',
  'satellite',
  'product',
  'file_id',
  'values',
  'labels',
  'quality_flag',
] as const;

export const BASELINE_COLUMNS = [
  'time',
  'gps_seconds',
  'pair',
  'product',
  'file_id',
  ...BASELINE_MEASUREMENTS,
  'quality_flag',
] as const;
