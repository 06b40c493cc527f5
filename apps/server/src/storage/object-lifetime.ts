import type { Bucket } from './object-store.js';

/**
 * Days after which objects go, by age. `temp` holds uploads, `processed-data` checkpoints that are computed again
 * when needed; raw data and products stay.
 */
export const OBJECT_LIFETIME_DAYS: Readonly<Partial<Record<Bucket, number>>> = {
  temp: 7,
  'processed-data': 90,
};
