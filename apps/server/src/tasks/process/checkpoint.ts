import { createHash } from 'node:crypto';
import type { ArcNormals } from '@gravity/recovery';

const MAGIC = 'GPB-ARC-NORMALS-1\n';

interface Header {
  /** What the normals were made of; another value means that they are of no use here. */
  readonly inputs: string;
  readonly payloadSha256: string;
  readonly arrays: readonly { readonly name: string; readonly length: number }[];
  readonly scalars: Readonly<Record<string, unknown>>;
}

/** A checkpoint that cannot be used: damaged, or made of other inputs. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
}

/**
 * Normal equations of one arc as bytes: a JSON header, then doubles (little endian), of the matrix the upper
 * triangle only, row by row. Equal normals give equal bytes, and decoding gives the very same doubles.
 */
export function encodeCheckpoint(normals: ArcNormals, inputs: string): Uint8Array {
  const { matrix, ...rest } = normals;
  const n = normals.parameterCount;
  const arrays: { name: string; values: Float64Array }[] = [{ name: 'matrix', values: packUpper(matrix, n) }];
  const scalars: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(rest)) {
    if (value instanceof Float64Array) arrays.push({ name, values: Float64Array.from(value) });
    else scalars[name] = value;
  }
  const hash = createHash('sha256');
  for (const { values } of arrays) hash.update(bytesOf(values));
  const header: Header = {
    inputs,
    payloadSha256: hash.digest('hex'),
    arrays: arrays.map(({ name, values }) => ({ name, length: values.length })),
    scalars,
  };
  const text = MAGIC + JSON.stringify(header);
  const head = Buffer.from(text, 'utf8');
  // Spaces up to the line feed, so that the doubles begin at a multiple of eight bytes.
  const headBytes = 8 * Math.ceil((head.length + 1) / 8);
  const out = new Uint8Array(headBytes + arrays.reduce((sum, { values }) => sum + values.byteLength, 0));
  out.fill(0x20, 0, headBytes);
  out.set(head);
  out[headBytes - 1] = 0x0a;
  let at = headBytes;
  for (const { values } of arrays) {
    out.set(bytesOf(values), at);
    at += values.byteLength;
  }
  return out;
}

/**
 * The normal equations of a checkpoint; below the diagonal the matrix is zero.
 *
 * @throws CheckpointError when bytes are missing or changed, or the inputs are not the expected ones
 */
export function decodeCheckpoint(bytes: Uint8Array, inputs: string): ArcNormals {
  const start = Buffer.byteLength(MAGIC);
  const end = bytes.indexOf(0x0a, start);
  if (Buffer.from(bytes.subarray(0, start)).toString('latin1') !== MAGIC || end < 0) {
    throw new CheckpointError('no checkpoint of this version');
  }
  const header = parseHeader(Buffer.from(bytes.subarray(start, end)).toString('utf8'));
  if (header.inputs !== inputs) throw new CheckpointError('made of other inputs');
  const total = header.arrays.reduce((sum, { length }) => sum + length, 0);
  const payload = new Uint8Array(bytes.subarray(end + 1));
  if (payload.byteLength !== total * 8) throw new CheckpointError('incomplete');
  if (createHash('sha256').update(payload).digest('hex') !== header.payloadSha256) {
    throw new CheckpointError('bytes have changed');
  }
  const fields: Record<string, unknown> = { ...header.scalars };
  let at = 0;
  for (const { name, length } of header.arrays) {
    fields[name] = new Float64Array(payload.buffer, payload.byteOffset + at, length);
    at += length * 8;
  }
  const normals = fields as unknown as ArcNormals;
  return { ...normals, matrix: unpackUpper(normals.matrix, normals.parameterCount) };
}

function parseHeader(text: string): Header {
  try {
    return JSON.parse(text) as Header;
  } catch {
    throw new CheckpointError('damaged header');
  }
}

function packUpper(matrix: Float64Array, n: number): Float64Array {
  const out = new Float64Array((n * (n + 1)) / 2);
  let at = 0;
  for (let i = 0; i < n; i++) {
    out.set(matrix.subarray(i * n + i, (i + 1) * n), at);
    at += n - i;
  }
  return out;
}

function unpackUpper(packed: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n);
  let at = 0;
  for (let i = 0; i < n; i++) {
    out.set(packed.subarray(at, at + n - i), i * n + i);
    at += n - i;
  }
  return out;
}

const bytesOf = (values: Float64Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
