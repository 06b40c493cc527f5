import { Worker } from 'node:worker_threads';
import { DatabaseError, DatabaseUnavailableError } from './database-error.js';
import type { WorkerOptions, WorkerReply, WorkerRequest, WorkerResult } from './pglite-protocol.js';

type RequestBody = WorkerRequest extends infer R ? (R extends { id: number } ? Omit<R, 'id'> : never) : never;

interface Pending {
  readonly resolve: (result: WorkerResult) => void;
  readonly reject: (error: Error) => void;
  readonly onChunk: ((data: Uint8Array) => void) | undefined;
  readonly timer: NodeJS.Timeout | undefined;
}

/**
 * The one PostgreSQL session, in its thread. A statement cannot be interrupted inside WebAssembly: when it
 * exceeds its time, or when the thread dies, the thread is ended and a new one opens the folder again, where
 * PostgreSQL recovers from its log. `generation` grows then: an open transaction is gone.
 */
export class PgliteSession {
  generation = 0;
  private worker: Worker | undefined;
  private starting: Promise<void> | undefined;
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  private closed = false;

  constructor(
    private readonly options: WorkerOptions,
    private readonly statementTimeoutMs: number,
    private readonly onRestart: (reason: Error) => void,
  ) {}

  async start(): Promise<void> {
    if (this.closed) throw new DatabaseUnavailableError('closed', 'The database is closed');
    if (this.worker) return;
    this.starting ??= this.spawn().finally(() => {
      this.starting = undefined;
    });
    await this.starting;
  }

  /** One request to the thread. Only the holder of the lease may call it. */
  async request(
    body: RequestBody,
    transfer: readonly ArrayBuffer[] = [],
    onChunk?: (data: Uint8Array) => void,
  ): Promise<WorkerResult> {
    await this.start();
    const id = this.nextId++;
    return new Promise<WorkerResult>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.abandon(
          new DatabaseUnavailableError(
            'timeout',
            `A statement ran longer than ${this.statementTimeoutMs / 1000} s`,
          ),
        );
      }, this.statementTimeoutMs);
      timer.unref();
      this.pending.set(id, { resolve, reject, onChunk, timer });
      this.worker?.postMessage({ id, ...body } as WorkerRequest, transfer);
    });
  }

  /** Throws when there is no thread to answer. */
  assertAlive(): void {
    if (this.worker || this.starting) return;
    throw new DatabaseUnavailableError(this.closed ? 'closed' : 'crashed', 'The database is not running');
  }

  async close(): Promise<void> {
    if (this.closed) return;
    try {
      if (this.starting) await this.starting;
      if (this.worker) await this.request({ op: 'close' });
    } finally {
      this.closed = true;
      const worker = this.worker;
      this.worker = undefined;
      await worker?.terminate();
    }
  }

  private spawn(): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL('./pglite-worker.js', import.meta.url), {
        workerData: this.options,
        execArgv: [],
      });
      worker.on('message', (message: WorkerReply) => {
        if (message.kind === 'ready') {
          this.worker = worker;
          this.generation += 1;
          resolve();
        } else if (message.kind === 'startFailed') {
          reject(new DatabaseError(message.error));
          void worker.terminate();
        } else {
          this.receive(message);
        }
      });
      worker.on('error', (error) => {
        reject(error);
        this.lost(worker, error instanceof Error ? error : new Error(String(error)));
      });
      worker.on('exit', (code) => {
        const error = new DatabaseUnavailableError('crashed', `The database thread ended with code ${code}`);
        reject(error);
        this.lost(worker, error);
      });
    });
  }

  private receive(message: Exclude<WorkerReply, { kind: 'ready' | 'startFailed' }>): void {
    const entry = this.pending.get(message.id);
    if (!entry) return;
    if (message.kind === 'chunk') {
      entry.onChunk?.(message.data);
      return;
    }
    this.pending.delete(message.id);
    clearTimeout(entry.timer);
    if (message.kind === 'done') entry.resolve(message.result);
    else entry.reject(new DatabaseError(message.error));
  }

  private abandon(error: Error): void {
    const worker = this.worker;
    if (!worker) return;
    this.lost(worker, error);
    void worker.terminate();
  }

  private lost(worker: Worker, error: Error): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    for (const entry of this.pending.values()) {
      clearTimeout(entry.timer);
      entry.reject(error);
    }
    this.pending.clear();
    if (!this.closed) this.onRestart(error);
  }
}
