import type { BlockFilter } from './types.js';

const LABEL = 24;

/**
 * A block filter in the BINV form, version 2.1, little-endian, as the public DDK files are.
 *
 * @throws RangeError when a block has not size² values or a description does not fit
 */
export function writeBlockFilter(
  filter: Pick<BlockFilter, 'description' | 'blocks'> & { readonly metadata?: BlockFilter['metadata'] },
): Uint8Array {
  const { description, blocks, metadata = {} } = filter;
  if (description.length > 80) throw new RangeError('a description of more than 80 characters');
  const side = blocks.reduce((sum, { size }) => sum + size, 0);
  const packed = blocks.reduce((sum, { size }) => sum + size * size, 0);
  // whole numbers have four bytes
  const isShort = (value: number) => Number.isInteger(value) && Math.abs(value) < 2 ** 31;
  const integers = Object.entries(metadata).filter(([, value]) => isShort(value));
  const doubles = Object.entries(metadata).filter(([, value]) => !isShort(value));
  const counts = [integers.length, doubles.length, side, 0, packed, 0, blocks.length];
  const pieces: Uint8Array[] = [
    padded('BINV2.1 ', 8),
    padded('BDFULLV0', 8),
    padded(description, 80),
    integerBytes(counts),
    ...integers.map(([name]) => padded(name, LABEL)),
    integerBytes(integers.map(([, value]) => value)),
    ...doubles.map(([name]) => padded(name, LABEL)),
    doubleBytes(doubles.map(([, value]) => value)),
  ];
  const three = (value: number) => String(value).padStart(3, '0');
  for (const { kind, order, degreeFirst, size, matrix } of blocks) {
    if (matrix.length !== size * size)
      throw new RangeError(`order ${order}: ${matrix.length} values of ${size}²`);
    for (let i = 0; i < size; i++) {
      pieces.push(padded(`T${kind === 0 ? 'C' : 'S'}N ${three(degreeFirst + i)}${three(order)}`, LABEL));
    }
  }
  let end = 0;
  pieces.push(integerBytes(blocks.map(({ size }) => (end += size))));
  for (const { size, matrix } of blocks) {
    const columns = new Array<number>(size * size);
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) columns[j * size + i] = matrix[i * size + j];
    pieces.push(doubleBytes(columns));
  }
  return Buffer.concat(pieces);
}

function padded(text: string, length: number): Buffer {
  if (text.length > length)
    throw new RangeError(`${JSON.stringify(text)} has more than ${length} characters`);
  return Buffer.from(text.padEnd(length), 'latin1');
}

function integerBytes(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (let i = 0; i < values.length; i++) bytes.writeInt32LE(values[i], 4 * i);
  return bytes;
}

function doubleBytes(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  for (let i = 0; i < values.length; i++) bytes.writeDoubleLE(values[i], 8 * i);
  return bytes;
}
