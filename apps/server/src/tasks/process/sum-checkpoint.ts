import type { TotalNormals } from '@gravity/recovery';
import type { ArcShare } from './arc-work.js';
import { CheckpointError, openContainer, packUpper, unpackUpper } from './checkpoint.js';
import { packArrays } from './containers.js';

const MAGIC = 'GPB-NORMALS-SUM-1';

interface Fields {
  /** What the arcs of the sum were made of. */
  readonly inputs: string;
  readonly scalars: Omit<TotalNormals, 'matrix' | 'rightHandSide'>;
  /** Of all arcs up to here, also those left out. */
  readonly shares: readonly ArcShare[];
}

/** The sum of the first arcs of a stage as bytes, with what the report says of each of them. */
export function encodeSum(total: TotalNormals, inputs: string, shares: readonly ArcShare[]): Uint8Array {
  const { matrix, rightHandSide, ...scalars } = total;
  return packArrays(MAGIC, { inputs, scalars, shares } satisfies Fields, [
    { name: 'matrix', values: packUpper(matrix, total.parameterCount) },
    { name: 'rightHandSide', values: rightHandSide },
  ]);
}

/**
 * Puts a sum into `total`, which gets the very same doubles, and returns the shares of its arcs.
 *
 * @throws CheckpointError when bytes are missing or changed, or the inputs are not the expected ones
 */
export function decodeSum(bytes: Uint8Array, inputs: string, total: TotalNormals): readonly ArcShare[] {
  const { fields, arrays } = openContainer<Fields>(MAGIC, bytes, inputs);
  const { matrix, rightHandSide } = Object.fromEntries(arrays.map(({ name, values }) => [name, values]));
  const { parameterCount, ...counts } = fields.scalars;
  if (parameterCount !== total.parameterCount) throw new CheckpointError('of another number of parameters');
  unpackUpper(matrix, parameterCount, total.matrix);
  total.rightHandSide.set(rightHandSide);
  Object.assign(total, counts);
  return fields.shares;
}
