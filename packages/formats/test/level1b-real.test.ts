import { readdirSync, readFileSync } from 'node:fs';
import {
  createQualityCollector,
  openLevel1b,
  parseLevel1bFileName,
  parseLevel1bReport,
  readLevel1bTable,
} from '@gravity/formats';
import { beforeAll, describe, expect, it } from 'vitest';
import { archiveMembers, chunked, fixture } from './helpers.js';

let members: Map<string, Uint8Array>;
beforeAll(async () => {
  members = await archiveMembers();
  const folder = new URL('./fixtures/level1/', import.meta.url);
  for (const name of readdirSync(folder)) {
    if (name.endsWith('.txt')) members.set(name, readFileSync(new URL(name, folder)));
  }
});

/** Lines after the header, counted on the text and not with the reader. */
function linesAfterHeader(bytes: Uint8Array): number {
  const text = Buffer.from(bytes).toString('latin1');
  const mark = /^(# End of YAML header|END OF HEADER) *$/m.exec(text);
  if (!mark) throw new Error('no header end');
  return text
    .slice(mark.index + mark[0].length)
    .split('\n')
    .filter((line) => line.trim() !== '').length;
}

describe('real Level-1 files', () => {
  it('holds the 96 files of the four archives and the single products', () => {
    expect([...members.keys()].filter((name) => name.endsWith('.txt'))).toHaveLength(96);
    expect([...members.keys()].some((name) => name.startsWith('._'))).toBe(false);
  });

  it('reads every record of every file', async () => {
    for (const [name, bytes] of members) {
      if (!name.endsWith('.txt')) continue;
      const { header, table } = await readLevel1bTable([bytes], { file: name });
      expect(table.count, name).toBe(linesAfterHeader(bytes));
      expect(header.product, name).toBe(name.slice(0, 5));
      for (const [column, values] of Object.entries(table.numbers)) {
        expect(values.length, `${name} ${column}`).toBe(table.count);
      }
    }
  });

  it('takes no more records than the report and header of the full day announce', async () => {
    let compared = 0;
    for (const [name, bytes] of members) {
      const reportBytes = members.get(name.replace(/txt$/, 'rpt'));
      if (!name.endsWith('.txt') || !reportBytes) continue;
      const [report] = parseLevel1bReport(Buffer.from(reportBytes).toString('latin1'), name);
      const { header, table } = await readLevel1bTable([bytes], { file: name });
      expect(report.name.slice(0, 5), name).toBe(name.slice(0, 5));
      expect(report.recordCount, name).toBeGreaterThanOrEqual(table.count);
      // complete in the archive: the report counts what the file holds
      if (header.recordCount === table.count && /^(MAS1B|USO1B|LLG1A)/.test(name)) {
        expect(report.recordCount, name).toBe(table.count);
        // report epochs are doubles printed with 16 digits: 1e-6 s at 7e8 s
        expect(Math.abs(report.firstGpsSeconds - table.gpsSeconds[0]), name).toBeLessThan(2e-6);
        compared++;
      }
      if (header.startGpsSeconds !== undefined && header.timeScale === 'gps' && table.count > 0) {
        expect(Math.abs(header.startGpsSeconds - table.gpsSeconds[0]), name).toBeLessThan(2e-6);
      }
    }
    expect(compared).toBe(6);
  });

  it('gives the same values whatever the borders of the chunks and batches', async () => {
    const name = 'GPS1B_2023-06-01_C_04.txt';
    const bytes = members.get(name)!;
    const whole = await readLevel1bTable([bytes], { file: name });
    for (const length of [1, 7, 64, 1000]) {
      const parts = await readLevel1bTable(chunked(bytes, length), { file: name, batchRows: 7 });
      expect(parts.table).toEqual(whole.table);
    }
  });

  it('reads values exactly as Number() does', async () => {
    for (const name of [
      'KBR1B_2023-06-01_Y_04.txt',
      'GNI1B_2023-06-01_C_04.txt',
      'ACT1B_2023-06-01_D_04.txt',
    ]) {
      const { header, table } = await readLevel1bTable([members.get(name)!], { file: name });
      const text = Buffer.from(members.get(name)!).toString('latin1');
      const rows = text
        .slice(text.indexOf('# End of YAML header\n') + 21)
        .trimEnd()
        .split('\n');
      rows.forEach((row, i) => {
        const words = row.trim().split(/\s+/);
        header.columns.forEach((column, k) => {
          if (column.kind === 'number') expect(table.numbers[column.name][i]).toBe(Number(words[k]));
          else if (column.kind === 'bits')
            expect(table.bits[column.name][i]).toBe(Number.parseInt(words[k], 2));
          else expect(table.texts[column.name][i]).toBe(words[k]);
        });
      });
    }
  });

  it('understands prod_flag through the meanings of its bits', async () => {
    // ACC1A: bit 26 is the ICU block number, although it is the 26th (not 27th) optional variable;
    // first record of 2023-06-01: 3 linear and 3 angular accelerations and block 0
    const acc = await readLevel1bTable([members.get('ACC1A_2023-06-01_C_04.txt')!], {
      file: 'ACC1A_2023-06-01_C_04.txt',
    });
    expect(acc.table.numbers.lin_accl_x[0]).toBe(-1.064995712362181e-5);
    expect(acc.table.numbers.icu_blk_nr[0]).toBe(0);
    expect(acc.table.numbers.bias_vol[0]).toBeNaN();
    // AHK1B, second record: TFEEU_YZ absent, X1 … ; proof mass voltage 9.98 V (bit 6), status flag 13 set in ten records
    const ahk = await readLevel1bTable([members.get('AHK1B_2023-06-01_C_04.txt')!], {
      file: 'AHK1B_2023-06-01_C_04.txt',
    });
    expect(ahk.table.numbers.Vp[0]).toBe(9.984976053237915);
    expect(ahk.table.bits.statusflag).toHaveLength(100);
    // MAS1B bits 6 and 7: gas in the tanks
    const mas = await readLevel1bTable([members.get('MAS1B_2023-06-01_C_04.txt')!], {
      file: 'MAS1B_2023-06-01_C_04.txt',
    });
    expect(mas.table.numbers.gas_mass_tnk1[0]).toBe(13.43510675514573);
    expect(mas.table.numbers.mass_thr[0]).toBeNaN();
    // GNV1A: n_prns groups of three follow the flag
    const gnv = await readLevel1bTable([members.get('GNV1A_2023-06-01_C_04.txt')!], {
      file: 'GNV1A_2023-06-01_C_04.txt',
    });
    expect(gnv.table.repeated?.names).toEqual(['prn_id', 'el_prn', 'az_prn']);
    expect(gnv.table.repeated?.offsets[1]).toBe(gnv.table.numbers.n_prns[0]);
  });

  it('keeps whole and fractional seconds, in the unit the data are in', async () => {
    const at = async (name: string) => (await readLevel1bTable([members.get(name)!], { file: name })).table;
    // microseconds by header: .rpt says 738849600.0910619
    const ahk = await at('AHK1B_2023-06-01_C_04.txt');
    expect([ahk.wholeSeconds[0], ahk.fractionSeconds[0]]).toEqual([738849600, 0.091062]);
    // nanoseconds by header: .rpt says 738849600.1383209
    const lhk = await at('LHK1B_2023-06-01_C_04.txt');
    expect([lhk.wholeSeconds[0], lhk.fractionSeconds[0]]).toEqual([738849600, 0.138320886]);
    // the MAG1B header says nanoseconds and is wrong: .rpt says 738849600.083329
    const mag = await at('MAG1B_2023-06-01_C_04.txt');
    expect([mag.wholeSeconds[0], mag.fractionSeconds[0]]).toEqual([738849600, 0.083329]);
  });

  it('reads units and flag meanings from the header', async () => {
    const name = 'KBR1B_2023-06-01_Y_04.txt';
    const { header } = await openLevel1b([members.get(name)!], { file: name });
    const column = (key: string) => header.columns.find((c) => c.name === key);
    expect(column('K_A_SNR')?.unit).toBe('0.1 db-Hz');
    expect(column('qualflg')?.flagMeanings).toContainEqual({
      firstBit: 3,
      lastBit: 4,
      meaning: 'Not defined',
      defined: false,
    });
    expect(header.satellite).toBe('Y');
    expect(header.timeScale).toBe('gps');
    expect(header.recordCount).toBe(17280);
    expect(header.globalAttributes.product_version).toBe('04');
  });

  it('finds the real files plausible, and the header count wrong', async () => {
    for (const [name, bytes] of members) {
      if (!name.endsWith('.txt')) continue;
      const { header, batches } = await openLevel1b([bytes], { file: name });
      const collector = createQualityCollector(header);
      let count = 0;
      for await (const batch of batches) {
        collector.add(batch);
        count += batch.count;
      }
      const report = JSON.parse(JSON.stringify(collector.finish()));
      expect(report.recordCount).toBe(count);
      expect(
        report.issues.filter((i: { severity: string }) => i.severity === 'error'),
        name,
      ).toEqual([]);
      const codes = new Set(report.issues.map((i: { code: string }) => i.code));
      expect(codes.has('record_count'), name).toBe(
        header.recordCount !== undefined && header.recordCount !== count,
      );
      expect(codes.has('gap'), name).toBe(false);
    }
  });

  it('counts flag bits with the meanings of the header', async () => {
    const name = 'GNI1B_2023-06-01_C_04.txt';
    const { header, batches } = await openLevel1b([members.get(name)!], { file: name });
    const collector = createQualityCollector(header);
    for await (const batch of batches) collector.add(batch);
    expect(collector.finish().flags).toEqual([
      {
        column: 'qualflg',
        bit: 7,
        meaning: 'Formal errors are not available and are set to 0.0',
        count: 100,
      },
    ]);
  });

  it('reads a file without records', async () => {
    const name = 'ACT1B_2024-04-01_D_04.txt';
    const { header, table } = await readLevel1bTable([members.get(name)!], { file: name });
    expect(header.recordCount).toBe(0);
    expect(table.count).toBe(0);
  });
});

describe('names and reports', () => {
  it('parses file names and nothing that only looks like one', () => {
    expect(parseLevel1bFileName('a/b/GNV1B_2023-06-01_C_04.txt')).toEqual({
      product: 'GNV1B',
      date: '2023-06-01',
      satellite: 'C',
      version: '04',
      extension: 'txt',
    });
    for (const name of [
      '._GNV1B_2023-06-01_C_04.txt',
      'GNV1B_2023-13-01_C_04.txt',
      'GNV1B_2023-06-01_Z_04.txt',
    ]) {
      expect(parseLevel1bFileName(name)).toBeUndefined();
    }
  });

  it('parses report lines', () => {
    const text = Buffer.from(members.get('GNI1B_2023-06-01_C_04.rpt')!).toString('latin1');
    const [report] = parseLevel1bReport(text, 'GNI1B_2023-06-01_C_04.rpt');
    expect(report).toMatchObject({
      recordCount: 86521,
      firstGpsSeconds: 738849540,
      lastGpsSeconds: 738936060,
    });
    // bit 7 (no formal errors) in all records, as in the data
    expect(report.flagCounts).toEqual([0, 0, 0, 0, 0, 0, 0, 86521]);
    expect(report.stepSeconds).toEqual({ mean: 1, standardDeviation: 0, minimum: 1, maximum: 1 });
    const passes = parseLevel1bReport(fixture('level1/ACC1A_C_04.pass').toString(), 'ACC1A_C_04.pass');
    expect(passes.length).toBeGreaterThan(50);
  });
});
