import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { TaskError } from '@gravity/server';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { archive, count, createHarness, type Harness, NO_LRI, untar } from './harness.js';

const members = untar(NO_LRI);
const PAIR = ['GRACE-C', 'GRACE-D'];
const ORBIT = 'GNV1B_2023-06-01_C_04.txt';
const orbit = members.get(ORBIT) as Buffer;

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => new Error('no error'),
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(TaskError);
  return (error as TaskError).code;
}

describe('sources and filters of the ingest', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await createHarness();
  });
  beforeEach(() => harness.clear());
  afterAll(() => harness.close());

  const files = async () => {
    const rows = await harness.db.kysely
      .selectFrom('ingested_files')
      .select(['product', 'satellite'])
      .execute();
    return rows.map(({ product, satellite }) => `${product} ${satellite}`).sort();
  };

  it('takes the files of the satellites asked for; those of the pair need both', async () => {
    harness.folder('day', { [NO_LRI]: archive(NO_LRI) });
    const source = `file:${harness.sources}/day`;
    await harness.run({ data_source: source, satellites: ['GRACE-D'] });
    expect(await files()).toEqual(['ACT1B GRACE-D', 'GNI1B GRACE-D', 'GNV1B GRACE-D', 'SCA1B GRACE-D']);
    await harness.run({ data_source: source, satellites: ['C', 'GRACE-FO-2'] });
    expect(await files()).toContain('KBR1B GRACE-C/GRACE-D');
  });

  it('takes files by overlap with the interval and says how many records lie outside', async () => {
    harness.folder('day', { [ORBIT]: orbit });
    const run = (start_time: string, end_time: string) =>
      harness.run({ data_source: `file:${harness.sources}/day`, satellites: PAIR, start_time, end_time });
    expect(await codeOf(run('2023-06-02T00:00:00Z', '2023-06-05T00:00:00Z'))).toBe('no_file_ingested');
    expect(await codeOf(run('2023-05-01T00:00:00Z', '2023-06-01T00:00:00Z'))).toBe('no_file_ingested');
    expect(await count(harness.db, 'ingested_files')).toBe(0);
    // the records are those of 00:00:00 to 00:01:39 GPS time = 23:59:42 to 00:01:21 UTC
    const result = await run('2023-06-01T00:00:00Z', '2023-06-01T00:01:00Z');
    expect(result.totals).toMatchObject({ ingested: 1, records: 100 });
    const outside = result.quality[0].issues.find((issue) => issue.code === 'outside_interval');
    // 18 before 00:00:00 UTC and 22 from 00:01:00 on, end excluded
    expect(outside).toMatchObject({ severity: 'info', count: 40 });
  });

  it('reads nothing outside of the allowed folders', async () => {
    const outside = join(harness.sources, '..', 'secret');
    writeFileSync(outside, orbit);
    const run = (data_source: string) => harness.run({ data_source, satellites: PAIR });
    expect(await codeOf(run(`file:${outside}`))).toBe('source_not_allowed');
    expect(await codeOf(run(`file:${harness.sources}/../secret`))).toBe('source_not_allowed');
    expect(await codeOf(run('file:/does/not/exist'))).toBe('source_not_allowed');
    expect(await codeOf(run('file:../secret'))).toBe('source_not_allowed');
    expect(await codeOf(run(`file:${harness.sources}/none`))).toBe('source_not_found');
    symlinkSync(outside, join(harness.sources, ORBIT));
    symlinkSync('/', join(harness.sources, 'root'));
    expect(await codeOf(run(`file:${harness.sources}/${ORBIT}`))).toBe('source_not_allowed');
    expect(await codeOf(run(`file:${harness.sources}/root/etc`))).toBe('source_not_allowed');
    const error = (await run(`file:${harness.sources}`).catch((e: unknown) => e)) as TaskError;
    expect(error.code).toBe('no_file_ingested');
    expect(error.errors.map((e) => e.file).sort()).toEqual([ORBIT, 'root'].sort());
    expect(await count(harness.db, 'ingested_files')).toBe(0);
  });

  it('follows a link that stays inside, and takes file URLs and relative paths', async () => {
    harness.folder('real', { [ORBIT]: orbit });
    symlinkSync(join(harness.sources, 'real', ORBIT), join(harness.sources, `${ORBIT}`));
    const result = await harness.run({ data_source: `file://${harness.sources}/${ORBIT}`, satellites: PAIR });
    expect(result.files[0]).toMatchObject({ name: ORBIT, status: 'ingested' });
    const again = await harness.run({ data_source: 'file:real', satellites: PAIR });
    expect(again.totals).toMatchObject({ already_ingested: 1 });
  });

  it('says which links of an archive it did not follow', async () => {
    const bundle = pack();
    bundle.entry({ name: `day/${ORBIT}` }, orbit);
    bundle.entry({ name: 'day/GNV1B_2023-06-01_D_04.txt', type: 'symlink', linkname: '/etc/passwd' });
    bundle.finalize();
    const bytes = Buffer.concat(await Readable.from(bundle).toArray());
    harness.folder('links', { 'day.tar': bytes });
    const result = await harness.run({ data_source: `file:${harness.sources}/links`, satellites: PAIR });
    expect(result.totals).toMatchObject({ ingested: 1, rejected: 1 });
    expect(result.rejected).toMatchObject([
      { code: 'link_refused', message: 'symlink entry: links and devices in archives are not read' },
    ]);
    expect(await files()).toEqual(['GNV1B GRACE-C']);
  });

  it('leaves companions of macOS, hidden files and reports alone', async () => {
    harness.folder('mac', {
      [ORBIT]: orbit,
      [`._${ORBIT}`]: 'AppleDouble',
      '.DS_Store': 'x',
      [ORBIT.replace('.txt', '.rpt')]: members.get(ORBIT.replace('.txt', '.rpt')) as Buffer,
    });
    const result = await harness.run({ data_source: `file:${harness.sources}/mac`, satellites: PAIR });
    expect(result.totals).toMatchObject({ files: 1, ingested: 1, rejected: 0 });
    const row = await harness.db.kysely
      .selectFrom('ingested_files')
      .select('metadata')
      .executeTakeFirstOrThrow();
    expect(String(row.metadata.report)).toMatch(/^GNV1B_2023-06-01_C_04.dat 738849600/);
  });

  it('takes uploads and objects of the own store, other buckets are not configured', async () => {
    await harness.objects.put('temp', 'uploads/abc-1/day.tgz', archive(NO_LRI));
    const run = (data_source: string) => harness.run({ data_source, satellites: PAIR });
    expect((await run('upload:abc-1')).totals).toMatchObject({ ingested: 9 });
    expect(await codeOf(run('upload:none'))).toBe('source_not_found');
    // announced with another SHA-256 than the bytes that came have
    await harness.objects.put('temp', `uploads/abc-2/${'0'.repeat(64)}/day.tgz`, Buffer.from('x'));
    expect(await codeOf(run('upload:abc-2'))).toBe('checksum_mismatch');
    expect(await codeOf(run('upload:../x'))).toBe('invalid_source');
    expect(await codeOf(run('s3://gravity-data/raw/'))).toBe('s3_not_configured');
    expect((await run('s3://raw-data/l1b/KBR1B/')).totals).toMatchObject({ already_ingested: 1 });
    expect(await codeOf(run('http://example.org'))).toBe('invalid_source');
  });

  it('names wrong parameters by field', async () => {
    const error = (await harness
      .run({ data_source: 'file:.', data_type: 'netcdf', satellites: ['HUBBLE'], start_time: 'yesterday' })
      .catch((e: unknown) => e)) as TaskError;
    expect(error.code).toBe('invalid_parameters');
    expect(error.errors.map((e) => e.field).sort()).toEqual(['data_type', 'satellites', 'start_time']);
  });
});
