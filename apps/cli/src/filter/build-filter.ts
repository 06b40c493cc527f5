import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type BlockFilter, readBlockFilter } from '@gravity/formats';
import { emptyGeopotential, type Geopotential } from '@gravity/geodesy';
import type { LinearAlgebra } from '@gravity/linalg';
import {
  buildDecorrelationFilter,
  GRACE_MONTH,
  type OrderBlock,
  orderBlocksOf,
  pairMissionNormals,
  type SignalPowerLaw,
} from '@gravity/products';
import { combineSystems } from '../combine/combine.js';
import { openNormalsSystem } from '../files/read-normals.js';
import { UsageError } from '../output.js';

/** In place of a file of normal equations: those of a model pair, a month of GRACE. */
export const MODEL = 'grace';

/** A block filter from a BINV file, as the public DDK matrices are. @throws UsageError when there is no such file */
export async function openBlockFilter(path: string): Promise<BlockFilter> {
  const info = await stat(path).catch(() => undefined);
  if (!info?.isFile()) throw new UsageError(`${path}: no such file`);
  return readBlockFilter(createReadStream(path), { file: basename(path) });
}

/**
 * A filter of the DDK type from normal equations in a file (SINEX or binary), or of the model pair.
 *
 * @param field the one to be filtered: the normals are brought to its constants, the model to its degree
 */
export async function filterFromNormals(
  source: string,
  field: Geopotential,
  law: SignalPowerLaw,
  la: LinearAlgebra,
): Promise<BlockFilter> {
  const blocks = source === MODEL ? modelBlocks(field) : await blocksOfFile(source, field, la);
  const filter = await buildDecorrelationFilter(blocks, law, la);
  const name = source === MODEL ? 'model pair' : basename(source);
  return { ...filter, description: `${filter.description}, ${name}`.slice(0, 80) };
}

function modelBlocks(field: Geopotential): OrderBlock[] {
  if (field.maxDegree > 180)
    throw new UsageError(`--build-ddk ${MODEL}: to degree 180 at most, cut the field with --degree`);
  return pairMissionNormals(2, field.maxDegree, GRACE_MONTH, field);
}

async function blocksOfFile(path: string, field: Geopotential, la: LinearAlgebra): Promise<OrderBlock[]> {
  const { gm, radius } = field;
  const system = await openNormalsSystem(path, { gm, radius });
  const { maxDegree, tideSystem } = system.reference;
  const reference = emptyGeopotential(maxDegree, gm, radius, field.name, tideSystem);
  const { normals, degreeMin, degreeMax } = await combineSystems([system], [1], reference, la);
  return orderBlocksOf(normals.matrix, degreeMin, degreeMax);
}
