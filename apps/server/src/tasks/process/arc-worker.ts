import { parentPort, workerData } from 'node:worker_threads';
import { createLinearAlgebra, type LinearAlgebra } from '@gravity/linalg';
import type { ArcNormals, RecoverySetup, RegularizedSolution, TotalNormals } from '@gravity/recovery';
import type { EvaluationSpec } from './arc-work.js';
import { CheckpointError, decodeCheckpoint, encodeCheckpoint } from './checkpoint.js';
import type { RecoveryEngine } from './engine.js';
import { decodeEvaluation, encodeEvaluation } from './evaluation-checkpoint.js';
import { makeOrbitFiles } from './orbits/orbit-files.js';
import { makeProducts } from './products/index.js';
import type { SolvedNormals } from './products/normals.js';
import type {
  ArcWorkerData,
  CallName,
  ToWorker,
  WorkerCalls,
  WorkerMessage,
  WorkerRequest,
} from './protocol.js';
import { decodeSum, encodeSum } from './sum-checkpoint.js';
import type { ArcSummary } from './summary.js';

/** The thread in which all numbers of a process job are computed: arcs, sum, solution, products. */
const port = parentPort;
if (!port) throw new Error('arc-worker runs as a worker thread');
const data = workerData as ArcWorkerData;
const abort = new AbortController();

type Progress = (fraction: number, message: string) => void;
type Handlers = {
  [Name in CallName]: (
    request: WorkerCalls[Name]['request'],
    progress: Progress,
  ) => Promise<WorkerCalls[Name]['answer']>;
};

interface Session {
  readonly engine: RecoveryEngine;
  readonly la: LinearAlgebra;
}
let session: Session | undefined;
let opening: Promise<Session> | undefined;

async function openSession(): Promise<Session> {
  const engine = (await import(data.engineModule)) as RecoveryEngine;
  const la = await createLinearAlgebra({ backend: data.backend, threads: data.threads });
  session = { engine, la };
  return session;
}

interface Stage {
  readonly setup: RecoverySetup;
  readonly normals?: TotalNormals;
  readonly evaluation?: EvaluationSpec;
}
let stage: Stage | undefined;
/** The last solution with the normals it came from. */
let solved: (SolvedNormals & { readonly result: RegularizedSolution }) | undefined;

function need<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${what} comes first`);
  return value;
}

const handlers: Handlers = {
  async open() {
    opening = openSession();
    const { la } = await opening;
    return { backend: la.backend, description: la.description, threads: la.threads };
  },

  async beginStage({ setup, sum, evaluation }) {
    const { engine, la } = need(session, 'open');
    stage = undefined;
    // Arrays of the linear algebra live as long as something holds them: the old sum goes before the new one comes.
    solved = undefined;
    stage = {
      setup,
      ...(evaluation && { evaluation }),
      ...(sum && !evaluation && { normals: engine.emptyNormals(setup, la) }),
    };
    return {};
  },

  async arc({ arc, inputs, model, checkpoint }, onProgress) {
    const { engine, la } = need(session, 'open');
    const { setup, normals: total, evaluation } = need(stage, 'beginStage');
    const options = { ...model, onProgress, signal: abort.signal };
    if (evaluation) {
      const { directions, maxLag } = evaluation;
      const evaluated = await engine.evaluateArc(setup, arc, la, {
        ...options,
        directions,
        variances: true,
        ...(maxLag !== undefined && { maxLag }),
      });
      return {
        part: { kind: 'evaluation', evaluation: evaluated },
        ...(checkpoint && { checkpoint: encodeEvaluation(evaluated, inputs) }),
      };
    }
    const normals = await engine.computeNormals(setup, arc, la, options);
    if (total) await engine.addArcNormals(total, normals);
    return {
      part: { kind: 'normals', summary: summaryOf(normals) },
      ...(checkpoint && { checkpoint: encodeCheckpoint(normals, inputs) }),
    };
  },

  async restore({ bytes, inputs }) {
    const { engine } = need(session, 'open');
    const { normals: total, evaluation } = need(stage, 'beginStage');
    try {
      if (evaluation) return { part: { kind: 'evaluation', evaluation: decodeEvaluation(bytes, inputs) } };
      const normals = decodeCheckpoint(bytes, inputs);
      if (total) await engine.addArcNormals(total, normals);
      return { part: { kind: 'normals', summary: summaryOf(normals) } };
    } catch (error) {
      if (error instanceof CheckpointError) return { rejected: error.message };
      throw error;
    }
  },

  async saveSum({ inputs, shares }) {
    const { normals } = need(stage, 'beginStage');
    return { checkpoint: encodeSum(need(normals, 'a sum'), inputs, shares) };
  },

  async restoreSum({ bytes, inputs }) {
    const { normals } = need(stage, 'beginStage');
    try {
      return { shares: decodeSum(bytes, inputs, need(normals, 'a sum')) };
    } catch (error) {
      if (error instanceof CheckpointError) return { rejected: error.message };
      throw error;
    }
  },

  async solve({ regularization, weight, priorField }) {
    const { engine, la } = need(session, 'open');
    const { setup, normals } = need(stage, 'beginStage');
    const total = need(normals, 'a sum');
    const result = await engine.solveRegularized(setup, total, regularization, la, { priorField, weight });
    solved = { setup, normals: total, priorField, result };
    const { covariance: _stays, ...solution } = result.solution;
    return { ...result, solution };
  },

  async directions() {
    const { engine, la } = need(session, 'open');
    const { solution, dataVariance } = need(solved, 'solve').result;
    return engine.varianceDirections(solution, la, { dataVariance });
  },

  async orbit({ setup, arc, screening, samplingSeconds }, onProgress) {
    const { engine, la } = need(session, 'open');
    const fit = await engine.determineOrbit(setup, arc, la, {
      screening,
      outputSamplingSeconds: samplingSeconds,
      signal: abort.signal,
      onProgress: (iteration) => onProgress(1 - 0.6 ** iteration, `iteration ${iteration}`),
    });
    return { fit };
  },

  async orbitProducts({ context, fits }) {
    return { files: await makeOrbitFiles(context, fits) };
  },

  async products(context, onProgress) {
    const { result, ...normals } = need(solved, 'solve');
    return { files: await makeProducts(context, result.solution, normals, onProgress) };
  },
};

function summaryOf(normals: ArcNormals): ArcSummary {
  const { matrix: _m, rightHandSide: _r, weightedSquareSum: _w, parameterCount: _p, ...summary } = normals;
  return summary;
}

/** Buffers that go to the main thread without being copied. */
function transferList(name: CallName, payload: unknown): ArrayBuffer[] {
  const views: Uint8Array[] = [];
  if (name === 'arc' || name === 'saveSum') {
    const { checkpoint } = payload as WorkerCalls['arc' | 'saveSum']['answer'];
    if (checkpoint) views.push(checkpoint);
  }
  if (name === 'products' || name === 'orbitProducts') {
    for (const { bytes } of (payload as WorkerCalls['products' | 'orbitProducts']['answer']).files)
      views.push(bytes);
  }
  return views.map(({ buffer }) => buffer).filter((buffer): buffer is ArrayBuffer => isTransferable(buffer));
}

/** Small Buffers share Node's pool, which must stay here. */
function isTransferable(buffer: ArrayBufferLike): boolean {
  return buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize;
}

async function answer({ id, call, payload }: WorkerRequest): Promise<void> {
  const post = (message: WorkerMessage, transfer: ArrayBuffer[] = []): void =>
    port?.postMessage(message, transfer);
  try {
    const handler = handlers[call] as (request: unknown, progress: Progress) => Promise<unknown>;
    const result = await handler(payload, (fraction, message) =>
      post({ id, kind: 'progress', fraction, message }),
    );
    post({ id, kind: 'answer', payload: result }, transferList(call, result));
  } catch (error) {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    const { code } = Object(error) as { code?: unknown };
    post({ id, kind: 'error', name, message, stack, ...(typeof code === 'string' && { code }) });
  }
}

let last: Promise<void> = Promise.resolve();
/**
 * Ends the thread. Modules being loaded are awaited: a thread that ends while one is read leaves its file open for the
 * life of the process. A routine of the native library may be at work on our arrays in a thread of its own: it must be
 * done before they go. WebAssembly runs in our own threads, which end with this one at any point.
 */
async function stop(): Promise<void> {
  abort.abort();
  port?.postMessage({ id: 0, kind: 'stopping' } satisfies WorkerMessage);
  await opening?.catch(() => undefined);
  if (session?.la.backend === 'openblas') await session.la.close();
  process.exit(0);
}

port.on('message', (message: ToWorker) => {
  if (message === 'stop') void stop();
  else last = last.then(() => answer(message));
});
port.postMessage({ id: 0, kind: 'loaded' } satisfies WorkerMessage);
