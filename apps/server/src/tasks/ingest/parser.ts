import { Worker } from 'node:worker_threads';
import { registeredSatellites } from '../../missions.js';
import type { ParseOutcome, ParseRequest, ParserMessage } from './parse-protocol.js';

export interface Parser {
  /** Parses one staged file. Rejects when the thread dies or is closed. */
  parse(
    request: Omit<ParseRequest, 'id'>,
    progress: (bytes: number, records: number) => void,
  ): Promise<ParseOutcome>;
  /** Ends the thread at once. */
  close(): Promise<void>;
}

interface Pending {
  readonly resolve: (outcome: ParseOutcome) => void;
  readonly reject: (error: Error) => void;
  readonly progress: (bytes: number, records: number) => void;
}

/** A thread that parses files, so that numbers are never read on the event loop. */
export function createParser(): Parser {
  const worker = new Worker(new URL('./parse-worker.js', import.meta.url), {
    workerData: { satellites: registeredSatellites() },
  });
  const pending = new Map<number, Pending>();
  let nextId = 1;
  let ended: Error | undefined;
  const end = (error: Error) => {
    ended ??= error;
    for (const { reject } of pending.values()) reject(ended);
    pending.clear();
  };
  worker.on('message', (message: ParserMessage) => {
    const entry = pending.get(message.id);
    if (!entry) return;
    if ('progress' in message) {
      entry.progress(message.progress.bytes, message.progress.records);
      return;
    }
    pending.delete(message.id);
    if ('outcome' in message) entry.resolve(message.outcome);
    else {
      const error: NodeJS.ErrnoException = new Error(`parsing failed: ${message.failure}`);
      error.code = message.code;
      entry.reject(error);
    }
  });
  worker.on('error', (error) => end(error instanceof Error ? error : new Error(String(error))));
  worker.on('exit', (code) => end(new Error(`the parsing thread ended with code ${code}`)));
  return {
    parse: (request, progress) =>
      new Promise((resolve, reject) => {
        if (ended) {
          reject(ended);
          return;
        }
        const id = nextId++;
        pending.set(id, { resolve, reject, progress });
        worker.postMessage({ ...request, id });
      }),
    close: async () => {
      end(new Error('the parsing thread was closed'));
      await worker.terminate();
    },
  };
}
