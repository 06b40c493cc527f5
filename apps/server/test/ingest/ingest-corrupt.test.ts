import { checkConsistency, ingestTask, type Task, TaskError } from '@gravity/server';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { archive, count, createHarness, gzip, type Harness, NO_LRI, recordLines, untar } from './harness.js';

const members = untar(NO_LRI);
const text = (name: string) => (members.get(name) as Buffer).toString('latin1');
const GOOD = 'GNV1B_2023-06-01_C_04.txt';
const OTHER = 'KBR1B_2023-06-01_Y_04.txt';
const BAD = 'ACT1B_2023-06-01_D_04.txt';
const PAIR = ['GRACE-C', 'GRACE-D'];

/** The header ends in this line of the file (1-based). */
const headerLines = (name: string) =>
  text(name)
    .split('\n')
    .findIndex((l) => l.startsWith('# End of YAML')) + 1;

/** The file with one record line changed. */
function withLine(name: string, record: number, change: (line: string) => string): string {
  const lines = text(name).split('\n');
  const at = headerLines(name) + record - 1;
  lines[at] = change(lines[at]);
  return lines.join('\n');
}

describe('bad files beside good ones', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await createHarness();
  });
  afterEach(() => harness.clear());
  afterAll(() => harness.close());

  const cases: [
    string,
    () => Record<string, string | Uint8Array>,
    { code: string; line?: number; text: string },
  ][] = [
    [
      'truncated gzip',
      () => ({ [`${BAD}.gz`]: gzip(text(BAD)).subarray(0, 2000) }),
      { code: 'bad_gzip', text: 'gzip' },
    ],
    [
      'header without end',
      () => ({ [BAD]: text(BAD).replace('# End of YAML header\n', '') }),
      { code: 'header_without_end', text: 'header' },
    ],
    [
      'a column missing',
      () => ({ [BAD]: withLine(BAD, 50, (l) => l.replace(/^(\S+ D \S+) \S+/, '$1')) }),
      { code: 'column_count', line: headerLines(BAD) + 50, text: 'column' },
    ],
    [
      'NaN',
      () => ({ [BAD]: withLine(BAD, 60, (l) => l.replace(/^(\S+ D) \S+/, '$1 NaN')) }),
      { code: 'not_a_number', line: headerLines(BAD) + 60, text: 'lin_accl_x' },
    ],
    [
      'a last line cut off',
      () => ({ [BAD]: text(BAD).trimEnd().slice(0, -40) }),
      {
        code: 'truncated_line',
        line: headerLines(BAD) + recordLines(members.get(BAD) as Buffer).length,
        text: 'ends',
      },
    ],
    [
      'time that goes back (found by the checks)',
      () => ({ [BAD]: withLine(BAD, 30, (l) => l.replace(/^\d+/, '738849000')) }),
      { code: 'time_order', line: headerLines(BAD) + 30, text: 'before' },
    ],
    [
      'an impossible value (found by the checks)',
      () => ({ [BAD]: withLine(BAD, 40, (l) => l.replace(/^(\S+ D) \S+/, '$1 7.5')) }),
      { code: 'out_of_range', line: headerLines(BAD) + 40, text: 'lin_accl_x' },
    ],
  ];

  it.each(cases)('%s: named with file and line, the good files go in whole', async (_what, bad, expected) => {
    harness.folder('mixed', { [GOOD]: text(GOOD), [OTHER]: text(OTHER), ...bad() });
    const result = await harness.run({ data_source: `file:${harness.sources}/mixed`, satellites: PAIR });
    expect(result.totals).toMatchObject({ ingested: 2, rejected: 1 });
    const [fault] = result.rejected;
    expect(fault.file).toBe(BAD);
    expect(fault.code).toBe(expected.code);
    if (expected.line !== undefined) expect(fault.line).toBe(expected.line);
    expect(fault.message).toContain(expected.text);
    expect(await count(harness.db, 'satellite_observations')).toBe(
      recordLines(members.get(GOOD) as Buffer).length,
    );
    expect(await count(harness.db, 'baseline_vectors')).toBe(
      recordLines(members.get(OTHER) as Buffer).length,
    );
    expect(await checkConsistency(harness.db, harness.objects)).toMatchObject({ consistent: true });
  });

  it('without validation what can be read is stored as it is', async () => {
    harness.folder('raw', { [BAD]: withLine(BAD, 40, (l) => l.replace(/^(\S+ D) \S+/, '$1 7.5')) });
    const source = { data_source: `file:${harness.sources}/raw`, satellites: PAIR };
    const result = await harness.run({ ...source, validate_data: false });
    expect(result.totals).toMatchObject({ ingested: 1, rejected: 0 });
  });

  it('a damaged archive: what came before the damage is in, the archive is named', async () => {
    const bytes = archive(NO_LRI);
    harness.folder('archive', { [NO_LRI]: bytes.subarray(0, Math.floor(bytes.length * 0.6)) });
    const result = await harness.run({ data_source: `file:${harness.sources}/archive`, satellites: PAIR });
    expect(result.totals.ingested).toBeGreaterThan(0);
    expect(result.rejected.length).toBeGreaterThan(0);
    expect(result.rejected.every((fault) => fault.code === 'bad_gzip' || fault.code === 'bad_tar')).toBe(
      true,
    );
    expect(await checkConsistency(harness.db, harness.objects)).toMatchObject({ consistent: true });
  });

  it('fails when nothing goes in, with a line for each file', async () => {
    harness.folder('bad', {
      [BAD]: 'no header at all\n',
      [GOOD]: withLine(GOOD, 3, () => 'x'),
      'README.txt': 'notes',
    });
    const error = await harness
      .run({ data_source: `file:${harness.sources}/bad`, satellites: PAIR })
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(TaskError);
    const { code, errors } = error as TaskError;
    expect(code).toBe('no_file_ingested');
    expect(errors).toMatchObject([
      { file: BAD, line: 1 },
      { file: GOOD, line: headerLines(GOOD) + 3 },
    ]);
    expect(await count(harness.db, 'ingested_files')).toBe(0);
    expect(await checkConsistency(harness.db, harness.objects)).toMatchObject({ consistent: true });
  });

  it('a failing database leaves no object behind', async () => {
    harness.folder('good', { [GOOD]: text(GOOD) });
    const db = { ...harness.db, copyBinary: () => Promise.reject(new Error('disk full')) };
    const task: Task = (context) => ingestTask({ ...context, db });
    await expect(
      harness.runTask(task, { data_source: `file:${harness.sources}/good`, satellites: PAIR }),
    ).rejects.toThrow('disk full');
    expect(await count(harness.db, 'ingested_files')).toBe(0);
    for await (const object of harness.objects.list('raw-data', '')) throw new Error(`left: ${object.key}`);
  });
});
