import {
  accelerometerRecords,
  attitudeRecords,
  concatenateBatches,
  createQualityCollector,
  type FormatErrorCode,
  type Level1bBatch,
  openLevel1b,
  orbitRecords,
  readLevel1bTable,
  writeLevel1bBinary,
} from '@gravity/formats';
import { beforeAll, describe, expect, it } from 'vitest';
import { archiveMembers, chunked, drain, errorOf } from './helpers.js';

/*
 * No binary file is among the references. The records are those of the GRACE Level-1B handbook (JPL D-22027): two of
 * them are laid out byte by byte here, and the real GRACE-FO tables of 2023-06-01 go through the writer and back.
 */
const HEAD = (product: string, extra = '') =>
  Buffer.from(
    `${'PRODUCER AGENCY'.padEnd(30)}: NASA\n${'FILE FORMAT 0=BINARY 1=ASCII'.padEnd(30)}: 0\n${'SATELLITE NAME'.padEnd(30)}: GRACE A\n` +
      `${'TIME EPOCH (GPS TIME)'.padEnd(30)}: 2000-01-01 12:00:00\n${'FILENAME'.padEnd(30)}: ${product}_2006-01-01_A_02.dat\n` +
      `${'NUMBER OF DATA RECORDS'.padEnd(30)}: 1\n${extra}${'END OF HEADER'.padEnd(80)}\n`,
  );

function kbrRecord(): Buffer {
  const record = Buffer.alloc(93);
  record.writeInt32BE(189_345_600, 0); // 2006-01-01T12:00:00 GPS
  [-52_000.25, 0.5, -1e-4, 0.125, -3e-3, 2e-6, -1e-9, 2.9, 1e-7, -2e-10].forEach((v, i) => {
    record.writeDoubleBE(v, 4 + 8 * i);
  });
  [680, 690, 670, 700].forEach((v, i) => {
    record.writeUInt16BE(v, 84 + 2 * i);
  });
  record[92] = 0b0100_0010;
  return record;
}

function scaRecord(): Buffer {
  const record = Buffer.alloc(47);
  record.writeInt32BE(189_345_605, 0);
  record.write('A', 4);
  record.writeInt8(3, 5);
  [0.5, -0.5, 0.5, -0.5, 1e-5].forEach((v, i) => {
    record.writeDoubleBE(v, 6 + 8 * i);
  });
  record[46] = 1;
  return record;
}

let members: Map<string, Uint8Array>;
beforeAll(async () => {
  members = await archiveMembers();
});
const real = (name: string) => {
  const bytes = members.get(name);
  if (!bytes) throw new Error(`no ${name}`);
  return readLevel1bTable([bytes], { file: name });
};

describe('binary Level-1B of GRACE', () => {
  it('reads a KBR1B record byte by byte', async () => {
    const bytes = Buffer.concat([HEAD('KBR1B'), kbrRecord()]);
    const { header, table } = await readLevel1bTable(chunked(bytes, 50), {
      file: 'KBR1B_2006-01-01_X_02.dat',
    });
    expect(header).toMatchObject({ product: 'KBR1B', style: 'binary', timeScale: 'gps', recordCount: 1 });
    expect(table.count).toBe(1);
    expect(Array.from(table.gpsSeconds)).toEqual([189_345_600]);
    expect(Object.fromEntries(Object.entries(table.numbers).map(([k, v]) => [k, v[0]]))).toEqual({
      gps_time: 189_345_600,
      biased_range: -52_000.25,
      range_rate: 0.5,
      range_accl: -1e-4,
      iono_corr: 0.125,
      lighttime_corr: -3e-3,
      lighttime_rate: 2e-6,
      lighttime_accl: -1e-9,
      ant_centr_corr: 2.9,
      ant_centr_rate: 1e-7,
      ant_centr_accl: -2e-10,
      K_A_SNR: 680,
      Ka_A_SNR: 690,
      K_B_SNR: 670,
      Ka_B_SNR: 700,
    });
    expect(table.bits.qualflg[0]).toBe(0b0100_0010);
  });

  it('reads an SCA1B record and gives the records of the ASCII reader', async () => {
    const bytes = Buffer.concat([HEAD('SCA1B'), scaRecord()]);
    const { header, table } = await readLevel1bTable([bytes], { file: 'copy.bin' }); // product from FILENAME
    expect(header.satellite).toBe('A');
    const records = attitudeRecords(header, table);
    expect(Array.from(records.quaternion)).toEqual([0.5, -0.5, 0.5, -0.5]);
    expect(records.satellite).toEqual(['A']);
    expect(records.cameras[0]).toBe(3);
    expect(records.qualityFlags[0]).toBe(1);
  });

  const products = [
    ['KBR1B', 'KBR1B_2023-06-01_Y_04.txt', 93],
    ['GNV1B', 'GNV1B_2023-06-01_C_04.txt', 103],
    ['SCA1B', 'SCA1B_2023-06-01_D_04.txt', 47],
    ['ACC1B', 'ACT1B_2023-06-01_C_04.txt', 78],
  ] as const;
  for (const [product, name, size] of products) {
    it(`writes and reads ${product}: real values come back bit for bit`, async () => {
      const { table } = await real(name);
      const letter = name.charAt(17);
      const bytes = writeLevel1bBinary(table, { product, satellite: letter });
      const empty = writeLevel1bBinary({ ...table, count: 0 }, { product, satellite: letter });
      // record lengths of the handbook; only the counts and epochs of the header may differ
      const end = Buffer.from(bytes).indexOf('END OF HEADER') + 81;
      expect(bytes.length - end).toBe(size * table.count);
      expect(Buffer.from(empty).indexOf('END OF HEADER') + 81).toBe(empty.length);
      const { header, batches } = await openLevel1b(chunked(bytes, 777), {
        file: `${product}_2023-06-01_${letter}_02.dat`,
        batchRows: 30,
      });
      const parts: Level1bBatch[] = [];
      for await (const batch of batches) parts.push(batch);
      expect(parts.length).toBeGreaterThan(1);
      expect(parts[1].firstLine).toBe(31);
      const again = concatenateBatches(header, parts);
      expect(again.count).toBe(table.count);
      expect(again.numbers).toEqual(table.numbers);
      expect(again.bits).toEqual(table.bits);
      expect(again.texts).toEqual(table.texts);
      expect(again.gpsSeconds).toEqual(table.gpsSeconds);
    });
  }

  it('goes into the record functions and the quality checks', async () => {
    const { table } = await real('GNV1B_2023-06-01_C_04.txt');
    const bytes = writeLevel1bBinary(table, { product: 'GNV1B', satellite: 'C' });
    const { header, table: again } = await readLevel1bTable([bytes], { file: 'GNV1B_2023-06-01_C_02.dat' });
    const orbit = orbitRecords(header, again);
    expect(orbit.frame).toBe('terrestrial');
    expect(Math.hypot(...orbit.position.subarray(0, 3))).toBeGreaterThan(6.8e6);
    const collector = createQualityCollector(header);
    collector.add(again);
    expect(collector.finish().issues.filter((issue) => issue.severity === 'error')).toEqual([]);
    const acceleration = await real('ACT1B_2023-06-01_C_04.txt');
    const acc = writeLevel1bBinary(acceleration.table, { product: 'ACC1B', satellite: 'C' });
    const read = await readLevel1bTable([acc], { file: 'ACC1B_2023-06-01_C_02.dat' });
    expect(accelerometerRecords(read.header, read.table).linear).toEqual(
      accelerometerRecords(acceleration.header, acceleration.table).linear,
    );
  });

  it('reads release 03 ASCII with the keyword header', async () => {
    const text = `${HEAD('SCA1B')
      .toString()
      .replace('1=ASCII  : 0', '1=ASCII  : 1')
      .replace(/END OF HEADER *\n/, '# END OF HEADER\n')}189345605 A 3 0.5 -0.5 0.5 -0.5 1e-5 00000001\n`;
    const { header, table } = await readLevel1bTable([Buffer.from(text)], {
      file: 'SCA1B_2006-01-01_A_03.asc',
    });
    expect(header.style).toBe('keyword');
    expect(Array.from(attitudeRecords(header, table).quaternion)).toEqual([0.5, -0.5, 0.5, -0.5]);
  });

  const changed = (change: (record: Buffer) => void) => {
    const record = scaRecord();
    change(record);
    return record;
  };
  const cases: readonly (readonly [string, Uint8Array, FormatErrorCode, string?])[] = [
    ['cut in a record', scaRecord().subarray(0, 40), 'truncated'],
    ['satellite', changed((r) => r.write('Q', 4)), 'unknown_satellite', 'GRACEFO_id'],
    ['no number', changed((r) => r.writeDoubleBE(Number.NaN, 14)), 'not_a_number', 'quaticoeff'],
  ];
  for (const [what, record, code, field] of cases) {
    it(`${what}: ${code} with its offset`, async () => {
      const head = HEAD('SCA1B');
      const bytes = Buffer.concat([head, scaRecord(), record]);
      const error = await errorOf(() => drain(bytes, 'SCA1B_2006-01-01_A_02.dat'));
      expect(error.code).toBe(code);
      expect(error.field).toBe(field);
      const inRecord = code === 'truncated' ? 0 : code === 'not_a_number' ? 14 : 4;
      expect(error.byteOffset).toBe(head.length + 47 + inRecord);
    });
  }

  it('says which binary records it knows', async () => {
    const error = await errorOf(() => drain(HEAD('THR1B'), 'THR1B_2006-01-01_A_02.dat'));
    expect(error.code).toBe('unsupported');
    expect(error.message).toContain('GNV1B');
  });
});
