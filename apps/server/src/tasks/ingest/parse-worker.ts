import { createReadStream } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { FormatError } from '@gravity/formats';
import { registerSatellites, type Satellite } from '../../missions.js';
import { parseLevel1bFile } from './parse-level1b.js';
import type { ParseOutcome, ParseRequest, ParserMessage } from './parse-protocol.js';
import { parseTableFile } from './parse-table.js';

/** The parsing thread: one staged file after the other becomes rows for COPY, numbers and a quality report. */
const port = parentPort;
if (!port) throw new Error('parse-worker runs as a worker thread only');
registerSatellites((workerData as { readonly satellites: readonly Satellite[] }).satellites);

const PROGRESS_MILLISECONDS = 200;

port.on('message', (request: ParseRequest) => {
  const post = (message: ParserMessage) => port.postMessage(message);
  parse(request, post).then(
    (outcome) => post({ id: request.id, outcome }),
    (error: unknown) =>
      post({
        id: request.id,
        failure: error instanceof Error ? (error.stack ?? error.message) : String(error),
        code: (error as NodeJS.ErrnoException).code,
      }),
  );
});

async function parse(request: ParseRequest, post: (message: ParserMessage) => void): Promise<ParseOutcome> {
  let bytes = 0;
  let reported = performance.now();
  const stream = createReadStream(request.path, { highWaterMark: 256 * 1024 });
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      yield chunk;
    }
  }
  const progress = (records: number) => {
    const now = performance.now();
    if (now - reported < PROGRESS_MILLISECONDS) return;
    reported = now;
    post({ id: request.id, progress: { bytes, records } });
  };
  try {
    return await (request.dataType === 'table'
      ? parseTableFile(request, counted(), progress)
      : parseLevel1bFile(request, counted(), progress));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const { code, message, file, line, field } = error;
    return { kind: 'fault', fault: { code, message, file, line, field } };
  } finally {
    stream.destroy();
  }
}
