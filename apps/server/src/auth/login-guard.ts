import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Database } from '../db/database.js';

export interface LockoutSettings {
  /** Failures in a row that lock a name. */
  readonly failures: number;
  readonly minutes: number;
}

/**
 * Locks a name after too many failed logins in a row, wherever they came from. Kept in the database: a restart or
 * another process does not forget. Names nobody has are treated the same, so that a lock tells nothing.
 */
export interface LoginGuard {
  /** Seconds the name is still locked; 0 when it is not. */
  lockedFor(name: string): Promise<number>;
  failed(name: string): Promise<void>;
  succeeded(name: string): Promise<void>;
}

/** Failures further apart than this do not add up. */
const FORGET_HOURS = 24;

const hashOf = (name: string): string => createHash('sha256').update(name.toLowerCase()).digest('hex');

export function createLoginGuard(db: Database, { failures, minutes }: LockoutSettings): LoginGuard {
  const forget = sql`make_interval(hours => ${FORGET_HOURS}::integer)`;
  return {
    async lockedFor(name) {
      const row = await db.kysely
        .selectFrom('login_failures')
        .select(sql<number>`ceil(extract(epoch from locked_until - now()))::float8`.as('seconds'))
        .where('name_hash', '=', hashOf(name))
        .where('locked_until', '>', sql<Date>`now()`)
        .executeTakeFirst();
      return row === undefined ? 0 : Math.max(1, row.seconds);
    },
    async failed(name) {
      // One statement, so that failures at the same moment all count. A lock that ran out starts the count anew.
      const fresh = sql`login_failures.updated_at < now() - ${forget} or login_failures.locked_until <= now()`;
      const count = sql`case when ${fresh} then 1 else login_failures.failures + 1 end`;
      const until = (reached: ReturnType<typeof sql>) =>
        sql`case when ${reached} >= ${failures}::integer then now() + make_interval(mins => ${minutes}::integer) end`;
      await sql`
        insert into login_failures (name_hash, failures, locked_until)
        values (${hashOf(name)}, 1, ${until(sql`1`)})
        on conflict (name_hash) do update
          set failures = ${count}, locked_until = ${until(count)}, updated_at = now()`.execute(db.kysely);
    },
    async succeeded(name) {
      await db.kysely.deleteFrom('login_failures').where('name_hash', '=', hashOf(name)).execute();
      await sql`delete from login_failures where updated_at < now() - ${forget}
        and (locked_until is null or locked_until < now())`.execute(db.kysely);
    },
  };
}

/** Takes a lock away. Returns whether there was one, or failures on the way to it. */
export async function unlockLogin(db: Database, name: string): Promise<boolean> {
  const removed = await db.kysely
    .deleteFrom('login_failures')
    .where('name_hash', '=', hashOf(name))
    .returning('name_hash')
    .executeTakeFirst();
  return removed !== undefined;
}
