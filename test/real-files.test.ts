import { join } from 'node:path';
import { followJob, type GravityClient } from '@gravity/cli';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from './support/mission.js';
import { type ServerProcess, signIn, spawnServer } from './support/server-process.js';

/** GRACE-FO release 04 of 2023-06-01, cut to 100 records a product; see the README of the fixtures. */
const FIXTURES = new URL('../packages/formats/test/fixtures/level1/', import.meta.url).pathname;
const ARCHIVE = 'gracefo_1B_2023-06-01_RL04.ascii.noLRI.tgz';
const LRI_ARCHIVE = 'gracefo_1B_2023-06-01_RL04.ascii.LRI.tgz';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: ServerProcess;
let client: GravityClient;

beforeAll(async () => {
  folder = await temporaryFolder();
  server = await spawnServer({ dataDir: join(folder.path, 'data'), fileSources: [FIXTURES] });
  client = await signIn(server.url);
});
afterAll(async () => {
  await server?.stop();
  await folder.remove();
});

const ingest = async (source: string) => {
  const job = await client.ingest({
    data_source: source,
    data_type: 'l1b',
    satellites: ['GRACE-C', 'GRACE-D'],
    validate_data: true,
  });
  return (await followJob(client, job.id)).result as { totals: Record<string, unknown> };
};

interface Page {
  readonly items: {
    readonly gps_seconds: number;
    readonly time: string;
    readonly data: Record<string, number> & { values: number[] };
  }[];
  readonly next_cursor: string | null;
}

/** All records of a satellite and product, page by page. */
async function observations(satellite: string, product: string): Promise<Page['items']> {
  const items: Page['items'] = [];
  let cursor: string | undefined;
  do {
    const query = {
      ...{ satellite, product, limit: 30, cursor },
      ...{ start_time: '2023-05-31T00:00:00Z', end_time: '2023-06-02T00:00:00Z' },
    };
    const page = await client.transport.json<Page>('/observations', { query });
    items.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}

describe('real Level-1B files', () => {
  test('an uploaded archive and one in a folder are ingested', async () => {
    const { data_source } = await client.upload(join(FIXTURES, ARCHIVE));
    expect((await ingest(data_source)).totals).toMatchObject({ ingested: 9, records: 900, rejected: 0 });
    expect((await ingest(`file:${join(FIXTURES, LRI_ARCHIVE)}`)).totals).toMatchObject({
      ingested: 1,
      records: 100,
    });
  });

  test('the header that promises a full day is a warning, not the truth', async () => {
    const { items } = await client.transport.json<{
      items: { product: string; records: number; header_records: number }[];
    }>('/files?product=KBR1B');
    expect(items).toMatchObject([{ records: 100, header_records: 17_280 }]);
  });

  test('GPS seconds and UTC are 18 s apart', async () => {
    const [first] = await observations('GRACE-C/GRACE-D', 'KBR1B');
    // first record of the file: 2023-06-01T00:00:00 GPS
    expect(first.gps_seconds).toBe(738_849_600);
    expect(first.time).toBe('2023-05-31T23:59:42.000Z');
  });

  test('the corrected KBR range is the distance of the GNI1B positions plus a constant', async () => {
    const [ranging, c, d] = await Promise.all([
      observations('GRACE-C/GRACE-D', 'KBR1B'),
      observations('GRACE-C', 'GNI1B'),
      observations('GRACE-D', 'GNI1B'),
    ]);
    const positions = new Map(c.map((item) => [item.gps_seconds, item.data.values]));
    const partner = new Map(d.map((item) => [item.gps_seconds, item.data.values]));
    const differences: number[] = [];
    for (const { gps_seconds, data } of ranging) {
      const [p, q] = [positions.get(gps_seconds), partner.get(gps_seconds)];
      if (!p || !q) continue;
      const distance = Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
      differences.push(data.biased_range + data.light_time_range + data.antenna_range - distance);
    }
    expect(differences).toHaveLength(20);
    const mean = differences.reduce((sum, x) => sum + x, 0) / differences.length;
    const spread = Math.sqrt(differences.reduce((sum, x) => sum + (x - mean) ** 2, 0) / differences.length);
    // The bias is the ambiguity of the phase, known from these files: -575 289.23 m, constant to 0.04 mm. Positions
    // of full digits and corrections with their right signs are needed for that.
    expect(mean).toBeCloseTo(-575_289.23, 2);
    expect(spread).toBeLessThan(6e-5);
  });

  test('KBR and LRI tell the same range rate', async () => {
    const rate = (items: Page['items']) =>
      new Map(
        items.map(({ gps_seconds, data }) => [
          gps_seconds,
          data.range_rate + data.light_time_rate + data.antenna_rate,
        ]),
      );
    const kbr = rate(await observations('GRACE-C/GRACE-D', 'KBR1B'));
    const lri = rate(await observations('GRACE-C/GRACE-D', 'LRI1B'));
    const common = [...kbr.keys()].filter((epoch) => lri.has(epoch));
    expect(common.length).toBeGreaterThan(15);
    // two instruments, agreeing to 0.06 µm/s RMS; without the light-time correction they would be 0.3 µm/s apart
    const square = common.reduce((sum, epoch) => sum + (kbr.get(epoch)! - lri.get(epoch)!) ** 2, 0);
    expect(Math.sqrt(square / common.length)).toBeLessThan(1e-7);
  });

  test('a damaged file is rejected with file and line, the server lives on', async () => {
    const bytes = Buffer.from('header:\n  dimensions:\n    num_records: 2\n');
    const upload = await client.transport.json<{ data_source: string }>('/ops/uploads', {
      method: 'POST',
      body: bytes,
      headers: { 'content-type': 'application/octet-stream' },
      query: { name: 'KBR1B_2023-06-02_Y_04.txt' },
    });
    await expect(ingest(upload.data_source)).rejects.toThrow(/KBR1B_2023-06-02_Y_04\.txt/);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });
});
