import { gzipSync } from 'node:zlib';
import { FormatError, type FormatErrorCode, openArchive, openLevel1b, readAllBytes } from '@gravity/formats';
import fc from 'fast-check';
import { pack } from 'tar-stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { archiveMembers, drain, errorOf, fixture, fixtureStream } from './helpers.js';

const GNV = 'GNV1B_2023-06-01_C_04.txt';
const KBR = 'KBR1B_2023-06-01_Y_04.txt';
const MAS = 'MAS1B_2023-06-01_C_04.txt';
let texts: Map<string, string>;
beforeAll(async () => {
  const members = await archiveMembers();
  texts = new Map([...members].map(([name, bytes]) => [name, Buffer.from(bytes).toString('latin1')]));
});

/** Changes line n (1-based). */
function changeLine(text: string, n: number, change: (line: string) => string): string {
  const lines = text.split('\n');
  lines[n - 1] = change(lines[n - 1]);
  return lines.join('\n');
}

interface Case {
  readonly what: string;
  readonly name: string;
  readonly make: (text: string) => string;
  readonly code: FormatErrorCode;
  readonly line?: number;
  readonly field?: string;
}

// GNV1B: header of 148 lines, records 149–248; KBR1B: 162, records 163–262; MAS1B: 148
const CASES: readonly Case[] = [
  { what: 'empty file', name: GNV, make: () => '', code: 'empty_file' },
  {
    what: 'binary junk',
    name: GNV,
    make: () => '\u0000\u0001\u00ff\u00fe'.repeat(500),
    code: 'unknown_format',
    line: 1,
  },
  {
    what: 'HTML instead of data',
    name: GNV,
    make: () => '<!DOCTYPE html>\n<html>',
    code: 'unknown_format',
    line: 1,
  },
  {
    what: 'header without END',
    name: GNV,
    make: (t) => t.replace('# End of YAML header\n', ''),
    code: 'header_without_end',
    line: 247,
  },
  { what: 'header cut', name: GNV, make: (t) => t.slice(0, 2000), code: 'header_without_end' },
  {
    what: 'broken YAML',
    name: GNV,
    make: (t) => t.replace('  dimensions:', '  dimensions: ['),
    code: 'bad_yaml',
  },
  {
    what: 'no variables',
    name: GNV,
    make: (t) => t.replace(/ {2}variables:[\s\S]*(?=# End)/, ''),
    code: 'no_variables',
    field: 'variables',
  },
  {
    what: 'count that is none',
    name: GNV,
    make: (t) => t.replace('num_records: 86400', 'num_records: many'),
    code: 'bad_header',
    field: 'num_records',
  },
  {
    what: 'column missing',
    name: GNV,
    make: (t) => changeLine(t, 160, (l) => l.replace(/ \S+$/, '')),
    code: 'column_count',
    line: 160,
    field: 'qualflg',
  },
  {
    what: 'column too many',
    name: GNV,
    make: (t) => changeLine(t, 161, (l) => `${l} 1`),
    code: 'column_count',
    line: 161,
  },
  {
    what: 'not a number',
    name: KBR,
    make: (t) => changeLine(t, 170, (l) => l.replace(/ -?404\d+\.\d+/, ' abc')),
    code: 'not_a_number',
    line: 170,
    field: 'biased_range',
  },
  {
    what: 'text NaN',
    name: KBR,
    make: (t) => changeLine(t, 171, (l) => l.replace(/ -?404\d+\.\d+/, ' NaN')),
    code: 'not_a_number',
    line: 171,
    field: 'biased_range',
  },
  {
    what: 'stars of an overflowed field',
    name: KBR,
    make: (t) => changeLine(t, 172, (l) => l.replace(/ -?404\d+\.\d+/, ' ******')),
    code: 'not_a_number',
    line: 172,
    field: 'biased_range',
  },
  {
    what: 'number beyond doubles',
    name: KBR,
    make: (t) => changeLine(t, 173, (l) => l.replace(/ -?404\d+\.\d+/, ' 1e999')),
    code: 'not_a_number',
    line: 173,
    field: 'biased_range',
  },
  {
    what: 'unknown satellite',
    name: GNV,
    make: (t) => changeLine(t, 150, (l) => l.replace(' C ', ' Q ')),
    code: 'unknown_satellite',
    line: 150,
    field: 'GRACEFO_id',
  },
  {
    what: 'unknown frame',
    name: GNV,
    make: (t) => changeLine(t, 151, (l) => l.replace(' E ', ' X ')),
    code: 'unknown_frame',
    line: 151,
    field: 'coord_ref',
  },
  {
    what: 'flag with other digits',
    name: GNV,
    make: (t) => changeLine(t, 152, (l) => l.replace(/\d{8}$/, '00000002')),
    code: 'bad_flag',
    line: 152,
    field: 'qualflg',
  },
  {
    what: 'flag of other width',
    name: GNV,
    make: (t) => changeLine(t, 153, (l) => `${l}0`),
    code: 'bad_flag',
    line: 153,
    field: 'qualflg',
  },
  {
    what: 'epoch that is none',
    name: GNV,
    make: (t) => changeLine(t, 154, (l) => l.replace(/^\d+/, '99999999999')),
    code: 'bad_time',
    line: 154,
    field: 'gps_time',
  },
  {
    what: 'fraction out of range',
    name: MAS,
    make: (t) => changeLine(t, 149, (l) => l.replace(' 983274 ', ' 1983274 ')),
    code: 'bad_time',
    line: 149,
    field: 'time_frac',
  },
  {
    what: 'prod_flag with a bit that has no column',
    name: 'TNK1B_2023-06-01_C_04.txt',
    make: (t) => t.replace(' 00000011 ', ' 10000011 '),
    code: 'undefined_product_bit',
    line: 155,
    field: 'prod_flag',
  },
  {
    what: 'prod_flag promising more than the record holds',
    name: MAS,
    make: (t) => changeLine(t, 150, (l) => l.replace('11000000', '11000001')),
    code: 'column_count',
    line: 150,
    field: 'gas_mass_tnk2',
  },
  {
    what: 'cut inside a number',
    name: GNV,
    make: (t) => t.slice(0, -100),
    code: 'truncated_line',
    line: 248,
  },
  {
    what: 'cut inside the flag',
    name: GNV,
    make: (t) => t.slice(0, -4),
    code: 'truncated_line',
    line: 248,
    field: 'qualflg',
  },
  {
    what: 'cut inside the last number of a record that ends with it',
    name: MAS,
    make: (t) => t.slice(0, -3),
    code: 'truncated_line',
    line: 172,
  },
  {
    what: 'cut inside an exponent',
    name: KBR,
    make: (t) => t.slice(0, t.lastIndexOf('e-') + 2),
    code: 'truncated_line',
    line: 262,
  },
];

describe('corrupt Level-1 files', () => {
  for (const { what, name, make, code, line, field } of CASES) {
    it(`${what}: ${code}`, async () => {
      const changed = make(texts.get(name)!);
      expect(changed).not.toBe(texts.get(name));
      const error = await errorOf(() => drain(Buffer.from(changed, 'latin1'), name));
      expect({ code: error.code, file: error.file }).toEqual({ code, file: name });
      if (line !== undefined) {
        expect(error.line).toBe(line);
        expect(error.message).toContain(`${name}, line ${line}`);
      }
      if (field !== undefined) expect(error.field).toBe(field);
    });
  }

  it('takes a last record whose line end alone is missing', async () => {
    expect(await drain(Buffer.from(texts.get(GNV)!.slice(0, -1), 'latin1'), GNV)).toBe(100);
  });

  it('refuses an endless line in constant memory', async () => {
    const header = texts.get(GNV)!.slice(0, texts.get(GNV)!.indexOf('# End of YAML header\n') + 21);
    function* endless() {
      yield Buffer.from(header);
      for (;;) yield Buffer.alloc(65536, '1');
    }
    const error = await errorOf(async () => {
      const file = await openLevel1b(endless(), { file: GNV });
      for await (const batch of file.batches) expect(batch.count).toBe(0);
    });
    expect(error.code).toBe('line_too_long');
  });

  it('closes the source when the reader stops early or fails', async () => {
    let closed = 0;
    async function* source(text: string) {
      try {
        for (const line of text.split(/(?<=\n)/)) yield Buffer.from(line, 'latin1');
      } finally {
        closed++;
      }
    }
    const file = await openLevel1b(source(texts.get(GNV)!), { file: GNV, batchRows: 5 });
    for await (const batch of file.batches) {
      expect(batch.count).toBe(5);
      break;
    }
    expect(closed).toBe(1);
    await errorOf(() => openLevel1b(source('junk\nmore'), { file: GNV }));
    expect(closed).toBe(2);
  });
});

describe('fuzzing', () => {
  it('any damage to a file gives records or a FormatError', async () => {
    const names = [
      GNV,
      KBR,
      MAS,
      'GPS1B_2023-06-01_C_04.txt',
      'ILG1A_2023-06-01_C_04.txt',
      'GNV1A_2023-06-01_C_04.txt',
    ];
    const damage = fc.record({
      name: fc.constantFrom(...names),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      remove: fc.integer({ min: 0, max: 200 }),
      insert: fc.oneof(
        fc.uint8Array({ maxLength: 20 }),
        fc.string({ maxLength: 20 }).map((s) => Buffer.from(s)),
      ),
      chunk: fc.integer({ min: 1, max: 5000 }),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ name, at, remove, insert, chunk }) => {
        const bytes = Buffer.from(texts.get(name)!, 'latin1');
        const i = Math.floor(at * bytes.length);
        const damaged = Buffer.concat([bytes.subarray(0, i), insert, bytes.subarray(i + remove)]);
        function* source() {
          for (let k = 0; k < damaged.length; k += chunk) yield damaged.subarray(k, k + chunk);
        }
        try {
          const file = await openLevel1b(source(), { file: name });
          for await (const batch of file.batches) expect(batch.count).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 600 },
    );
  });

  it('any bytes at all give records or a FormatError', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.boolean(), async (junk, withStart) => {
        const bytes = withStart ? Buffer.concat([Buffer.from('header:\n  variables:\n'), junk]) : junk;
        await errorOf(() => drain(bytes, 'x.txt'));
      }),
      { numRuns: 500 },
    );
  });
});

async function members(bytes: Uint8Array, file: string): Promise<string[]> {
  const names: string[] = [];
  for await (const member of openArchive([bytes], { file })) {
    await readAllBytes(member.stream, member.name);
    names.push(member.name);
  }
  return names;
}

function tar(entries: readonly (readonly [name: string, content: string, type?: 'symlink' | 'directory'])[]) {
  const archive = pack();
  for (const [name, content, type] of entries) {
    if (type) archive.entry({ name, type, linkname: '/etc/passwd' });
    else archive.entry({ name }, content);
  }
  archive.finalize();
  return readAllBytes(archive as AsyncIterable<Uint8Array>, 'tar');
}

describe('archives', () => {
  it('leaves AppleDouble companions out and keeps the order', async () => {
    const file = 'gracefo_1B_2023-06-01_RL04.ascii.noLRI.tgz';
    const names: string[] = [];
    // members unread are passed over
    for await (const member of openArchive(fixtureStream(`level1/${file}`), { file }))
      names.push(member.name);
    expect(names).toHaveLength(62);
    expect(names.every((name) => /^[A-Z]{3}1B_2023-06-01_[CDY]_04\.(txt|rpt)$/.test(name))).toBe(true);
  });

  it('opens plain, gzip, tar and tgz files by their bytes', async () => {
    const archive = await tar([
      ['a/b/x.txt', 'X'],
      ['y.txt', 'Y'],
    ]);
    expect(await members(Buffer.from('plain'), 'data/p.txt')).toEqual(['p.txt']);
    expect(await members(gzipSync('plain'), 'p.txt.gz')).toEqual(['p.txt']);
    expect(await members(archive, 'a.tar')).toEqual(['x.txt', 'y.txt']);
    expect(await members(gzipSync(archive), 'a.tgz')).toEqual(['x.txt', 'y.txt']);
    const twice = Buffer.concat([gzipSync('one'), gzipSync('two')]);
    for await (const { stream } of openArchive([twice], { file: 'two.gz' })) {
      expect(Buffer.from(await readAllBytes(stream, 'two')).toString()).toBe('onetwo');
    }
  });

  it('reduces names to base names and passes over links and folders', async () => {
    const archive = await tar([
      ['../../etc/cron.d/evil.txt', 'E'],
      ['/abs/olute.txt', 'A'],
      ['folder', '', 'directory'],
      ['link.txt', '', 'symlink'],
      ['windows\\..\\w.txt', 'W'],
      ['._hidden.txt', 'H'],
    ]);
    expect(await members(archive, 'a.tar')).toEqual(['evil.txt', 'olute.txt', 'w.txt']);
    const error = await errorOf(async () => members(await tar([['a/..', 'x']]), 'a.tar'));
    expect(error.code).toBe('unsafe_name');
  });

  it('tells damaged archives', async () => {
    const tgz = fixture('level1/gracefo_1B_2023-06-01_RL04.ascii.LRI.tgz');
    const wrongCrc = Buffer.from(tgz);
    wrongCrc[wrongCrc.length - 6] ^= 1;
    const archive = await tar([
      ['x.txt', 'X'.repeat(5000)],
      ['y.txt', 'Y'],
    ]);
    const wrongSum = Buffer.from(archive);
    wrongSum[0] ^= 1;
    const cases: readonly (readonly [string, Uint8Array, FormatErrorCode])[] = [
      ['empty.tgz', Buffer.alloc(0), 'empty_file'],
      ['cut.tgz', tgz.subarray(0, 9000), 'bad_gzip'],
      ['crc.tgz', wrongCrc, 'bad_gzip'],
      ['head.gz', Buffer.from([0x1f, 0x8b, 9, 9, 9]), 'bad_gzip'],
      ['cut.tar', archive.subarray(0, 3000), 'bad_tar'],
      ['sum.tar', wrongSum, 'bad_tar'],
      ['junk.tar', Buffer.alloc(2048, 'junk'), 'bad_tar'],
    ];
    for (const [file, bytes, code] of cases) {
      const error = await errorOf(() => members(bytes, file));
      expect([file, error.code]).toEqual([file, code]);
      expect(error.file).toBe(file);
    }
  });

  it('goes on with the next member when one is bad or left half read', async () => {
    const good = texts.get(GNV)!;
    const big = `${good}${good.slice(good.indexOf('# End of YAML header\n') + 21).repeat(40)}`;
    const archive = await tar([
      ['GNV1B_2023-06-01_D_04.txt', changeLine(big, 160, (l) => l.replace(' C ', ' Q '))],
      ['left.bin', 'L'.repeat(3_000_000)],
      ['broken.txt', 'junk\n'.repeat(500_000)],
      [GNV, big],
    ]);
    const seen: string[] = [];
    function* slices() {
      for (let i = 0; i < archive.length; i += 10_000) yield archive.subarray(i, i + 10_000);
    }
    for await (const { name, stream } of openArchive(slices(), { file: 'a.tar' })) {
      if (name === 'left.bin') {
        for await (const chunk of stream) {
          seen.push(`left ${chunk.length > 0}`);
          break;
        }
        continue;
      }
      try {
        const file = await openLevel1b(stream, { file: name });
        let count = 0;
        for await (const batch of file.batches) count += batch.count;
        seen.push(`${name} ${count}`);
      } catch (error) {
        seen.push(`${name} ${(error as FormatError).code}`);
      }
    }
    expect(seen).toEqual([
      'GNV1B_2023-06-01_D_04.txt unknown_satellite',
      'left true',
      'broken.txt unknown_format',
      `${GNV} 4100`,
    ]);
  });

  it('closes its source when left early', async () => {
    const archive = gzipSync(
      await tar([
        ['x.txt', 'X'.repeat(500_000)],
        ['y.txt', 'Y'],
      ]),
    );
    let closed = false;
    async function* source() {
      try {
        for (let i = 0; i < archive.length; i += 100) yield archive.subarray(i, i + 100);
      } finally {
        closed = true;
      }
    }
    for await (const member of openArchive(source(), { file: 'a.tgz' })) {
      expect(member.name).toBe('x.txt');
      break;
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed).toBe(true);
  });

  it('stops at the size limit', async () => {
    const bomb = gzipSync(Buffer.alloc(5_000_000));
    const error = await errorOf(async () => {
      for await (const { stream } of openArchive([bomb], { file: 'bomb.gz', maxBytes: 1_000_000 })) {
        await readAllBytes(stream, 'bomb');
      }
    });
    expect(error.code).toBe('too_large');
  });

  it('gives members or a FormatError for any damage', async () => {
    const archive = await tar([
      ['x.txt', 'X'.repeat(700)],
      ['y.txt', 'Y'],
    ]);
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: archive.length - 1 }),
        fc.uint8Array({ maxLength: 8 }),
        fc.nat({ max: archive.length }),
        fc.boolean(),
        async (at, insert, keep, zip) => {
          const tar = Buffer.concat([
            archive.subarray(0, at),
            insert,
            archive.subarray(at + insert.length),
          ]).subarray(0, keep);
          try {
            await members(zip ? gzipSync(tar) : tar, zip ? 'a.tgz' : 'a.tar');
          } catch (error) {
            expect(error).toBeInstanceOf(FormatError);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
