import { CompiledQuery, type DatabaseConnection, type Kysely, type Transaction } from 'kysely';
import type { DatabaseSchema } from './schema.js';

/** Work on the connection a transaction holds. Returns the number of rows. */
export type ConnectionTask<C extends DatabaseConnection> = (connection: C) => Promise<number>;

const tasks = new WeakMap<CompiledQuery, ConnectionTask<DatabaseConnection>>();

/** The work that a statement object stands for; undefined for a statement that is one. */
export function connectionTask<C extends DatabaseConnection>(
  query: CompiledQuery,
): ConnectionTask<C> | undefined {
  return tasks.get(query) as ConnectionTask<C> | undefined;
}

/** Runs `task` on the connection that `executor` holds: the driver finds it by the statement object. */
export async function runOnConnection<C extends DatabaseConnection>(
  executor: Transaction<DatabaseSchema> | Kysely<DatabaseSchema>,
  task: ConnectionTask<C>,
): Promise<number> {
  const marker = CompiledQuery.raw('-- copy');
  tasks.set(marker, task as ConnectionTask<DatabaseConnection>);
  const result = await executor.executeQuery(marker);
  return Number(result.numAffectedRows ?? 0n);
}
