import {
  type BlockFilter,
  type FilterBlock,
  type FormatErrorCode,
  readBlockFilter,
  writeBlockFilter,
} from '@gravity/formats';
import { describe, expect, it } from 'vitest';
import { chunked, errorOf } from './helpers.js';

/*
 * The public DDK matrices are not among the references: these files are written to their published form (read-me and
 * readers of strawpants/GRACE-filter). A program that others wrote for
 * those files has read and applied the very matrix built here; its results stand below.
 */
const LMIN = 2;
const LMAX = 6;
/** A matrix that is not symmetric, so that rows and columns cannot be mistaken for each other. */
function blocks(): FilterBlock[] {
  const all: FilterBlock[] = [];
  for (let order = 0; order <= LMAX; order++) {
    for (const kind of order === 0 ? ([0] as const) : ([0, 1] as const)) {
      const degreeFirst = Math.max(LMIN, order);
      const size = LMAX - degreeFirst + 1;
      const matrix = new Float64Array(size * size);
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++)
          matrix[i * size + j] = (i === j ? 0.9 : 0.01 * (i + 2 * j)) / (1 + order + 0.5 * kind);
      }
      all.push({ order, kind, degreeFirst, size, matrix });
    }
  }
  return all;
}
const file = () =>
  writeBlockFilter({
    description: 'ANISOTROPIC FILTER matrix for tests',
    metadata: { Lmax: LMAX, Lmin: LMIN, Nblocks: 13, alpha: 0.5, weight: 1e19 },
    blocks: blocks(),
  });
const read = (bytes: Uint8Array, size = 100) =>
  readBlockFilter(chunked(bytes, size), { file: 'Wbd_2-6.test' });

function apply(filter: BlockFilter, coefficient: (n: number, m: number, kind: number) => number) {
  const out = new Map<string, number>();
  for (const { order, kind, degreeFirst, size, matrix } of filter.blocks) {
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (let j = 0; j < size; j++) sum += matrix[i * size + j] * coefficient(degreeFirst + j, order, kind);
      out.set(`${kind === 0 ? 'C' : 'S'} ${degreeFirst + i} ${order}`, sum);
    }
  }
  return out;
}

describe('DDK block matrices', () => {
  it('reads what was written', async () => {
    const filter = await read(file());
    expect(filter).toMatchObject({
      description: 'ANISOTROPIC FILTER matrix for tests',
      version: '2.1',
      metadata: { Lmax: 6, Lmin: 2, Nblocks: 13, alpha: 0.5, weight: 1e19 },
      degreeMin: 2,
      degreeMax: 6,
    });
    expect(filter.blocks).toEqual(blocks());
    // the published layout: (lmax+1)² − lmin² coefficients, 2·lmax + 1 blocks (14637 and 241 at degree 120)
    expect(filter.blocks.reduce((sum, b) => sum + b.size, 0)).toBe(45);
    expect(filter.blocks).toHaveLength(13);
  });

  it('means the matrix that other programs read', async () => {
    // c(n, m) = n + m/10, s = −c: filterSH of ggtools 1.1.7 (PyPI) on the same file
    const ours = apply(await read(file()), (n, m, kind) => (kind === 0 ? 1 : -1) * (n + m / 10));
    for (const [key, value] of Object.entries(GGTOOLS)) {
      // the same sums of doubles in another order
      expect(ours.get(key)).toBeCloseTo(value, 13);
    }
    expect(Object.keys(GGTOOLS)).toHaveLength(45);
  });

  it('reads big-endian files and later versions', async () => {
    // version 2.4: sizes of 8 bytes, vectors and readme counted, a second side description; 2.1 is in writeBlockFilter
    const [first] = blocks();
    const n = first.size;
    const label = (i: number) => Buffer.from(`TCN ${String(i + LMIN).padStart(3)}  0`.padEnd(24));
    const number = (value: number, bytes: 4 | 8) => {
      const buffer = Buffer.alloc(bytes);
      if (bytes === 4) buffer.writeInt32BE(value);
      else buffer.writeBigInt64BE(BigInt(value));
      return buffer;
    };
    const real = (value: number) => {
      const buffer = Buffer.alloc(8);
      buffer.writeDoubleBE(value);
      return buffer;
    };
    const sides = Array.from({ length: n }, (_, i) => label(i));
    const columns = Array.from({ length: n * n }, (_, k) =>
      real(first.matrix[(k % n) * n + Math.floor(k / n)]),
    );
    const bytes = Buffer.concat([
      Buffer.from('IBNV2.4 BDFULLVN'),
      Buffer.from('big'.padEnd(80)),
      ...[1, 0, n, n].map((v) => number(v, 4)),
      ...[n * n, 1].map((v) => number(v, 8)),
      ...[1, 1, 1].map((v) => number(v, 4)),
      Buffer.from('made by hand'.padEnd(80)),
      Buffer.from('Lmax'.padEnd(24)),
      number(6, 4),
      ...sides,
      number(n, 4),
      ...sides,
      ...Array.from({ length: n }, () => real(1)),
      ...columns,
    ]);
    const filter = await read(bytes);
    expect(filter.readme).toEqual(['made by hand']);
    expect(filter.blocks).toEqual([first]);
  });

  const cases: readonly (readonly [string, (b: Buffer) => Uint8Array, FormatErrorCode])[] = [
    ['empty', () => new Uint8Array(0), 'empty_file'],
    ['another file', (b) => Buffer.concat([Buffer.from('XX'), b.subarray(2)]), 'unknown_format'],
    [
      'a full matrix',
      (b) => Buffer.from(b.toString('latin1').replace('BDFULLV0', 'FULLSQV0'), 'latin1'),
      'unsupported',
    ],
    [
      'another version',
      (b) => Buffer.from(b.toString('latin1').replace('NV2.1', 'NV9.1'), 'latin1'),
      'unsupported',
    ],
    ['cut', (b) => b.subarray(0, b.length - 8), 'truncated'],
    [
      'label spoilt',
      (b) => Buffer.from(b.toString('latin1').replace('TCN 004002', 'TSN 004002'), 'latin1'),
      'unknown_value',
    ],
    [
      'no number',
      (b) => Buffer.concat([b.subarray(0, b.length - 8), Buffer.from([0, 0, 0, 0, 0, 0, 0xf8, 0x7f])]),
      'not_a_number',
    ],
  ];
  for (const [what, spoil, code] of cases) {
    it(`${what}: ${code}`, async () => {
      const error = await errorOf(() => read(spoil(Buffer.from(file()))));
      expect(error.code).toBe(code);
    });
  }
});

const GGTOOLS: Readonly<Record<string, number>> = {
  'C 2 0': 2.8,
  'C 2 1': 1.455,
  'S 2 1': -1.1640000000000001,
  'C 2 2': 1.0066666666666668,
  'S 2 2': -0.862857142857143,
  'C 3 0': 3.8100000000000005,
  'C 3 1': 1.9609999999999999,
  'S 3 1': -1.5688,
  'C 3 2': 1.3446666666666665,
  'S 3 2': -1.1525714285714286,
  'C 3 3': 0.9115,
  'S 3 3': -0.8102222222222222,
  'C 4 0': 4.76,
  'C 4 1': 2.437,
  'S 4 1': -1.9495999999999998,
  'C 4 2': 1.6626666666666667,
  'S 4 2': -1.4251428571428575,
  'C 4 3': 1.15225,
  'S 4 3': -1.0242222222222221,
  'C 4 4': 0.8648,
  'S 4 4': -0.7861818181818182,
  'C 5 0': 5.65,
  'C 5 1': 2.883,
  'S 5 1': -2.3063999999999996,
  'C 5 2': 1.9606666666666668,
  'S 5 2': -1.680571428571429,
  'C 5 3': 1.378,
  'S 5 3': -1.224888888888889,
  'C 5 4': 1.0448,
  'S 5 4': -0.9498181818181819,
  'C 5 5': 0.8466666666666667,
  'S 5 5': -0.7815384615384616,
  'C 6 0': 6.48,
  'C 6 1': 3.299,
  'S 6 1': -2.6391999999999998,
  'C 6 2': 2.2386666666666666,
  'S 6 2': -1.918857142857143,
  'C 6 3': 1.5887499999999999,
  'S 6 3': -1.4122222222222223,
  'C 6 4': 1.2128,
  'S 6 4': -1.1025454545454545,
  'C 6 5': 0.9841666666666666,
  'S 6 5': -0.9084615384615384,
  'C 6 6': 0.8485714285714286,
  'S 6 6': -0.792,
};
