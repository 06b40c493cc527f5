import { Worker } from 'node:worker_threads';
import { pack } from './messages.js';
import { NEXT_TILE, type Operation, runTile, tileCount } from './operations.js';
import { TileEngine } from './tile-engine.js';
import type { WorkerReply, WorkerStart, WorkerTask } from './worker.js';

/** Below this many floating-point operations waking a thread costs more than it gives: done on the calling thread. */
export const INLINE_FLOPS = 4e6;

/**
 * Worker threads that take the tiles of one operation at a time from a shared counter. They start with the first
 * operation large enough, and keep the process alive only while they work.
 */
export class ThreadPool {
  private readonly threads: number;
  private readonly module: WebAssembly.Module;
  private readonly control = new Int32Array(new SharedArrayBuffer(64));
  private readonly engine: TileEngine;
  private workers: Worker[] = [];
  private failure: Error | undefined;

  constructor(module: WebAssembly.Module, threads: number) {
    this.module = module;
    this.threads = threads;
    this.engine = new TileEngine(module);
  }

  /** Runs all tiles; `inline` on the calling thread. Returns the control array, valid until the next run. */
  async run(operation: Operation, inline: boolean): Promise<Int32Array> {
    const { control } = this;
    const tiles = tileCount(operation);
    control.fill(0);
    if (inline) {
      for (let tile = 0; tile < tiles; tile++) runTile(this.engine, operation, tile, control);
      return control;
    }
    if (this.failure) throw this.failure;
    Atomics.store(control, NEXT_TILE, 0);
    this.start();
    const task: WorkerTask = { sent: pack(operation), tiles };
    await Promise.all(this.workers.slice(0, tiles).map((worker) => this.dispatch(worker, task)));
    return control;
  }

  async close(): Promise<void> {
    const { workers } = this;
    this.workers = [];
    this.failure ??= new Error('the thread pool is closed');
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  private start(): void {
    while (this.workers.length < this.threads) {
      const workerData: WorkerStart = { module: this.module, control: this.control };
      // Flags of the parent (loaders, inspectors) are not for the workers.
      const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData, execArgv: [] });
      worker.setMaxListeners(0);
      worker.unref();
      this.workers.push(worker);
    }
  }

  private dispatch(worker: Worker, task: WorkerTask): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (failure?: Error): void => {
        worker.off('message', onMessage);
        worker.off('error', onError);
        worker.off('exit', onExit);
        worker.unref();
        if (failure) {
          this.failure ??= failure;
          reject(failure);
        } else resolve();
      };
      const onMessage = ({ error }: WorkerReply): void =>
        finish(error === undefined ? undefined : new Error(`linear algebra worker failed: ${error}`));
      const onError = (error: Error): void => finish(error);
      const onExit = (code: number): void =>
        finish(new Error(`linear algebra worker ended with code ${code}`));
      worker.on('message', onMessage);
      worker.on('error', onError);
      worker.on('exit', onExit);
      worker.ref();
      worker.postMessage(task);
    });
  }
}
