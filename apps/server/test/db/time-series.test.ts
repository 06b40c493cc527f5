import { PGlite } from '@electric-sql/pglite';
import { copyRow, openDatabase, RowMarks, windowsOf } from '@gravity/server';
import { afterAll, describe, expect, it } from 'vitest';
import { seedDatabase } from '../../../../test/support/database-template.js';
import { temporaryFolder, testConfig } from '../helpers.js';
import { partitionsOf, upgradeKeepsRows } from './old-database.js';
import { kyselyOver } from './pglite-kysely.js';
import { timeSeriesContract } from './time-series-contract.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
timeSeriesContract('PGlite', () => {
  seedDatabase(folder.path);
  return openDatabase(testConfig(folder.path));
});

describe('a database of the version before', () => {
  it('keeps every row when its tables are divided by time', async () => {
    const pg = await PGlite.create({ parsers: { 20: (value: string) => value } });
    await pg.exec(`set timezone = 'UTC'`);
    const kysely = kyselyOver(pg);
    await upgradeKeepsRows(kysely);
    expect(await partitionsOf(kysely, 'baseline_vectors')).toEqual({ baseline_vectors_20230601: 2001 });
    await pg.close();
  });
});

describe('RowMarks', () => {
  const columns = ['time', 'gps_seconds', 'satellite', 'product'];
  const marksOf = (...rows: string[]) => {
    const marks = new RowMarks('satellite_observations', columns);
    const days = marks.add(Buffer.from(rows.join('')));
    return {
      days,
      hours: marks.marks().map(({ bucket, owner, product }) => `${bucket} ${owner} ${product}`),
    };
  };

  it('reads hours and series from COPY text of both forms of time', () => {
    const { days, hours } = marksOf(
      copyRow([new Date('2023-06-01T23:59:59.999Z'), 1, 'GRACE-C', 'GNV1B']),
      '2023-06-01 23:59:59.999999+00\t2\tGRACE-C\tGNV1B\n',
      '2023-06-02 00:00:00+00\t3\tGRACE-C\tGNV1B\n',
      '2023-06-02 00:00:00+00\t3\tGRACE-D\tGNV1B\n',
      copyRow(['2023-06-02 00:10:00+00', 4, 'a\tb', 'c\\d']),
    );
    expect(days).toEqual(['2023-06-01', '2023-06-02']);
    expect(hours).toEqual([
      '2023-06-01T23:00:00Z GRACE-C GNV1B',
      '2023-06-02T00:00:00Z GRACE-C GNV1B',
      '2023-06-02T00:00:00Z GRACE-D GNV1B',
      '2023-06-02T00:00:00Z a\tb c\\d',
    ]);
  });

  it('marks the hour that a leap second, a rounded time or another zone falls into', () => {
    expect(marksOf('2016-12-31 23:59:60+00\t1\tC\tP\n').hours).toContain('2017-01-01T00:00:00Z C P');
    // PostgreSQL keeps microseconds and rounds to them
    expect(marksOf('2016-12-31 23:59:59.9999999+00\t1\tC\tP\n').hours).toContain('2017-01-01T00:00:00Z C P');
    expect(marksOf('2023-06-01T01:30:00+02:00\t1\tC\tP\n').hours).toContain('2023-05-31T23:00:00Z C P');
    const rows = ['23:59:58', '23:59:59', '23:59:60'].map((clock) => `2016-12-31 ${clock}+00\t1\tC\tP\n`);
    expect(marksOf(...rows).days).toEqual(['2016-12-31', '2017-01-01']);
  });

  it('leaves bad rows to COPY', () => {
    expect(marksOf('not\ta\n').hours).toEqual([]);
    expect(marksOf('yesterday\t1\tC\tP\n').hours).toEqual([]);
    expect(() => new RowMarks('baseline_vectors', columns)).toThrow('owner');
  });
});

describe('windowsOf', () => {
  it('joins the hours of a series within a day', () => {
    const mark = (bucket: string, owner = 'C') => ({ owner, product: 'P', bucket: new Date(bucket) });
    const windows = windowsOf(
      [
        mark('2023-06-01T23:00Z'),
        mark('2023-06-01T02:00Z'),
        mark('2023-06-02T00:00Z'),
        mark('2023-06-01T05:00Z', 'D'),
      ],
      3_600_000,
    );
    expect(windows.map(({ owner, start, stop }) => [owner, start.toISOString(), stop.toISOString()])).toEqual(
      [
        ['C', '2023-06-01T02:00:00.000Z', '2023-06-02T00:00:00.000Z'],
        ['C', '2023-06-02T00:00:00.000Z', '2023-06-02T01:00:00.000Z'],
        ['D', '2023-06-01T05:00:00.000Z', '2023-06-01T06:00:00.000Z'],
      ],
    );
  });
});
