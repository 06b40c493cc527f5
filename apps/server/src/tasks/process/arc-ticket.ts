import type { ExcludedData } from './arc-source.js';
import type { ArcInterval } from './arcs.js';
import type { Backend } from './backend.js';
import { ContainerError } from './containers.js';
import { SOFTWARE_NAME, softwareVersion } from './recipe.js';

/** What a worker on another machine is told of an arc. */
export interface ArcPayload extends ArcInterval {
  /** Software, runtime and linear algebra whose bits are wanted. */
  readonly requires: string;
  readonly backend: Backend['backend'];
  readonly threads: number;
  /** Object in processed-data. */
  readonly passKey: string;
  readonly passSha256: string;
  /** Number of the arc, from 0. */
  readonly index: number;
  /** The epoch at the end belongs to this arc too. */
  readonly last: boolean;
}

/** What it answers. The numbers are in the checkpoint. */
export interface ArcResult {
  readonly kind: 'computed' | 'restored' | 'skipped';
  /** Of a skipped arc. */
  readonly reason?: string;
  readonly excluded: readonly ExcludedData[];
  readonly usedFiles: readonly string[];
  /** Put in by the runner. */
  readonly worker?: string;
  readonly seconds?: number;
}

/** The result of a row. jsonb has sorted the names anew; the report writes them in the order of our own objects. */
export function parseArcResult(row: Readonly<Record<string, unknown>>): ArcResult {
  const { excluded, ...rest } = row as unknown as ArcResult;
  return {
    ...rest,
    excluded: excluded.map(({ satellite, product, reason, count }) => ({
      satellite,
      product,
      reason,
      count,
    })),
  };
}

/**
 * Two processes of which this text is the same get the same bits. OpenBLAS differs in the last bits between
 * processors, versions and thread counts; our WebAssembly kernels are the same on any number of threads, and the
 * remark why they were chosen does not count. Sine and cosine come with the runtime.
 */
export function requirementsOf({ backend, description }: Backend): string {
  const algebra = backend === 'wasm' ? description.split(',')[0] : description;
  const node = process.versions.node.split('.')[0];
  return `${SOFTWARE_NAME} ${softwareVersion}, Node.js ${node} ${process.arch}, ${algebra}`;
}

/** @throws ContainerError when the row was written by another version */
export function parseArcPayload(payload: Readonly<Record<string, unknown>>): ArcPayload {
  const { requires, backend, threads, passKey, passSha256, index, last, startGpsSeconds, endGpsSeconds } =
    payload;
  if (
    typeof requires !== 'string' ||
    (backend !== 'openblas' && backend !== 'wasm') ||
    typeof threads !== 'number' ||
    typeof passKey !== 'string' ||
    typeof passSha256 !== 'string' ||
    typeof index !== 'number' ||
    typeof last !== 'boolean' ||
    typeof startGpsSeconds !== 'number' ||
    typeof endGpsSeconds !== 'number'
  ) {
    throw new ContainerError('the arc was handed out by another version of the software');
  }
  return { requires, backend, threads, passKey, passSha256, index, last, startGpsSeconds, endGpsSeconds };
}
