import { createHash } from 'node:crypto';
import {
  coefficientParameters,
  type FormatErrorCode,
  fullRows,
  type NormalsContent,
  openNormals,
  packedIndex,
  packedRows,
  readAllBytes,
  readNormals,
  readSinex,
  writeNormals,
} from '@gravity/formats';
import { describe, expect, it } from 'vitest';
import { chunked, errorOf, fixture, sameDoubles } from './helpers.js';

const bytesOf = (content: NormalsContent) => readAllBytes(writeNormals(content), 'written');

let cached: ReturnType<typeof readSinex> | undefined;
/** The real normal equations of a Swarm week (TU Graz). */
async function swarm(): Promise<NormalsContent & { matrix: Float64Array }> {
  cached ??= readSinex([fixture('sinex/normals_swarm1_2013-11.snx.txt.gz')], { file: 'swarm.snx' });
  const sinex = await cached;
  const { matrix, rightHandSide, apriori, statistics } = sinex;
  if (!matrix || !rightHandSide || !apriori) throw new Error('incomplete');
  return {
    header: {
      parameters: coefficientParameters(2, 20),
      observationCount: statistics.observationCount ?? 0,
      eliminatedParameterCount: 12,
      weightedSquareSum: statistics.weightedSquareSum ?? 0,
      startGpsSeconds: 438_609_600,
      endGpsSeconds: 439_128_000,
      reference: {
        name: 'GOCO05s',
        gm: 3.986004415e14,
        radius: 6378136.3,
        maxDegree: 20,
        tideSystem: 'zero_tide',
      },
      producer: 'test',
      notes: { source: 'Swarm 2013-11, TU Graz – one week' },
    },
    rightHandSide,
    apriori,
    rows: packedRows(437, matrix),
    matrix,
  };
}

describe('binary normal equations', () => {
  it('gives back what was written, bit for bit', async () => {
    const content = await swarm();
    const bytes = await bytesOf(content);
    for (const size of [1_000_003, 977]) {
      const held = await readNormals(chunked(bytes, size), { file: 'swarm.gnm' });
      expect(held.header).toEqual(content.header);
      expect(sameDoubles(held.matrix, content.matrix)).toBe(true);
      expect(held.rightHandSide).toEqual(content.rightHandSide);
      expect(held.apriori).toEqual(content.apriori);
    }
    // 16 + header (a multiple of 8) + doubles + end mark and checksum
    const doubles = 437 * 2 + (437 * 438) / 2;
    expect((bytes.length - 16 - 8 * doubles - 40) % 8).toBe(0);
    expect(Buffer.from(bytes.subarray(-32))).toEqual(
      createHash('sha256').update(bytes.subarray(0, -32)).digest(),
    );
  });

  it('writes and reads square matrices, and the same bytes of them', async () => {
    const content = await swarm();
    const n = 437;
    const full = new Float64Array(n * n).fill(Number.NaN); // below the diagonal nothing is read
    for (let i = 0; i < n; i++)
      for (let j = i; j < n; j++) full[i * n + j] = content.matrix[packedIndex(n, i, j)];
    const bytes = await bytesOf({ ...content, rows: fullRows(n, full) });
    expect(Buffer.from(bytes).equals(await bytesOf(content))).toBe(true);
    const held = await readNormals([bytes], {
      file: 'x',
      allocate: (length) => new Float64Array(length).fill(Number.NaN),
    });
    expect(sameDoubles(held.matrix, full)).toBe(true);
  });

  it('hands rows on one by one', async () => {
    const content = await swarm();
    const { rows } = await openNormals(chunked(await bytesOf(content), 65_536), { file: 'x' });
    let count = 0;
    for await (const { row, values } of rows) {
      expect(row).toBe(count++);
      expect(values.length).toBe(437 - row);
      expect(values[0]).toBe(content.matrix[packedIndex(437, row, row)]);
    }
    expect(count).toBe(437);
  });

  it('refuses content that does not fit', async () => {
    const content = await swarm();
    const attempt = (change: Partial<NormalsContent>) => bytesOf({ ...content, ...change });
    await expect(attempt({ rightHandSide: new Float64Array(3) })).rejects.toThrow(
      /rightHandSide has 3 of 437/,
    );
    await expect(attempt({ rows: [new Float64Array(436)] })).rejects.toThrow(/row 0 has 436 values/);
    await expect(attempt({ rows: [] })).rejects.toThrow(/0 of 437 rows/);
    await expect(attempt({ rows: [new Float64Array(437).fill(Number.NaN)] })).rejects.toThrow(
      /row 0, element 0/,
    );
    expect(() => [...packedRows(3, new Float64Array(5))]).toThrow(RangeError);
  });

  const spoilt: readonly (readonly [string, (b: Buffer) => Uint8Array, FormatErrorCode])[] = [
    ['empty', () => new Uint8Array(0), 'empty_file'],
    ['another file', (b) => Buffer.concat([Buffer.from('%=SNX 2.'), b.subarray(8)]), 'unknown_format'],
    ['cut in the header', (b) => b.subarray(0, 100), 'truncated'],
    ['cut in a row', (b) => b.subarray(0, b.length - 5000), 'truncated'],
    ['cut before the checksum', (b) => b.subarray(0, b.length - 40), 'truncated'],
    [
      'one bit turned',
      (b) => Buffer.from(b.map((x, i) => (i === b.length - 9999 ? x ^ 1 : x))),
      'bad_checksum',
    ],
    ['bytes added', (b) => Buffer.concat([b, Buffer.from('x')]), 'unknown_value'],
    ['header spoilt', (b) => Buffer.from(b.map((x, i) => (i === 17 ? 0x7b : x))), 'bad_header'],
    [
      'newer version',
      (b) => Buffer.from(b.toString('latin1').replace('"version":1', '"version":2'), 'latin1'),
      'unsupported',
    ],
    [
      'no number',
      (b) => Buffer.from(b.toString('latin1').replace('"radius":6', '"radius":"'), 'latin1'),
      'bad_header',
    ],
    [
      'number missing',
      (b) => Buffer.from(b.toString('latin1').replace('"gm"', '"GM"'), 'latin1'),
      'bad_header',
    ],
  ];
  for (const [what, spoil, code] of spoilt) {
    it(`${what}: ${code}`, async () => {
      const bytes = Buffer.from(await bytesOf(await swarm()));
      const error = await errorOf(() => readNormals([spoil(bytes)], { file: 'bad.gnm' }));
      expect(error.code).toBe(code);
      expect(error.message).toContain('bad.gnm');
    });
  }
});
