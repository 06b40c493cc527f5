import { type Kysely, sql } from 'kysely';
import type { DatabaseSchema } from '../schema.js';

const KEYS = { aggregates: 1, maintenance: 2 } as const;

/** Key of an advisory lock; the upper half is "grav". */
export function lockKey(name: keyof typeof KEYS): number {
  return 0x67726176 * 2 ** 16 + KEYS[name];
}

/**
 * Runs `work` on one connection while no other process has the lock; returns `otherwise` at once when one has it.
 * Where only one process uses the database (`shared` false) there is nothing to lock.
 */
export async function withSessionLock<T>(
  kysely: Kysely<DatabaseSchema>,
  shared: boolean,
  name: keyof typeof KEYS,
  otherwise: T,
  work: (connection: Kysely<DatabaseSchema>) => Promise<T>,
): Promise<T> {
  if (!shared) return work(kysely);
  return kysely.connection().execute(async (connection) => {
    const key = sql.lit(lockKey(name));
    const { rows } = await sql<{ locked: boolean }>`select pg_try_advisory_lock(${key}) as locked`.execute(
      connection,
    );
    if (!rows[0].locked) return otherwise;
    try {
      return await work(connection);
    } finally {
      // a lost connection has lost the lock too
      await sql`select pg_advisory_unlock(${key})`.execute(connection).catch(() => undefined);
    }
  });
}
