import { parentPort, workerData } from 'node:worker_threads';
import { type SentOperation, unpack } from './messages.js';
import { NEXT_TILE, runTile } from './operations.js';
import { TileEngine } from './tile-engine.js';

export interface WorkerStart {
  readonly module: WebAssembly.Module;
  readonly control: Int32Array;
}

export interface WorkerTask {
  readonly sent: SentOperation;
  readonly tiles: number;
}

/** `error` is absent when all went well. */
export interface WorkerReply {
  readonly error?: string;
}

if (parentPort) {
  const port = parentPort;
  const { module, control } = workerData as WorkerStart;
  const engine = new TileEngine(module);
  port.on('message', ({ sent, tiles }: WorkerTask) => {
    let reply: WorkerReply = {};
    try {
      const operation = unpack(sent);
      for (;;) {
        const tile = Atomics.add(control, NEXT_TILE, 1);
        if (tile >= tiles) break;
        runTile(engine, operation, tile, control);
      }
    } catch (error) {
      reply = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    port.postMessage(reply);
  });
}
