/** The thread that holds PGlite. WebAssembly blocks this thread, never the event loop of the server. */
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { CopyDataExtractor } from './copy-data.js';
import { DurableNodeFS } from './durable-node-fs.js';
import type {
  SerializedError,
  WorkerOptions,
  WorkerReply,
  WorkerRequest,
  WorkerResult,
} from './pglite-protocol.js';

const COPY_OUT_CHUNK_BYTES = 256 * 1024;
const INT8_OID = 20;

const port = parentPort;
if (port === null) throw new Error('pglite-worker.js runs as a worker thread only');
const reply = (message: WorkerReply, transfer: readonly ArrayBuffer[] = []): void =>
  port.postMessage(message, transfer);

function serializeError(error: unknown): SerializedError {
  const source = error as Record<string, unknown>;
  const text = (key: string): string | undefined => {
    const value = source[key];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    message: error instanceof Error ? error.message : String(error),
    code: text('code'),
    detail: text('detail'),
    hint: text('hint'),
    schema: text('schema'),
    table: text('table'),
    column: text('column'),
    constraint: text('constraint'),
    where: text('where'),
    severity: text('severity'),
  };
}

async function open(options: WorkerOptions): Promise<PGlite> {
  // Identity columns are 64 bit: as text, like node-postgres does, so that no id is rounded.
  const parsers = { [INT8_OID]: (value: string) => value };
  if (options.folder === undefined) return PGlite.create({ parsers });
  // '-F' would turn fsync off. wal_sync_method: the only call of the three that reaches the file system layer.
  const startParams = PGlite.defaultStartParams.filter((parameter) => parameter !== '-F');
  return PGlite.create({
    fs: new DurableNodeFS(options.folder),
    parsers,
    relaxedDurability: false,
    startParams: [...startParams, '-c', 'wal_sync_method=fsync', '-c', 'timezone=UTC'],
  });
}

function simpleQueryMessage(sql: string): Uint8Array {
  const text = new TextEncoder().encode(sql);
  const message = new Uint8Array(6 + text.length);
  message[0] = 'Q'.charCodeAt(0);
  new DataView(message.buffer).setUint32(1, 5 + text.length);
  message.set(text, 5);
  return message;
}

async function copyOut(pg: PGlite, id: number, sql: string): Promise<WorkerResult> {
  const extractor = new CopyDataExtractor(COPY_OUT_CHUNK_BYTES, (data) =>
    reply({ kind: 'chunk', id, data }, [data.buffer]),
  );
  await pg.execProtocolRawStream(simpleQueryMessage(`COPY (${sql}) TO STDOUT`), {
    onRawData: (bytes) => extractor.push(bytes),
  });
  const rowCount = extractor.finish();
  return { rows: [], command: 'COPY', rowCount };
}

async function handle(pg: PGlite, request: WorkerRequest): Promise<WorkerResult> {
  switch (request.op) {
    case 'query': {
      const result = await pg.query(request.sql, [...request.parameters]);
      return { rows: result.rows, command: result.command, rowCount: result.rowCount };
    }
    case 'copyIn': {
      const result = await pg.query(request.sql, [], { blob: new Blob([request.data]) });
      return { rows: [], command: 'COPY', rowCount: result.rowCount ?? result.affectedRows };
    }
    case 'copyOut':
      return copyOut(pg, request.id, request.sql);
    case 'close':
      await pg.close();
      return { rows: [], command: undefined, rowCount: undefined };
  }
}

async function main(): Promise<void> {
  let pg: PGlite;
  try {
    pg = await open(workerData as WorkerOptions);
  } catch (error) {
    reply({ kind: 'startFailed', error: serializeError(error) });
    return;
  }
  let tail: Promise<void> = Promise.resolve();
  port?.on('message', (request: WorkerRequest) => {
    tail = tail.then(async () => {
      try {
        const result = await handle(pg, request);
        reply({ kind: 'done', id: request.id, result });
      } catch (error) {
        reply({ kind: 'failed', id: request.id, error: serializeError(error) });
      }
    });
  });
  reply({ kind: 'ready' });
}

await main();
