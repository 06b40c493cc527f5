import { Worker } from 'node:worker_threads';
import type { ArcWorkerData, CallName, WorkerCalls, WorkerMessage, WorkerRequest } from './protocol.js';

/** An error thrown inside the worker, with its name and its own stack. */
export class ArcWorkerError extends Error {
  override readonly name = 'ArcWorkerError';
  constructor(
    readonly originalName: string,
    message: string,
    readonly code?: string,
    readonly workerStack?: string,
  ) {
    super(message);
  }
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  readonly onProgress?: (fraction: number, message: string) => void;
}

/** Time for the worker to end by itself after an abort, before it is stopped from outside. */
const GRACE_MILLISECONDS = 1000;

/**
 * The worker thread of one process job, as seen from the event loop. When the signal is aborted every open call is
 * rejected at once, the worker is told, and after a grace time it is terminated together with its own threads.
 */
export class ArcWorkerClient {
  private readonly worker: Worker;
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  private failure: unknown;
  private stopped: Promise<unknown> | undefined;

  constructor(
    data: ArcWorkerData,
    private readonly signal: AbortSignal,
  ) {
    signal.throwIfAborted();
    this.worker = new Worker(new URL('./arc-worker.js', import.meta.url), {
      workerData: data,
      name: 'gravity-arcs',
    });
    this.worker.on('message', (message: WorkerMessage) => this.receive(message));
    this.worker.on('error', (error) => this.fail(error));
    this.worker.on('exit', (code) => this.fail(new Error(`the numerical worker ended with code ${code}`)));
    signal.addEventListener('abort', this.onAbort, { once: true });
  }

  private readonly onAbort = (): void => {
    this.fail(this.signal.reason);
    this.worker.postMessage('abort');
    // Not unref'd: the computation must end even when nothing else keeps the process busy.
    setTimeout(() => void this.stop(), GRACE_MILLISECONDS);
  };

  /** @throws the worker's error as ArcWorkerError, or the abort reason */
  call<Name extends CallName>(
    call: Name,
    payload: WorkerCalls[Name]['request'],
    options: {
      readonly onProgress?: (fraction: number, message: string) => void;
      readonly transfer?: ArrayBuffer[];
    } = {},
  ): Promise<WorkerCalls[Name]['answer']> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, {
        resolve: (value) => resolve(value as WorkerCalls[Name]['answer']),
        reject,
        onProgress: options.onProgress,
      });
      this.worker.postMessage({ id, call, payload } satisfies WorkerRequest, options.transfer ?? []);
    });
  }

  /** Ends the thread and those it has started. Resolves when it is gone. */
  stop(): Promise<unknown> {
    this.signal.removeEventListener('abort', this.onAbort);
    this.stopped ??= this.worker.terminate();
    return this.stopped;
  }

  private receive(message: WorkerMessage): void {
    const entry = this.pending.get(message.id);
    if (!entry) return;
    if (message.kind === 'progress') {
      entry.onProgress?.(message.fraction, message.message);
      return;
    }
    this.pending.delete(message.id);
    if (message.kind === 'answer') entry.resolve(message.payload);
    else entry.reject(new ArcWorkerError(message.name, message.message, message.code, message.stack));
  }

  private fail(error: unknown): void {
    this.failure ??= error;
    for (const entry of this.pending.values()) entry.reject(this.failure);
    this.pending.clear();
  }
}
