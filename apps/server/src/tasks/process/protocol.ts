import type { Geopotential } from '@gravity/geodesy';
import type { ArcObservations, RecoverySetup, Regularization, Screening } from '@gravity/recovery';
import type { Backend } from './backend.js';
import type { OrbitContext, OrbitFit } from './orbits/types.js';
import type { ProductContext } from './products/context.js';
import type { ProductFile } from './products/types.js';
import type { ArcSummary, SolutionSummary } from './summary.js';

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
  /** Starts a sum of normals. Without the sum, arcs are computed and checked, but not added to anything. */
  beginPass: { request: { setup: RecoverySetup; sum: boolean }; answer: Record<string, never> };
  /** Computes an arc's normals and adds them; with the checkpoint to be stored. */
  arc: {
    request: { arc: ArcObservations; inputs: string };
    answer: { summary: ArcSummary; checkpoint: Uint8Array };
  };
  /** Adds the normals of a checkpoint; `rejected` says why it cannot be used. */
  restore: {
    request: { bytes: Uint8Array; inputs: string };
    answer: { summary?: ArcSummary; rejected?: string };
  };
  solve: {
    request: { regularization: Regularization; priorField: Geopotential };
    answer: SolutionSummary;
  };
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
