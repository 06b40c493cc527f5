import type { ArcNormals } from '@gravity/recovery';
import { ContainerError, type NamedArray, packArrays, unpackArrays } from './containers.js';

const MAGIC = 'GPB-ARC-NORMALS-1';

interface Inputs {
  /** What the normals were made of; another value means that they are of no use here. */
  readonly inputs: string;
}

interface Fields extends Inputs {
  readonly scalars: Readonly<Record<string, unknown>>;
}

/** A checkpoint that cannot be used: damaged, or made of other inputs. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
}

/**
 * Normal equations of one arc as bytes; of the matrix the upper triangle only, row by row. Equal normals give equal
 * bytes, and decoding gives the very same doubles.
 */
export function encodeCheckpoint(normals: ArcNormals, inputs: string): Uint8Array {
  const { matrix, ...rest } = normals;
  const arrays: NamedArray[] = [{ name: 'matrix', values: packUpper(matrix, normals.parameterCount) }];
  const scalars: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(rest)) {
    if (value instanceof Float64Array) arrays.push({ name, values: Float64Array.from(value) });
    else scalars[name] = value;
  }
  return packArrays(MAGIC, { inputs, scalars } satisfies Fields, arrays);
}

/**
 * The normal equations of a checkpoint; below the diagonal the matrix is zero.
 *
 * @throws CheckpointError when bytes are missing or changed, or the inputs are not the expected ones
 */
export function decodeCheckpoint(bytes: Uint8Array, inputs: string): ArcNormals {
  const { fields, arrays } = openContainer<Fields>(MAGIC, bytes, inputs);
  const named = Object.fromEntries(arrays.map(({ name, values }) => [name, values]));
  const normals = { ...fields.scalars, ...named } as unknown as ArcNormals;
  const n = normals.parameterCount;
  return { ...normals, matrix: unpackUpper(normals.matrix, n, new Float64Array(n * n)) };
}

/**
 * A container made of the expected inputs.
 *
 * @throws CheckpointError
 */
export function openContainer<Fields extends Inputs>(magic: string, bytes: Uint8Array, inputs: string) {
  try {
    return unpackArrays<Fields>(magic, bytes, (fields) => {
      if (fields.inputs !== inputs) throw new CheckpointError('made of other inputs');
    });
  } catch (error) {
    if (!(error instanceof ContainerError)) throw error;
    throw new CheckpointError(`no checkpoint of this version, or damaged: ${error.message}`);
  }
}

/** The upper triangle, row by row. */
export function packUpper(matrix: Float64Array, n: number): Float64Array {
  const out = new Float64Array((n * (n + 1)) / 2);
  let at = 0;
  for (let i = 0; i < n; i++) {
    out.set(matrix.subarray(i * n + i, (i + 1) * n), at);
    at += n - i;
  }
  return out;
}

/** The upper triangle of `out` (n×n) from its rows. */
export function unpackUpper(packed: Float64Array, n: number, out: Float64Array): Float64Array {
  let at = 0;
  for (let i = 0; i < n; i++) {
    out.set(packed.subarray(at, at + n - i), i * n + i);
    at += n - i;
  }
  return out;
}
