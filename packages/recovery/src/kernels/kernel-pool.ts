import { Worker } from 'node:worker_threads';
import type { KernelMemory } from './kernel-memory.js';
import type { KernelReply, KernelRequest, KernelStart } from './kernel-worker.js';
import { type PartialsTask, partialsOfPair } from './partials-task.js';

/** Fewer pairs than this are not worth waking anybody. */
const INLINE_PAIRS = 8;

/** Threads for the kernels, started when first needed; they keep the process alive only while they work. */
const workers: Worker[] = [];
/** Calls take turns: they share the threads. */
let last: Promise<unknown> = Promise.resolve();

/** Evaluates partials of all points of a task; results do not depend on the number of threads. */
export async function runPartials(memory: KernelMemory, task: PartialsTask, threads: number): Promise<void> {
  if (threads === 1 || task.pairs < INLINE_PAIRS) {
    for (let i = 0; i < task.pairs; i++) partialsOfPair(memory.kernels, memory.memory.buffer, task, i, 0);
    return;
  }
  const counter = new Int32Array(new SharedArrayBuffer(4));
  const turn = last.then(() =>
    Promise.all(
      takeWorkers(memory, threads).map((worker, thread) =>
        call(worker, { kind: 'partials', task, counter, thread }),
      ),
    ),
  );
  last = turn.catch(() => undefined);
  await turn;
}

function takeWorkers(memory: KernelMemory, count: number): readonly Worker[] {
  while (workers.length < count) {
    const workerData: KernelStart = { module: memory.module, memory: memory.memory };
    // Flags of the parent (loaders, inspectors) are not for the workers.
    const worker = new Worker(new URL('./kernel-worker.js', import.meta.url), { workerData, execArgv: [] });
    worker.setMaxListeners(0);
    worker.unref();
    workers.push(worker);
  }
  return workers.slice(0, count);
}

function call(worker: Worker, request: KernelRequest): Promise<KernelReply> {
  return new Promise((resolve, reject) => {
    const finish = (reply: KernelReply | undefined, failure?: Error): void => {
      worker.off('message', onMessage);
      worker.off('error', onError);
      worker.off('exit', onExit);
      worker.unref();
      if (reply) resolve(reply);
      else {
        // A thread that failed is not used again.
        const place = workers.indexOf(worker);
        if (place >= 0) workers.splice(place, 1);
        reject(failure);
      }
    };
    const onMessage = (reply: KernelReply): void => {
      if (reply.error === undefined) finish(reply);
      else finish(undefined, new Error(`kernel thread failed: ${reply.error}`));
    };
    const onError = (error: Error): void => finish(undefined, error);
    const onExit = (code: number): void =>
      finish(undefined, new Error(`kernel thread ended with code ${code}`));
    worker.on('message', onMessage);
    worker.on('error', onError);
    worker.on('exit', onExit);
    worker.ref();
    worker.postMessage(request);
  });
}
