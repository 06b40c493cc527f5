import type { Dataset, File, Group } from 'h5wasm';

export type AttributeValue =
  | string
  | number
  | readonly number[]
  | Float64Array
  | Float32Array
  | Int32Array
  | Int8Array;
export type Attributes = Readonly<Record<string, AttributeValue>>;

let serial = 0;

/** h5wasm and its compiled module, loaded when first needed: readers of other formats do not pay for it. */
async function loadHdf5() {
  const hdf5 = await import('h5wasm');
  return { hdf5, module: await hdf5.ready };
}

/**
 * Runs `fill` on a new HDF5 file in memory and returns its bytes. HDF5 stamps every object with the time of its
 * creation and h5wasm has no switch for that, so the clock stands at 1970 while `fill` runs: `fill` is
 * synchronous, nothing else can see it. Equal content thus gives equal bytes.
 */
export async function createHdf5(fill: (file: File) => void): Promise<Uint8Array> {
  const { hdf5, module } = await loadHdf5();
  const path = `/out-${serial++}.nc`;
  const { now } = Date;
  Date.now = () => 0;
  try {
    const file = new hdf5.File(path, 'w', { track_order: true });
    try {
      fill(file);
    } finally {
      file.close();
    }
    return Uint8Array.from(module.FS.readFile(path));
  } finally {
    Date.now = now;
    if (module.FS.analyzePath(path).exists) module.FS.unlink(path);
  }
}

/** Opens HDF5 bytes read-only for the time of `use`. @throws Error of h5wasm when the bytes are no HDF5 file */
export async function withHdf5<T>(bytes: Uint8Array, use: (file: File) => T): Promise<T> {
  const { hdf5, module } = await loadHdf5();
  // otherwise damaged files print HDF5's error stack and go on with invalid handles
  module.activate_throwing_error_handler();
  const path = `/in-${serial++}.nc`;
  module.FS.writeFile(path, bytes);
  try {
    const file = new hdf5.File(path, 'r');
    try {
      return use(file);
    } finally {
      file.close();
    }
  } finally {
    module.FS.unlink(path);
  }
}

/** Attributes of a dataset or of the file; text as fixed-length strings, which netCDF shows as characters. */
export function setAttributes(target: Dataset | Group, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'string') {
      const length = Math.max(1, Buffer.byteLength(value, 'utf8'));
      target.create_attribute(name, value, null, `S${length}`);
    } else if (typeof value === 'number') target.create_attribute(name, new Float64Array([value]), [1], '<d');
    else if (value instanceof Float32Array) target.create_attribute(name, value, [value.length], '<f');
    else if (value instanceof Int32Array) target.create_attribute(name, value, [value.length], '<i');
    else if (value instanceof Int8Array) target.create_attribute(name, value, [value.length], '<b');
    else {
      const values = value instanceof Float64Array ? value : Float64Array.from(value);
      target.create_attribute(name, values, [values.length], '<d');
    }
  }
}

type Values = Float64Array | Float32Array | Int32Array | Int8Array;

export interface DatasetContent {
  readonly name: string;
  readonly values: Values;
  readonly shape: readonly number[];
  readonly attributes?: Attributes;
  /** Chunk shape; with it the values are deflated. */
  readonly chunks?: readonly number[];
}

/** Adds a variable on dimensions that exist already. */
export function addVariable(file: File, content: DatasetContent, dimensions: readonly string[]): void {
  const dataset = addDataset(file, content);
  dimensions.forEach((dimension, i) => {
    dataset.attach_scale(i, `/${dimension}`);
  });
}

/** Adds a coordinate variable, which is a dimension scale of its own name. */
export function addDimension(file: File, content: Omit<DatasetContent, 'shape' | 'chunks'>): void {
  const dataset = addDataset(file, { ...content, shape: [content.values.length] });
  dataset.make_scale(content.name);
}

function addDataset(file: File, content: DatasetContent): Dataset {
  const { name, values, shape, attributes, chunks } = content;
  const size = shape.reduce((product, n) => product * n, 1);
  if (size !== values.length) {
    throw new RangeError(`${name} has ${values.length} values, its dimensions need ${size}`);
  }
  const dtype =
    values instanceof Float64Array
      ? '<d'
      : values instanceof Float32Array
        ? '<f'
        : values instanceof Int32Array
          ? '<i'
          : '<b';
  const dataset = file.create_dataset({
    name,
    data: values,
    shape: [...shape],
    dtype,
    ...(chunks && { chunks: [...chunks], compression: 'gzip' as const, compression_opts: 4 }),
  });
  if (attributes) setAttributes(dataset, attributes);
  return dataset;
}
