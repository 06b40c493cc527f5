import { parentPort, workerData } from 'node:worker_threads';
import { HarmonicEngine } from './harmonic-engine.js';
import type { HarmonicWork, Stage } from './harmonic-work.js';

export interface HarmonicWorkerStart {
  readonly module: WebAssembly.Module;
  /** Number of the next tile. */
  readonly next: Int32Array;
}

export interface HarmonicTask {
  readonly work: HarmonicWork;
  readonly stages: readonly { readonly stage: Stage; readonly tiles: number }[];
  readonly threads: number;
}

/** `error` is absent when all went well. */
export interface HarmonicReply {
  readonly error?: string;
}

if (parentPort) {
  const port = parentPort;
  const { module, next } = workerData as HarmonicWorkerStart;
  const engine = new HarmonicEngine(module);
  port.on('message', ({ work, stages, threads }: HarmonicTask) => {
    let reply: HarmonicReply = {};
    try {
      stages.forEach(({ stage, tiles }, k) => {
        for (let tile = Atomics.add(next, 2 * k, 1); tile < tiles; tile = Atomics.add(next, 2 * k, 1)) {
          engine.run(work, stage, tile);
        }
        // the next stage reads what all threads have written
        if (Atomics.add(next, 2 * k + 1, 1) === threads - 1) Atomics.notify(next, 2 * k + 1);
        for (let done = Atomics.load(next, 2 * k + 1); done < threads; done = Atomics.load(next, 2 * k + 1)) {
          Atomics.wait(next, 2 * k + 1, done, 1000);
        }
      });
    } catch (error) {
      reply = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
      // nobody waits for a thread that has failed
      stages.forEach((_, k) => {
        Atomics.store(next, 2 * k + 1, threads);
        Atomics.notify(next, 2 * k + 1);
      });
    }
    engine.release();
    port.postMessage(reply);
  });
}
