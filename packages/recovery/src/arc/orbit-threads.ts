import { Worker } from 'node:worker_threads';
import { ArcError } from '../errors.js';
import type { ArcObservations } from '../types.js';
import type { OrbitReply, OrbitRequest } from './orbit-worker.js';
import type { DynamicsSetup, SatelliteModel } from './satellite-model.js';

/** Integrates one satellite of an arc; `model` is left as `SatelliteModel.integrate` leaves it. */
export interface OrbitIntegrator {
  integrate(model: SatelliteModel, state: Float64Array, keepTransition: boolean): Promise<void>;
  close(): void;
}

/** On the calling thread. */
const HERE: OrbitIntegrator = {
  async integrate(model, state, keepTransition) {
    model.integrate(state, keepTransition);
  },
  close() {},
};

/** Started when first needed; a thread keeps the process alive only while it is asked for something. */
const threads: OrbitThread[] = [];
let nextModel = 0;

/**
 * An integrator for each satellite of an arc: the last on the calling thread, the others on threads of their own as far
 * as `count` threads allow. Their results are the same, bit by bit.
 */
export function orbitIntegrators(
  setup: DynamicsSetup,
  arc: ArcObservations,
  degree: number,
  count: number,
): readonly OrbitIntegrator[] {
  const last = arc.satellites.length - 1;
  return arc.satellites.map((satellite, k) => {
    if (k === last || k + 1 >= count) return HERE;
    threads[k] ??= new OrbitThread(() => delete threads[k]);
    const thread = threads[k];
    const model = nextModel++;
    const { referenceField, earthRotation, forces } = setup;
    const { accelerometerBias, accelerometerScale, empiricalAccelerations } = setup;
    const { startGpsSeconds, endGpsSeconds } = arc;
    thread.tell({
      kind: 'open',
      model,
      setup: {
        referenceField,
        earthRotation,
        ...(forces && { forces }),
        accelerometerBias,
        accelerometerScale,
        ...(empiricalAccelerations && { empiricalAccelerations }),
      },
      arc: { startGpsSeconds, endGpsSeconds, satellites: [satellite] },
      degree,
    });
    return {
      async integrate(own, state, keepTransition) {
        const { trajectory, transition, error } = await thread.ask({
          kind: 'integrate',
          model,
          state,
          calibration: own.calibration,
          keepTransition,
        });
        if (error) throw error.code ? new ArcError(error.code, error.message) : new Error(error.message);
        if (trajectory) own.take({ grid: own.grid, ...trajectory }, transition);
      },
      close: () => thread.tell({ kind: 'close', model }),
    };
  });
}

class OrbitThread {
  private readonly worker: Worker;
  private readonly waiting = new Map<
    number,
    { resolve(reply: OrbitReply): void; reject(error: Error): void }
  >();

  constructor(onEnd: () => void) {
    // Flags of the parent (loaders, inspectors) are not for the workers.
    this.worker = new Worker(new URL('./orbit-worker.js', import.meta.url), { execArgv: [] });
    this.worker.unref();
    const fail = (error: Error): void => {
      onEnd();
      for (const { reject } of this.waiting.values()) reject(error);
      this.waiting.clear();
    };
    this.worker.on('error', fail);
    this.worker.on('exit', (code) => fail(new Error(`orbit thread ended with code ${code}`)));
    this.worker.on('message', (reply: OrbitReply) => {
      this.waiting.get(reply.model)?.resolve(reply);
      this.waiting.delete(reply.model);
      if (this.waiting.size === 0) this.worker.unref();
    });
  }

  tell(request: OrbitRequest): void {
    this.worker.postMessage(request);
  }

  ask(request: OrbitRequest): Promise<OrbitReply> {
    return new Promise((resolve, reject) => {
      this.waiting.set(request.model, { resolve, reject });
      this.worker.ref();
      this.worker.postMessage(request);
    });
  }
}
