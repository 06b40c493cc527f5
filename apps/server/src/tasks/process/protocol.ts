import type { Geopotential } from '@gravity/geodesy';
import type {
  ArcModel,
  ArcObservations,
  RecoverySetup,
  Regularization,
  Screening,
  VarianceDirections,
} from '@gravity/recovery';
import type { ArcPart, ArcShare, EvaluationSpec } from './arc-work.js';
import type { Backend } from './backend.js';
import type { OrbitContext, OrbitFit } from './orbits/types.js';
import type { ProductContext } from './products/context.js';
import type { ProductFile } from './products/types.js';
import type { SolvedField } from './summary.js';

/** What the worker is started with. */
export interface ArcWorkerData {
  /** Module with the functions of RecoveryEngine. */
  readonly engineModule: string;
  readonly backend: 'auto' | 'openblas' | 'wasm';
  readonly threads: number;
}

/** Requests to the worker and their answers. Handled one after the other, in the order they were sent. */
export interface WorkerCalls {
  open: { request: Record<string, never>; answer: Backend };
  /**
   * Starts a sum of normals, or the evaluation of arcs. Without the sum, arcs are computed and checked, but not added
   * to anything.
   */
  beginStage: {
    request: { setup: RecoverySetup; sum: boolean; evaluation?: EvaluationSpec };
    answer: Record<string, never>;
  };
  /** Computes an arc's normals and adds them, or evaluates it; with its checkpoint where that is to be stored. */
  arc: {
    request: { arc: ArcObservations; inputs: string; model?: ArcModel; checkpoint: boolean };
    answer: { part: ArcPart; checkpoint?: Uint8Array };
  };
  /** Adds the normals of a checkpoint; `rejected` says why it cannot be used. */
  restore: {
    request: { bytes: Uint8Array; inputs: string };
    answer: { part?: ArcPart; rejected?: string };
  };
  /** The sum so far as a checkpoint, with the shares of its arcs. */
  saveSum: { request: { inputs: string; shares: readonly ArcShare[] }; answer: { checkpoint: Uint8Array } };
  /** Begins with the sum of a checkpoint; `rejected` says why it cannot be used. */
  restoreSum: {
    request: { bytes: Uint8Array; inputs: string };
    answer: { shares?: readonly ArcShare[]; rejected?: string };
  };
  solve: {
    request: {
      regularization: Regularization;
      weight: 'given' | 'vce' | 'l_curve';
      priorField: Geopotential;
    };
    answer: SolvedField;
  };
  /** Directions in the space of the coefficients, with the covariance of the solution. */
  directions: { request: Record<string, never>; answer: VarianceDirections };
  /** Fits an orbit; nothing is kept. */
  orbit: {
    request: {
      setup: RecoverySetup;
      arc: ArcObservations;
      screening: Screening;
      samplingSeconds: number;
    };
    answer: { fit: OrbitFit };
  };
  orbitProducts: {
    request: { context: OrbitContext; fits: readonly OrbitFit[] };
    answer: { files: readonly ProductFile[] };
  };
  products: { request: ProductContext; answer: { files: readonly ProductFile[] } };
}

export type CallName = keyof WorkerCalls;

export interface WorkerRequest {
  readonly id: number;
  readonly call: CallName;
  readonly payload: unknown;
}

/** To the worker: a call, or the word to end. */
export type ToWorker = WorkerRequest | 'stop';

export type WorkerMessage =
  /** All modules of the thread are there: it hears. */
  | { readonly id: 0; readonly kind: 'loaded' }
  /** The word to end has been heard; the thread exits when the routine at work is done. */
  | { readonly id: 0; readonly kind: 'stopping' }
  | { readonly id: number; readonly kind: 'answer'; readonly payload: unknown }
  | { readonly id: number; readonly kind: 'progress'; readonly fraction: number; readonly message: string }
  | {
      readonly id: number;
      readonly kind: 'error';
      readonly name: string;
      readonly message: string;
      readonly code?: string;
      readonly stack?: string;
    };
