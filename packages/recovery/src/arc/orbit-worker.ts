import { parentPort } from 'node:worker_threads';
import type { Trajectory } from '../dynamics/orbit.js';
import type { StateTransition } from '../dynamics/state-transition.js';
import { ArcError, type ArcErrorCode } from '../errors.js';
import type { ArcObservations } from '../types.js';
import { type DynamicsSetup, type SatelliteModel, satelliteModels } from './satellite-model.js';

export type OrbitRequest =
  | {
      readonly kind: 'open';
      readonly model: number;
      readonly setup: DynamicsSetup;
      /** With the one satellite. */
      readonly arc: Pick<ArcObservations, 'startGpsSeconds' | 'endGpsSeconds' | 'satellites'>;
      readonly degree: number;
    }
  | {
      readonly kind: 'integrate';
      readonly model: number;
      readonly state: Float64Array;
      readonly calibration: Float64Array;
      readonly keepTransition: boolean;
    }
  | { readonly kind: 'close'; readonly model: number };

export interface OrbitReply {
  readonly model: number;
  /** The grid stays where it is: the one who asked has the same. */
  readonly trajectory?: Omit<Trajectory, 'grid'>;
  /** Absent when the one before was to be kept. */
  readonly transition?: StateTransition;
  readonly error?: { readonly code?: ArcErrorCode; readonly message: string };
}

if (parentPort) {
  const port = parentPort;
  const models = new Map<number, SatelliteModel>();
  /** A model that cannot be made says so when it is first asked for: its owner makes the same and fails too. */
  const failures = new Map<number, unknown>();

  const integrate = (request: Extract<OrbitRequest, { kind: 'integrate' }>): OrbitReply => {
    const { model: id, state, calibration, keepTransition } = request;
    const model = models.get(id);
    if (!model) throw failures.get(id) ?? new Error(`no model ${id} in the orbit thread`);
    model.calibration.set(calibration);
    const before = model.transition;
    model.integrate(state, keepTransition);
    const { grid: _, ...trajectory } = model.trajectory as Trajectory;
    const { transition } = model;
    return { model: id, trajectory, ...(transition !== before && { transition }) };
  };

  port.on('message', (request: OrbitRequest) => {
    const { model: id } = request;
    if (request.kind === 'open') {
      const { setup, arc, degree } = request;
      try {
        models.set(id, satelliteModels(setup, arc, undefined, degree)[0]);
      } catch (error) {
        failures.set(id, error);
      }
    } else if (request.kind === 'close') {
      models.delete(id);
      failures.delete(id);
    } else {
      let reply: OrbitReply;
      try {
        reply = integrate(request);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        reply = {
          model: id,
          error: error instanceof ArcError ? { code: error.code, message } : { message },
        };
      }
      port.postMessage(reply);
    }
  });
}
