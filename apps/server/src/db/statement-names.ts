import { createHash } from 'node:crypto';
import type pg from 'pg';

/** Statements a server keeps for one connection. */
const MAX_STATEMENTS = 200;
/** Long lists of parameters have as many texts as lengths: they would push out the rest. */
const MAX_PARAMETERS = 64;
const MAX_SQL_LENGTH = 8000;

/**
 * Tables of many partitions: after a few runs the server would plan a prepared statement for any value, which opens and
 * locks all of them.
 */
const PARTITIONED = /\b(satellite_observations|baseline_vectors)\b/;
const PREPARABLE = /^\s*(select|insert|update|delete|with|merge)\b/i;
const names = new Map<string, string>();

/** Name of a prepared statement; undefined for what is better not prepared. */
export function statementName(sql: string, parameters: number): string | undefined {
  if (parameters > MAX_PARAMETERS || sql.length > MAX_SQL_LENGTH) return undefined;
  // several statements in one text cannot be prepared; a semicolon in a literal costs nothing but the name
  if (!PREPARABLE.test(sql) || sql.includes(';') || PARTITIONED.test(sql)) return undefined;
  let name = names.get(sql);
  if (name === undefined) {
    if (names.size >= 5000) names.clear();
    name = `g_${createHash('sha256').update(sql).digest('hex').slice(0, 20)}`;
    names.set(sql, name);
  }
  return name;
}

interface ClientInternals {
  readonly connection?: { readonly parsedStatements?: Record<string, string> };
}

/** Statements prepared on one connection, the ones used longest ago first. */
export class PreparedStatements {
  readonly #used = new Set<string>();

  constructor(private readonly client: pg.PoolClient) {}

  get size(): number {
    return this.#used.size;
  }

  /** Notes the use of a name; makes room on the server for a new one. */
  async use(name: string): Promise<void> {
    if (this.#used.delete(name)) {
      this.#used.add(name);
      return;
    }
    if (this.#used.size >= MAX_STATEMENTS) {
      const [oldest] = this.#used;
      await this.forget(oldest);
    }
    this.#used.add(name);
  }

  /** node-postgres remembers what it has prepared by name: both have to forget. */
  async forget(name: string): Promise<void> {
    const known = (this.client as unknown as ClientInternals).connection?.parsedStatements;
    if (known?.[name] !== undefined) {
      await this.client.query(`deallocate "${name}"`);
      delete known[name];
    }
    this.#used.delete(name);
  }
}
