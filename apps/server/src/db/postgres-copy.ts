import { finished } from 'node:stream/promises';
import type pg from 'pg';
import { from, to } from 'pg-copy-streams';
import { connect, translate } from './postgres-pool.js';

const OUT_CHUNK_BYTES = 256 * 1024;

/**
 * node-postgres sets a timer for each statement and clears it in `callback`, which a copy stream never calls: the timer
 * would keep the process alive and end the connection's later work.
 */
function clearTimer(stream: object): void {
  if ('callback' in stream && typeof stream.callback === 'function') stream.callback(null);
}

/** One COPY … FROM STDIN of whole rows. Returns their number. */
export async function copyFromBlock(
  client: pg.PoolClient,
  statement: string,
  block: Uint8Array,
): Promise<number> {
  const stream = client.query(from(statement));
  stream.end(block);
  await finished(stream).finally(() => clearTimer(stream));
  return stream.rowCount ?? 0;
}

/**
 * Rows of a COPY … TO STDOUT as they come, in chunks of about 256 KiB. A slow reader holds the server back; one that
 * stops early ends the connection, for a COPY cannot be left halfway.
 */
export async function* copyToChunks(pool: pg.Pool, sql: string): AsyncGenerator<Uint8Array> {
  const client = await connect(pool);
  const stream = client.query(to(`COPY (${sql}) TO STDOUT`));
  let complete = false;
  try {
    let parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of stream as AsyncIterable<Uint8Array>) {
      parts.push(part);
      size += part.length;
      if (size < OUT_CHUNK_BYTES) continue;
      yield Buffer.concat(parts, size);
      parts = [];
      size = 0;
    }
    complete = true;
    if (size > 0) yield Buffer.concat(parts, size);
  } catch (error) {
    throw translate(error);
  } finally {
    clearTimer(stream);
    client.release(complete ? undefined : true);
  }
}
