import {
  coefficientParameters,
  FormatError,
  openAod1b,
  openEphemeris,
  packedRows,
  parseBasinOutline,
  parseDegreeOneSeries,
  parseEop,
  parseGiaGrid,
  parseLeapSeconds,
  parseLowDegreeSeries,
  parseTideAmplitudes,
  readAllBytes,
  readBlockFilter,
  readLevel1bTable,
  readNormals,
  readOceanTides,
  readSinex,
  writeBlockFilter,
  writeLevel1bBinary,
  writeNormals,
} from '@gravity/formats';
import { describe, expect, it } from 'vitest';
import { fixture } from './helpers.js';

/** Numbers from 0 to 1, always the same (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function damage(bytes: Buffer, random: () => number): Buffer {
  const place = (length: number) => Math.floor(random() * length);
  // half of the damage goes to the beginning, where headers are
  const at = place(random() < 0.5 ? Math.min(4000, bytes.length) : bytes.length);
  switch (place(4)) {
    case 0:
      return bytes.subarray(0, at);
    case 1: {
      const copy = Buffer.from(bytes);
      copy[at] = place(256);
      return copy;
    }
    case 2:
      return Buffer.concat([
        bytes.subarray(0, at),
        bytes.subarray(Math.min(bytes.length, at + 1 + place(200))),
      ]);
    default: {
      const noise = Buffer.from(Array.from({ length: 1 + place(40) }, () => place(256)));
      return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]);
    }
  }
}

const text = (read: (text: string) => unknown) => async (bytes: Buffer) => read(bytes.toString('latin1'));
const file = 'damaged';
const lines = (path: string, count: number) =>
  Buffer.from(fixture(path).toString('latin1').split('\n').slice(0, count).join('\n'));
const SNX = `%=SNX 2.02 TST 24:001:00000 TST 24:001:00000 24:002:00000 C 00002 2\n+SOLUTION/STATISTICS\n NUMBER OF OBSERVATIONS                         111390\n-SOLUTION/STATISTICS\n+SOLUTION/ESTIMATE\n     1 CN        2 --    0 13:332:00000 ---- 2  5.30968096716456e-10 1.53293e-10\n     2 CN        2 --    1 13:332:00000 ---- 2  2.21624032571824e-10 1.53551e-10\n-SOLUTION/ESTIMATE\n+SOLUTION/NORMAL_EQUATION_MATRIX U\n     1     1  6.24472418779328e+19  4.94812478934832e+17\n     2     2 -1.17308420279783e+18\n-SOLUTION/NORMAL_EQUATION_MATRIX U\n%ENDSNX\n`;
const AOD = `FILE FORMAT 0=BINARY 1=ASCII  : 1\nTIME FIRST OBS(SEC PAST EPOCH): 157723200.000000 (2004-12-31 00:00:00)\nMAXIMUM DEGREE                : 1\nCONSTANT GM [M^3/S^2]         : 0.39860044180000E+15\nCONSTANT A [M]                : 0.63781366000000E+07\nNUMBER OF DATA SETS           :      1\nEND OF HEADER\nDATA SET 01:       3 COEFFICIENTS FOR 2004-12-31 00:00:00 OF TYPE glo\n  0   0 0.1E-10 0.0E+00\n  1   0 0.1E-10 0.0E+00\n  1   1 0.1E-10 0.1E-10\n`;

const readers: readonly (readonly [
  string,
  () => Promise<Buffer> | Buffer,
  (bytes: Buffer) => Promise<unknown>,
])[] = [
  ['ephemeris', () => fixture('ephemeris/lnxp2023.430'), (b) => openEphemeris([b], { file })],
  ['ocean tides', () => lines('oceantide/fes2004_Cnm-Snm-8x8.dat', 60), (b) => readOceanTides([b], { file })],
  [
    'amplitudes of tides',
    () => fixture('oceantide/hf-fes2004.dat'),
    text((t) => parseTideAmplitudes(t, { file })),
  ],
  [
    'AOD1B',
    () => Buffer.from(AOD),
    async (b) => {
      for await (const _ of (await openAod1b([b], { file })).sets);
    },
  ],
  ['SINEX', () => Buffer.from(SNX), (b) => readSinex([b], { file })],
  [
    'binary normal equations',
    async () => {
      const header = {
        parameters: coefficientParameters(2, 4),
        observationCount: 9,
        eliminatedParameterCount: 0,
        weightedSquareSum: 1,
        startGpsSeconds: 0,
        endGpsSeconds: 1,
        producer: 'test',
      };
      const rows = packedRows(
        21,
        Float64Array.from({ length: 231 }, (_, i) => i),
      );
      return Buffer.from(
        await readAllBytes(writeNormals({ header, rightHandSide: new Float64Array(21), rows }), file),
      );
    },
    (b) => readNormals([b], { file }),
  ],
  [
    'binary Level-1B',
    async () => {
      const head = `FILE FORMAT 0=BINARY 1=ASCII  : 1\n# END OF HEADER\n`;
      const record = '189345605 A 3 0.5 -0.5 0.5 -0.5 1e-5 00000001\n';
      const { table } = await readLevel1bTable([Buffer.from(head + record.repeat(30))], {
        file: 'SCA1B_2006-01-01_A_03.asc',
      });
      return Buffer.from(writeLevel1bBinary(table, { product: 'SCA1B', satellite: 'A' }));
    },
    (b) => readLevel1bTable([b], { file: 'SCA1B_2006-01-01_A_02.dat' }),
  ],
  [
    'block filter',
    () =>
      Buffer.from(
        writeBlockFilter({
          description: 'x',
          blocks: [{ order: 0, kind: 0, degreeFirst: 2, size: 3, matrix: new Float64Array(9) }],
        }),
      ),
    (b) => readBlockFilter([b], { file }),
  ],
  [
    'TN-14',
    () => fixture('technotes/TN-14_C30_C20_GSFC_SLR.txt'),
    text((t) => parseLowDegreeSeries(t, { file })),
  ],
  [
    'TN-13',
    () => fixture('technotes/TN-13_GEOC_CSR_RL0602.txt'),
    text((t) => parseDegreeOneSeries(t, { file })),
  ],
  ['GIA grid', () => lines('gia/GIA_n100_mass_0km.txt.gz', 500), text((t) => parseGiaGrid(t, { file }))],
  ['outline', () => fixture('basins/amazon_new.bln'), text((t) => parseBasinOutline(t, { file }))],
  ['finals2000A', () => fixture('eop/finals2000A.2022'), text((t) => parseEop(t, { file }))],
  ['leap seconds', () => fixture('eop/leap-seconds.list'), text((t) => parseLeapSeconds(t, { file }))],
];

describe('any damage to a file gives records or a FormatError', () => {
  for (const [name, make, read] of readers) {
    it(name, async () => {
      const bytes = await make();
      const random = randomNumbers(name.length * 7919 + bytes.length);
      const wrong: string[] = [];
      let refused = 0;
      for (let i = 0; i < 120; i++) {
        try {
          await read(damage(bytes, random));
        } catch (error) {
          if (error instanceof FormatError) refused++;
          else wrong.push(`${i}: ${error}`);
        }
      }
      expect(wrong).toEqual([]);
      expect(refused).toBeGreaterThan(20);
    });
  }
});
