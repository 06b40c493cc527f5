import type { DatabaseSchema } from '@gravity/server';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';

/** A PostgreSQL database without our adapter and without its migrations. */
export function bareKysely(connectionString: string): Kysely<DatabaseSchema> {
  return new Kysely<DatabaseSchema>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString, max: 2 }) }),
  });
}
