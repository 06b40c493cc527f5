import type { Dataset, Entity, File } from 'h5wasm';
import { FormatError } from '../errors.js';
import { withHdf5 } from './hdf5.js';

export interface NetcdfVariable {
  readonly name: string;
  readonly shape: readonly number[];
  /** Names of the dimensions, where they carry scales. */
  readonly dimensions: readonly string[];
  readonly values: Float64Array;
  readonly attributes: Readonly<Record<string, string | readonly number[]>>;
}

export interface NetcdfContent {
  readonly attributes: Readonly<Record<string, string | readonly number[]>>;
  readonly variables: Readonly<Record<string, NetcdfVariable>>;
}

/** Attributes of the format itself, of no meaning to a reader of values. */
const INTERNAL = new Set([
  'CLASS',
  'NAME',
  'DIMENSION_LIST',
  'REFERENCE_LIST',
  '_Netcdf4Dimid',
  '_NCProperties',
]);

/**
 * All numeric variables of the root group of a netCDF-4 file, in memory. Fill values become NaN; packed values
 * (scale_factor, add_offset) are unpacked.
 *
 * @throws FormatError `unknown_format` when the bytes are no HDF5 file
 */
export async function readNetcdf(
  bytes: Uint8Array,
  options: { readonly file: string },
): Promise<NetcdfContent> {
  const { file } = options;
  const magic = [0x89, 0x48, 0x44, 0x46];
  if (!magic.every((byte, i) => bytes[i] === byte)) {
    throw new FormatError('unknown_format', 'no netCDF-4 (HDF5) file', { file });
  }
  try {
    return await withHdf5(bytes, content);
  } catch (error) {
    throw new FormatError(
      'unknown_format',
      `damaged HDF5 file: ${(error as Error).message}`,
      { file },
      error,
    );
  }
}

function content(file: File): NetcdfContent {
  const variables: Record<string, NetcdfVariable> = Object.create(null);
  for (const name of file.keys()) {
    const variable = variableOf(name, file.get(name));
    if (variable) variables[name] = variable;
  }
  return { attributes: attributesOf(file), variables };
}

function variableOf(name: string, entity: Entity | null): NetcdfVariable | undefined {
  if (!entity || !isDataset(entity)) return undefined;
  const { value, shape } = entity;
  if (!ArrayBuffer.isView(value) || value instanceof DataView) return undefined;
  const attributes = attributesOf(entity);
  const number = (key: string, otherwise: number) => {
    const entry = attributes[key];
    return Array.isArray(entry) && entry.length === 1 ? (entry[0] as number) : otherwise;
  };
  const fill = number('_FillValue', Number.NaN);
  const scale = number('scale_factor', 1);
  const offset = number('add_offset', 0);
  const values = Float64Array.from(value as unknown as ArrayLike<number | bigint>, Number);
  for (let i = 0; i < values.length; i++) {
    if (values[i] === fill) values[i] = Number.NaN;
    else if (scale !== 1 || offset !== 0) values[i] = values[i] * scale + offset;
  }
  const dimensions = (shape ?? []).map((_, i) => {
    const [scalePath] = entity.get_scale_name() !== null ? [`/${name}`] : entity.get_attached_scales(i);
    return scalePath?.slice(scalePath.lastIndexOf('/') + 1) ?? '';
  });
  return { name, shape: shape ?? [], dimensions, values, attributes };
}

function isDataset(entity: Entity): entity is Dataset {
  return 'type' in entity && (entity.type as string) === 'Dataset';
}

function attributesOf(target: File | Dataset): Record<string, string | readonly number[]> {
  const out: Record<string, string | readonly number[]> = Object.create(null);
  for (const [name, attribute] of Object.entries(target.attrs)) {
    if (INTERNAL.has(name)) continue;
    const { value } = attribute;
    if (typeof value === 'string') out[name] = value;
    else if (typeof value === 'number') out[name] = [value];
    else if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
      out[name] = Array.from(value as unknown as ArrayLike<number | bigint>, Number);
    }
  }
  return out;
}
