import { parentPort, workerData } from 'node:worker_threads';
import { instantiateKernels } from './kernel-memory.js';
import { type PartialsTask, partialsOfPair } from './partials-task.js';

export interface KernelStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
}

export interface KernelRequest {
  readonly kind: 'partials';
  readonly task: PartialsTask;
  /** Next pair to be done. */
  readonly counter: Int32Array;
  readonly thread: number;
}

/** `error` is absent when all went well. */
export interface KernelReply {
  readonly error?: string;
}

if (parentPort) {
  const port = parentPort;
  const { module, memory } = workerData as KernelStart;
  const kernels = instantiateKernels(module, memory);
  port.on('message', ({ task, counter, thread }: KernelRequest) => {
    let reply: KernelReply = {};
    try {
      const { buffer } = memory;
      for (;;) {
        const pair = Atomics.add(counter, 0, 1);
        if (pair >= task.pairs) break;
        partialsOfPair(kernels, buffer, task, pair, thread);
      }
    } catch (error) {
      reply = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    port.postMessage(reply);
  });
}
