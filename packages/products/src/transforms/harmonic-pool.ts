import { Worker } from 'node:worker_threads';
import { HarmonicEngine } from './harmonic-engine.js';
import { loadHarmonicKernels } from './harmonic-kernels.js';
import { type HarmonicWork, stagesOf, tileCount } from './harmonic-work.js';
import type { HarmonicReply, HarmonicTask, HarmonicWorkerStart } from './harmonic-worker.js';

let module: WebAssembly.Module | undefined;
let engine: HarmonicEngine | undefined;

/** Does a work on the calling thread. */
export function runHarmonicWork(work: HarmonicWork): void {
  module ??= loadHarmonicKernels();
  engine ??= new HarmonicEngine(module);
  for (const stage of stagesOf(work)) {
    const tiles = tileCount(work, stage);
    for (let tile = 0; tile < tiles; tile++) engine.run(work, stage, tile);
  }
  engine.release();
}

/** Worker threads that share the tiles of one work at a time; arrays of the work lie on shared memory. */
export class HarmonicPool {
  readonly threads: number;
  readonly #next = new Int32Array(new SharedArrayBuffer(64));
  #workers: Worker[] = [];
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(threads: number) {
    if (!Number.isInteger(threads) || threads < 1)
      throw new RangeError(`threads must be a positive integer: ${threads}`);
    this.threads = threads;
  }

  /** Works are done one after the other. The result is the same to the bit for any number of threads. */
  run(work: HarmonicWork): Promise<void> {
    const done = this.#last.then(() => this.#run(work));
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #run(work: HarmonicWork): Promise<void> {
    if (this.#closed) throw new Error('the threads of the transforms are closed');
    if (this.threads === 1) {
      runHarmonicWork(work);
      return;
    }
    module ??= loadHarmonicKernels();
    while (this.#workers.length < this.threads) {
      const workerData: HarmonicWorkerStart = { module, next: this.#next };
      const worker = new Worker(new URL('./harmonic-worker.js', import.meta.url), {
        workerData,
        execArgv: [],
      });
      worker.unref();
      this.#workers.push(worker);
    }
    this.#next.fill(0);
    const stages = stagesOf(work).map((stage) => ({ stage, tiles: tileCount(work, stage) }));
    const task: HarmonicTask = { work, stages, threads: this.threads };
    try {
      await Promise.all(this.#workers.map((worker) => dispatch(worker, task)));
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const workers = this.#workers;
    this.#workers = [];
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function dispatch(worker: Worker, task: HarmonicTask): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (failure?: Error): void => {
      worker.off('message', onMessage);
      worker.off('error', finish);
      worker.off('exit', onExit);
      worker.unref();
      if (failure) reject(failure);
      else resolve();
    };
    const onMessage = ({ error }: HarmonicReply): void =>
      finish(error === undefined ? undefined : new Error(`harmonic transform failed: ${error}`));
    const onExit = (code: number): void => finish(new Error(`a transform thread ended with code ${code}`));
    worker.on('message', onMessage);
    worker.on('error', finish);
    worker.on('exit', onExit);
    worker.ref();
    worker.postMessage(task);
  });
}
