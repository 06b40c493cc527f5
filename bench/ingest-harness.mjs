// What the ingest bench needs of a server: database, object store, a user, and jobs run in this process.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { ingestTask, loadConfig, openDatabase, openObjectStore } from '@gravity/server';
import { sql } from 'kysely';
import { startPostgres } from './postgres-server.mjs';

/** @param kind 'pglite' or 'postgresql' */
export async function openIngest(kind, sources) {
  const folder = mkdtempSync(join(os.tmpdir(), 'gravity-bench-'));
  const postgres =
    kind === 'postgresql'
      ? await startPostgres(['shared_buffers=1GB', 'max_wal_size=4GB', 'max_locks_per_transaction=1024'])
      : undefined;
  const config = loadConfig(
    {},
    { dataDir: join(folder, 'data'), fileSources: sources, ...(postgres && { databaseUrl: postgres.url }) },
  );
  const db = await openDatabase(config);
  const objects = await openObjectStore(config);
  const userId = randomUUID();
  await db.kysely
    .insertInto('users')
    .values({
      id: userId,
      username: 'bench',
      email: 'bench@example.org',
      password_hash: 'x',
      role: 'operator',
    })
    .execute();
  return {
    db,
    /** One ingest job. Returns its result and the seconds until the last row was committed and until the end. */
    async run(source) {
      const jobId = randomUUID();
      const parameters = { data_source: `file:${source}`, data_type: 'l1b', validate_data: true };
      await db.kysely
        .insertInto('processing_jobs')
        .values({
          id: jobId,
          user_id: userId,
          type: 'ingest',
          status: 'pending',
          attempt: 1,
          parameters: JSON.stringify(parameters),
          updated_at: new Date(),
        })
        .execute();
      let result;
      const started = performance.now();
      let peak = 0;
      const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 50);
      await ingestTask({
        jobId,
        userId,
        attempt: 1,
        parameters,
        signal: new AbortController().signal,
        config,
        db,
        objects,
        progress() {},
        log(level, message) {
          if (level === 'error') console.error(message);
        },
        finalize: async (write) => {
          result = await db.kysely.transaction().execute(write);
        },
      });
      clearInterval(timer);
      return { result, seconds: (performance.now() - started) / 1000, peakBytes: peak };
    },
    async clear() {
      await sql`truncate satellite_observations, baseline_vectors, ingested_files, provenance_edges, aggregate_dirty,
        observation_hourly_data, baseline_hourly_data`.execute(db.kysely);
      for await (const { key } of objects.list('raw-data', '')) await objects.delete('raw-data', key);
      await sql`checkpoint`.execute(db.kysely);
    },
    async close() {
      await db.close();
      postgres?.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
