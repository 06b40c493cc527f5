import { createHash } from 'node:crypto';
import type { ServerConfig } from '../../config.js';
import { retryTransient } from '../../db/transient.js';
import { type ArcComputer, ArcRefusedError, type ArcWork } from '../../jobs/arcs/arc-computer.js';
import { type TaskContext, TaskError } from '../../jobs/task.js';
import type { ObjectStore } from '../../storage/object-store.js';
import { boundObjectStore } from '../../storage/open-object-store.js';
import type { ArcSource } from './arc-source.js';
import { type ArcPayload, type ArcResult, parseArcPayload, requirementsOf } from './arc-ticket.js';
import { ArcWorkerClient, ArcWorkerError } from './arc-worker-client.js';
import { createDatabaseArcSource } from './database-arc-source.js';
import { computeArc } from './local-arcs.js';
import { decodePassDescription, type PassDescription } from './pass-description.js';
import { readStored, writeStored } from './stored-bytes.js';
import { missingData, usableObservations } from './usable-arc.js';

export interface ArcComputerOptions extends Pick<TaskContext, 'db' | 'objects'> {
  readonly config: Pick<ServerConfig, 'linearAlgebraBackend' | 'threads'>;
  readonly engineModule?: string;
  readonly arcSource?: (context: Pick<TaskContext, 'db'>) => ArcSource;
  /** A thread without work ends after this time and gives its memory back. */
  readonly idleMs?: number;
}

interface Session {
  readonly key: string;
  readonly worker: ArcWorkerClient;
  readonly abort: AbortController;
  /** The pass whose setup the worker has. */
  passKey?: string;
}

const IDLE_MS = 60_000;
/** A database that is started again is away for seconds: half a minute of tries. */
const DATABASE_TRIES = 12;

/** Computes arcs of any process job with this process's threads, if it gets the bits that are asked for. */
export function createArcComputer(options: ArcComputerOptions): ArcComputer {
  const { db, objects, config } = options;
  const engineModule = options.engineModule ?? '@gravity/recovery';
  const source = (options.arcSource ?? createDatabaseArcSource)({ db });
  let session: Session | undefined;
  let description: (PassDescription & { readonly key: string }) | undefined;
  let idle: NodeJS.Timeout | undefined;

  async function end(): Promise<void> {
    clearTimeout(idle);
    const ended = session;
    session = undefined;
    description = undefined;
    await ended?.worker.stop();
  }

  /** The thread of the last arc when it fits, else a new one. */
  async function openSession(payload: ArcPayload): Promise<Session> {
    const { requires, backend } = payload;
    // Any number gives the same bits with WebAssembly.
    const threads = Math.max(1, backend === 'wasm' ? config.threads : payload.threads);
    refuse(payload, config);
    if (session?.key === requires) return session;
    await end();
    const abort = new AbortController();
    const worker = new ArcWorkerClient({ engineModule, backend, threads }, abort.signal);
    session = { key: requires, worker, abort };
    let own: string;
    try {
      own = requirementsOf(await worker.call('open', {}));
    } catch (error) {
      await end();
      const missing = error instanceof ArcWorkerError && backend === 'openblas';
      throw missing ? new ArcRefusedError(requires, `asked for ${requires}: ${error.message}`) : error;
    }
    if (own === requires) return session;
    await end();
    throw new ArcRefusedError(requires, `asked for ${requires}, this process has ${own}`);
  }

  async function describe(
    { passKey, passSha256 }: ArcPayload,
    objects: ObjectStore,
  ): Promise<PassDescription> {
    if (description?.key === passKey) return description;
    const bytes = await readStored({ objects }, passKey);
    if (!bytes) throw new Error(`the description of the pass, ${passKey}, is not there`);
    if (createHash('sha256').update(bytes).digest('hex') !== passSha256) {
      throw new Error(`the description of the pass, ${passKey}, has changed`);
    }
    description = { ...decodePassDescription(bytes), key: passKey };
    return description;
  }

  async function computeIn(
    opened: Session,
    work: ArcWork,
    payload: ArcPayload,
    signal: AbortSignal,
    onProgress: (fraction: number, message: string) => void,
  ): Promise<ArcResult> {
    const { worker } = opened;
    const store = boundObjectStore(objects, { signal });
    const { setup, target, request, work: stage } = await describe(payload, store);
    const { startGpsSeconds, endGpsSeconds, passKey, index } = payload;
    onProgress(0, 'loading observations');
    const loaded = await retryTransient(
      () => source.load({ startGpsSeconds, endGpsSeconds }, target, request),
      { tries: DATABASE_TRIES, signal },
    );
    const { excluded, usedFiles } = loaded;
    const reason = missingData(loaded, target.satellites, request.observations);
    if (reason !== undefined) return { kind: 'skipped', reason, excluded, usedFiles: [] };
    if (opened.passKey !== passKey) {
      const { evaluation } = stage;
      await worker.call('beginStage', { setup, sum: false, ...(evaluation && { evaluation }) });
      opened.passKey = passKey;
    }
    if (await isStored(worker, work, store)) return { kind: 'restored', excluded, usedFiles };
    const observations = usableObservations(loaded, payload.last);
    const task = {
      arc: observations,
      inputs: work.inputsHash,
      model: stage.models[index],
      checkpoint: true,
    };
    const computed = await computeArc({ worker }, task, onProgress);
    if ('reason' in computed) return { kind: 'skipped', reason: computed.reason, excluded, usedFiles: [] };
    const { checkpoint } = computed;
    if (!checkpoint) throw new Error('the arc came without its checkpoint');
    await writeStored({ objects: store }, work.checkpointKey, checkpoint);
    return { kind: 'computed', excluded, usedFiles };
  }

  /** Left by an attempt that died before it could say so, or by another job of the same recipe. */
  async function isStored(worker: ArcWorkerClient, work: ArcWork, objects: ObjectStore): Promise<boolean> {
    const bytes = await readStored({ objects }, work.checkpointKey);
    if (!bytes) return false;
    const answer = await worker.call(
      'restore',
      { bytes, inputs: work.inputsHash },
      { transfer: [bytes.buffer as ArrayBuffer] },
    );
    return answer.part !== undefined;
  }

  return {
    async compute(work, signal, onProgress) {
      clearTimeout(idle);
      const payload = parseArcPayload(work.payload);
      const opened = await openSession(payload);
      const onAbort = (): void => opened.abort.abort(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        signal.throwIfAborted();
        const result = await computeIn(opened, work, payload, signal, onProgress);
        return { ...result };
      } catch (error) {
        // Its thread is ended or in a state that no one knows.
        await end();
        signal.throwIfAborted();
        throw lasting(error);
      } finally {
        signal.removeEventListener('abort', onAbort);
        idle = setTimeout(() => void end(), options.idleMs ?? IDLE_MS);
        idle.unref();
      }
    },
    close: end,
  };
}

/** What needs no thread to be known. */
function refuse({ requires, backend, threads }: ArcPayload, config: ArcComputerOptions['config']): void {
  if (backend === 'openblas' && config.linearAlgebraBackend === 'wasm') {
    throw new ArcRefusedError(requires, `asked for ${requires}, this process computes with WebAssembly only`);
  }
  // The number of OpenBLAS's threads belongs to the whole process: others would get it too.
  if (backend === 'openblas' && threads !== config.threads) {
    throw new ArcRefusedError(
      requires,
      `asked for ${requires}, this process has ${config.threads} threads; the same GRAVITY_THREADS is needed on all machines, or GRAVITY_LINEAR_ALGEBRA=wasm`,
    );
  }
}

/** Settings that make no sense do so on every machine. */
function lasting(error: unknown): unknown {
  return error instanceof ArcWorkerError && error.originalName === 'RangeError'
    ? new TaskError('processing_failed', error.message)
    : error;
}
