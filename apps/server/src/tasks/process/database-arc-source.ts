import type { TaskContext } from '../../jobs/task.js';
import type { ArcSource } from './arc-source.js';

/** Observations of the database. */
export function createDatabaseArcSource({ db }: TaskContext): ArcSource {
  void db;
  throw new Error('observations are not readable yet');
}
