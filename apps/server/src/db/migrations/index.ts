import { type Kysely, type Migration, Migrator } from 'kysely';
import type { DatabaseSchema } from '../schema.js';
import * as initial from './0001-initial.js';
import * as queues from './0002-queues.js';
import * as timeSeries from './0003-time-series.js';
import * as security from './0004-security.js';
import * as jobs from './0005-jobs.js';

/** In the order of their names. A released migration is never changed; a new one is added. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-initial': initial,
  '0002-queues': queues,
  '0003-time-series': timeSeries,
  '0004-security': security,
  '0005-jobs': jobs,
};

/** Brings the schema to the newest version, all in one transaction. Returns the names applied. */
export async function migrateToLatest(db: Kysely<DatabaseSchema>): Promise<readonly string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) {
    const failed = results?.find((result) => result.status === 'Error')?.migrationName;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Database migration ${failed ?? ''} failed: ${reason}`, { cause: error });
  }
  return (results ?? []).map((result) => result.migrationName);
}
