import { createHash, type Hash } from 'node:crypto';

const LARGEST_UPDATE = 2 ** 30;

/** Bytes that cannot be used: damaged, cut, of another kind. */
export class ContainerError extends Error {
  override readonly name: string = 'ContainerError';
}

interface Header {
  readonly payloadSha256: string;
  readonly arrays: readonly { readonly name: string; readonly length: number }[];
}

export interface NamedArray {
  readonly name: string;
  readonly values: Float64Array;
}

/**
 * The form of our intermediate objects: a word that names the kind, a JSON header padded with spaces up to a line feed
 * so that the doubles after it (little endian) begin at a multiple of eight bytes. Equal content gives equal bytes.
 */
export function packArrays(magic: string, fields: object, arrays: readonly NamedArray[]): Uint8Array {
  const hash = createHash('sha256');
  for (const { values } of arrays) updateHash(hash, bytesOf(values));
  const header = {
    ...fields,
    payloadSha256: hash.digest('hex'),
    arrays: arrays.map(({ name, values }) => ({ name, length: values.length })),
  };
  const head = Buffer.from(`${magic}\n${JSON.stringify(header)}`, 'utf8');
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
 * @param accept looks at the header before the doubles are read
 * @throws ContainerError when bytes are missing or changed, and what `accept` throws
 */
export function unpackArrays<Fields extends object>(
  magic: string,
  bytes: Uint8Array,
  accept: (fields: Fields) => void = () => {},
): { readonly fields: Fields; readonly arrays: readonly NamedArray[] } {
  const start = Buffer.byteLength(magic) + 1;
  const end = bytes.indexOf(0x0a, start);
  if (Buffer.from(bytes.subarray(0, start)).toString('latin1') !== `${magic}\n` || end < 0) {
    throw new ContainerError('of another kind or version');
  }
  const header = parseHeader<Fields>(Buffer.from(bytes.subarray(start, end)).toString('utf8'));
  accept(header);
  const total = header.arrays.reduce((sum, { length }) => sum + length, 0);
  // A copy: the doubles need not begin at a multiple of eight in a buffer of someone else.
  const payload = new Uint8Array(bytes.subarray(end + 1));
  if (payload.byteLength !== total * 8) throw new ContainerError('incomplete');
  if (updateHash(createHash('sha256'), payload).digest('hex') !== header.payloadSha256) {
    throw new ContainerError('bytes have changed');
  }
  let at = 0;
  const arrays = header.arrays.map(({ name, length }) => {
    const values = new Float64Array(payload.buffer, payload.byteOffset + at, length);
    at += length * 8;
    return { name, values };
  });
  return { fields: header, arrays };
}

function parseHeader<Fields>(text: string): Fields & Header {
  try {
    return JSON.parse(text) as Fields & Header;
  } catch {
    throw new ContainerError('damaged header');
  }
}

/** One call takes less than 2 GiB. */
function updateHash(hash: Hash, bytes: Uint8Array): Hash {
  for (let at = 0; at < bytes.length; at += LARGEST_UPDATE)
    hash.update(bytes.subarray(at, at + LARGEST_UPDATE));
  return hash;
}

const bytesOf = (values: Float64Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
