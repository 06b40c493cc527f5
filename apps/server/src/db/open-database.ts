import type { Database } from './database.js';
import type { DatabaseConfig, DatabaseOptions } from './database-options.js';
import { openPglite } from './pglite-database.js';
import { openPostgres } from './postgres-database.js';

export type { DatabaseConfig, DatabaseOptions } from './database-options.js';

/**
 * Opens the database and brings its schema up to date: the PostgreSQL server of `databaseUrl`, else the embedded
 * database in `dataDir`/db.
 *
 * @throws DatabaseUnavailableError 'locked' when another process has the folder, 'unreachable' when the server does
 * not answer within a minute
 */
export function openDatabase(config: DatabaseConfig, options: DatabaseOptions = {}): Promise<Database> {
  const { databaseUrl } = config;
  return databaseUrl === undefined
    ? openPglite(config, options)
    : openPostgres({ ...config, databaseUrl }, options);
}
