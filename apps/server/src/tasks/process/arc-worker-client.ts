import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { ArcWorkerData, CallName, ToWorker, WorkerCalls, WorkerMessage } from './protocol.js';

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

/** A worker that does not hear the word to end in this time is computing in JavaScript and is terminated. */
const GRACE_MILLISECONDS = 1000;
/** For loading its modules, before which it hears nothing: ended meanwhile it would leave their files open for good. */
const LOADING_MILLISECONDS = 30_000;

/**
 * The worker thread of one process job, as seen from the event loop. When the signal is aborted, every open call is
 * rejected at once and the thread is ended together with its own threads.
 */
export class ArcWorkerClient {
  private readonly worker: Worker;
  private readonly exited: Promise<void>;
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  private failure: unknown;
  private stopped: Promise<void> | undefined;
  private heard: () => void = () => undefined;
  private loaded: () => void = () => undefined;
  private readonly hasLoaded: Promise<void>;

  constructor(
    data: ArcWorkerData,
    private readonly signal: AbortSignal,
  ) {
    signal.throwIfAborted();
    this.worker = new Worker(new URL('./arc-worker.js', import.meta.url), {
      workerData: data,
      name: 'gravity-arcs',
    });
    this.hasLoaded = new Promise((resolve) => {
      this.loaded = resolve;
    });
    this.exited = new Promise((resolve) => this.worker.once('exit', () => resolve()));
    this.worker.on('message', (message: WorkerMessage) => this.receive(message));
    this.worker.on('error', (error) => this.fail(error));
    this.worker.on('exit', (code) => this.fail(new Error(`the numerical worker ended with code ${code}`)));
    signal.addEventListener('abort', this.onAbort, { once: true });
  }

  private readonly onAbort = (): void => {
    this.fail(this.signal.reason);
    void this.stop();
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
      this.send({ id, call, payload }, options.transfer);
    });
  }

  /** Ends the thread and those it has started. Resolves when it is gone. */
  stop(): Promise<void> {
    this.stopped ??= this.end();
    return this.stopped;
  }

  private async end(): Promise<void> {
    this.signal.removeEventListener('abort', this.onAbort);
    await Promise.race([this.hasLoaded, this.exited, delay(LOADING_MILLISECONDS, undefined, { ref: false })]);
    const heard = new Promise<void>((resolve) => {
      this.heard = resolve;
    });
    this.send('stop');
    // Once it has heard it exits by itself, after the routine of the native library that may be at work.
    const late = delay(GRACE_MILLISECONDS, 'late', { ref: false });
    if ((await Promise.race([heard, this.exited, late])) === 'late') await this.worker.terminate();
    await this.exited;
  }

  private send(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.worker.postMessage(message, transfer);
  }

  private receive(message: WorkerMessage): void {
    if (message.kind === 'loaded') {
      this.loaded();
      return;
    }
    if (message.kind === 'stopping') {
      this.heard();
      return;
    }
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
