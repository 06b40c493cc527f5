/** What baseline_vectors holds of a record beside its epoch, owner, file and quality flag. */
export const BASELINE_MEASUREMENTS = [
  'biased_range',
  'range_rate',
  'range_acceleration',
  'ionosphere_correction',
  'light_time_range',
  'light_time_rate',
  'light_time_acceleration',
  'antenna_range',
  'antenna_rate',
  'antenna_acceleration',
  'snr',
] as const;
