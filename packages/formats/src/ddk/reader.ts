import { ByteReader, copyDoubles, viewOf } from '../bytes/byte-reader.js';
import type { ByteSource } from '../bytes/byte-source.js';
import { latin1 } from '../bytes/line-buffer.js';
import { FormatError, quoteForMessage } from '../errors.js';
import type { BlockFilter, FilterBlock } from './types.js';

/** "BI" as a little-endian number. */
const ENDIAN_MARK = 18754;
const LABEL = 24;
const FULL = new Set(['BDFULLV0', 'BDFULLVN']);
const SYMMETRIC = new Set(['BDSYMV0_', 'BDSYMVN_']);

interface Index {
  readonly little: boolean;
  readonly version: number;
  readonly type: string;
  readonly description: string;
  readonly integers: number;
  readonly doubles: number;
  readonly side: number;
  readonly packed: number;
  readonly vectors: number;
  readonly readmeLines: number;
  readonly blocks: number;
}

/**
 * Reads a block-diagonal matrix of spherical harmonic coefficients in the BINV form (read-me of the GRACE-filter
 * files; versions 2.1 to 2.5, either byte order; full or symmetric blocks). Vectors in the file are passed over.
 *
 * @throws FormatError with byte offset: `empty_file`, `unknown_format`, `unsupported` (types not block-diagonal),
 *   `truncated`, `bad_header`, `unknown_value` (labels that are no block of one order), `not_a_number`
 */
export async function readBlockFilter(
  source: ByteSource,
  options: { readonly file: string },
): Promise<BlockFilter> {
  const { file } = options;
  const reader = new ByteReader(source, file);
  try {
    const index = await readIndex(reader, file);
    const readme: string[] = [];
    for (let i = 0; i < index.readmeLines; i++) readme.push(text(await reader.take(80, 'readme')));
    const metadata: Record<string, number> = Object.create(null);
    const names = async (count: number) => {
      const bytes = await reader.take(count * LABEL, 'names of metadata');
      return Array.from({ length: count }, (_, i) => text(bytes.subarray(i * LABEL, (i + 1) * LABEL)));
    };
    const integerNames = await names(index.integers);
    const wide = index.version > 2.4;
    const whole = viewOf(await reader.take(index.integers * (wide ? 8 : 4), 'metadata'));
    integerNames.forEach((name, i) => {
      metadata[name] = wide
        ? Number(whole.getBigInt64(8 * i, index.little))
        : whole.getInt32(4 * i, index.little);
    });
    const doubleNames = await names(index.doubles);
    const real = copyDoubles(await reader.take(index.doubles * 8, 'metadata'), index.little);
    doubleNames.forEach((name, i) => {
      metadata[name] = real[i];
    });
    const side = await names(index.side);
    const ends = await readEnds(reader, index, file);
    if (index.version > 2.2 && FULL.has(index.type)) await reader.take(index.side * LABEL, 'second side');
    for (let i = 0; i < index.vectors; i++) await reader.take(index.side * 8, 'vector');
    const blocks: FilterBlock[] = [];
    for (let b = 0, start = 0; b < ends.length; start = ends[b], b++) {
      const place = labelsOfBlock(side.slice(start, ends[b]), b, file);
      blocks.push({ ...place, matrix: await readBlock(reader, index, place.size, `block ${b + 1}`, file) });
    }
    const degreeMin = blocks.reduce((min, b) => Math.min(min, b.degreeFirst), Number.POSITIVE_INFINITY);
    const degreeMax = blocks.reduce((max, b) => Math.max(max, b.degreeFirst + b.size - 1), 0);
    return {
      description: index.description,
      version: index.version.toFixed(1),
      metadata,
      readme,
      degreeMin,
      degreeMax,
      blocks,
    };
  } finally {
    await reader.close();
  }
}

const text = (bytes: Uint8Array) => latin1(bytes, 0, bytes.length).replaceAll('\0', ' ').trim();

async function readIndex(reader: ByteReader, file: string): Promise<Index> {
  if ((await reader.peek(1)).length === 0) throw new FormatError('empty_file', 'the file is empty', { file });
  const start = await reader.take(96, 'header');
  const little = viewOf(start).getUint16(0, true) === ENDIAN_MARK;
  if (!little && viewOf(start).getUint16(0, false) !== ENDIAN_MARK) {
    throw new FormatError('unknown_format', 'no BINV file: no BI mark', { file, byteOffset: 0 });
  }
  const word = latin1(start, 2, 8);
  const version = Number(/^NV(\d\.\d) ?$/.exec(word)?.[1]);
  if (!(version >= 2.1 && version <= 2.5)) {
    throw new FormatError('unsupported', `version ${quoteForMessage(word)}`, {
      file,
      byteOffset: 2,
      field: 'version',
    });
  }
  const type = latin1(start, 8, 16);
  if (!FULL.has(type) && !SYMMETRIC.has(type)) {
    const complaint = `matrix of type ${quoteForMessage(type)}, block-diagonal ones are read`;
    throw new FormatError('unsupported', complaint, { file, byteOffset: 8, field: 'type' });
  }
  const numbers = async (count: number, bytes: 4 | 8, field: string): Promise<number[]> => {
    const byteOffset = reader.offset;
    const view = viewOf(await reader.take(count * bytes, field));
    return Array.from({ length: count }, (_, i) => {
      const value = bytes === 4 ? view.getInt32(4 * i, little) : Number(view.getBigInt64(8 * i, little));
      if (value >= 0 && value <= 2 ** 33) return value;
      throw new FormatError('bad_header', `${value} is no count`, {
        file,
        byteOffset: byteOffset + i * bytes,
        field,
      });
    });
  };
  const [integers, doubles, side] = await numbers(4, 4, 'counts');
  const [packed] = await numbers(2, version < 2.4 ? 4 : 8, 'packed size');
  const [vectors, readmeLines] = version > 2.1 ? await numbers(2, 4, 'vectors, readme') : [0, 0];
  const [blocks] = await numbers(1, 4, 'blocks');
  if (integers > 10_000 || doubles > 10_000 || readmeLines > 100_000 || side > 1_000_000 || blocks > side) {
    throw new FormatError('bad_header', 'counts out of all proportion', {
      file,
      byteOffset: 96,
      field: 'counts',
    });
  }
  return {
    little,
    version,
    type,
    description: text(start.subarray(16, 96)),
    integers,
    doubles,
    side,
    packed,
    vectors,
    readmeLines,
    blocks,
  };
}

/** Last row of each block, counted from 1; checked against the size of the packed matrix. */
async function readEnds(reader: ByteReader, index: Index, file: string): Promise<number[]> {
  const byteOffset = reader.offset;
  const view = viewOf(await reader.take(4 * index.blocks, 'block index'));
  const ends = Array.from({ length: index.blocks }, (_, i) => view.getInt32(4 * i, index.little));
  const full = FULL.has(index.type);
  let packed = 0;
  ends.forEach((end, i) => {
    const size = end - (i === 0 ? 0 : ends[i - 1]);
    if (!(size > 0 && end <= index.side)) {
      throw new FormatError('bad_header', `block ${i + 1} ends at ${end}`, {
        file,
        byteOffset,
        field: 'block index',
      });
    }
    packed += full ? size * size : (size * (size + 1)) / 2;
  });
  if (ends[ends.length - 1] !== index.side || packed !== index.packed) {
    const complaint = `blocks of ${packed} values, the header says ${index.packed}`;
    throw new FormatError('bad_header', complaint, { file, byteOffset, field: 'block index' });
  }
  return ends;
}

/** Order, part and degrees of a block from its labels `TCN DDDOOO` or `TSN DDDOOO`. */
function labelsOfBlock(labels: readonly string[], b: number, file: string) {
  const parsed = labels.map((label) => {
    // degree and order in three columns each, with zeros or blanks before them
    const match = /^T?([CS])N ([ \d]{2}\d)([ \d]{2}\d)/.exec(label);
    return match && { kind: match[1], degree: Number(match[2]), order: Number(match[3]) };
  });
  const [first] = parsed;
  const same = parsed.every(
    (p, i) => p && first && p.kind === first.kind && p.order === first.order && p.degree === first.degree + i,
  );
  if (!first || !same || first.degree < first.order) {
    const complaint = `block ${b + 1} (${quoteForMessage(labels[0] ?? '')} …) is not one order with degrees in a row`;
    throw new FormatError('unknown_value', complaint, { file, field: 'side description' });
  }
  const kind: 0 | 1 = first.kind === 'C' ? 0 : 1;
  return { order: first.order, kind, degreeFirst: first.degree, size: labels.length };
}

/** Blocks lie column by column; symmetric ones hold the columns of the upper triangle. */
async function readBlock(reader: ByteReader, index: Index, size: number, field: string, file: string) {
  const full = FULL.has(index.type);
  const count = full ? size * size : (size * (size + 1)) / 2;
  const byteOffset = reader.offset;
  const values = copyDoubles(await reader.take(8 * count, field), index.little);
  const matrix = new Float64Array(size * size);
  for (let j = 0, k = 0; j < size; j++) {
    for (let i = 0; i < (full ? size : j + 1); i++, k++) {
      if (!Number.isFinite(values[k])) {
        throw new FormatError('not_a_number', `${values[k]}`, {
          file,
          byteOffset: byteOffset + 8 * k,
          field,
        });
      }
      matrix[i * size + j] = values[k];
      if (!full) matrix[j * size + i] = values[k];
    }
  }
  return matrix;
}
