import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accuracyRows, followJob, type GravityClient, type Job } from '@gravity/cli';
import { parseGfc } from '@gravity/formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY, simulateDay, temporaryFolder } from './support/mission.js';
import { runCommand, type ServerProcess, signIn, spawnServer } from './support/server-process.js';

const DEGREE = 10;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: ServerProcess;
let client: GravityClient;
const level1b = () => join(folder.path, 'level1b');
const interval = { start_time: DAY.start, end_time: DAY.end, satellites: [...DAY.satellites] };
const done = async (job: Promise<Job>) => followJob(client, (await job).id);

beforeAll(async () => {
  folder = await temporaryFolder();
  await simulateDay(level1b(), DEGREE);
  server = await spawnServer({ dataDir: join(folder.path, 'data'), fileSources: [level1b()] });
  client = await signIn(server.url);
});
afterAll(async () => {
  await server?.stop();
  await folder.remove();
});

describe('from files to published products', () => {
  test('a plan without data says what is missing', async () => {
    const { result } = await done(client.plan({ ...interval, degree_max: DEGREE }));
    expect(result).toMatchObject({ usable_arcs: 0, arc_count: 1 });
    expect(JSON.stringify(result?.missing_files)).toContain('KBR1B_2021-07-17_Y_04.txt');
  });

  test('ingest takes every record and tells of the file that is none', async () => {
    const { result } = await done(
      client.ingest({ ...interval, data_source: `file:${level1b()}`, data_type: 'l1b', validate_data: true }),
    );
    // GNV1B, ACC1B and SCA1B of two satellites and KBR1B, all at 5 s
    expect(result?.totals).toMatchObject({ ingested: 7, rejected: 0, records: 7 * 17_280 });
    const again = await done(
      client.ingest({ ...interval, data_source: `file:${level1b()}`, data_type: 'l1b', validate_data: true }),
    );
    expect(again.result?.totals).toMatchObject({ ingested: 0, already_ingested: 7 });
  });

  test('the plan is complete now', async () => {
    const { result } = await done(client.plan({ ...interval, degree_max: DEGREE }));
    expect(result).toMatchObject({ usable_arcs: 1, missing_files: [] });
  });

  let processed: Job;
  test('the four fields of the contract are enough to process', async () => {
    const job = await client.transport.json<Job>('/ops/process', {
      method: 'POST',
      json: {
        algorithm: 'variational',
        degree_max: DEGREE,
        regularization: { kaula: 1e-5, tikhonov: 0.0 },
        output_products: ['coefficients', 'grids', 'uncertainties'],
      },
    });
    processed = await followJob(client, job.id);
    const seen: number[] = [];
    // progress was recorded on the way, and never fell
    const { events } = await client.transport.json<{
      events: { kind: string; data: { progress?: number } | null }[];
    }>(`/ops/jobs/${job.id}/events?limit=1000`);
    for (const { kind, data } of events)
      if (kind === 'progress' && data?.progress !== undefined) seen.push(data.progress);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(processed.progress).toBe(1);
  });

  test('the recovered field is the true one within its formal error', async () => {
    const products = await client.products({ job_id: processed.id });
    expect(products.map((p) => p.kind).sort()).toEqual([
      'coefficients',
      'grid_ewh',
      'grid_geoid',
      'report',
      'uncertainties',
    ]);
    const path = await client.download(products.find((p) => p.kind === 'coefficients')!, folder.path);
    const read = async (file: string) => (await parseGfc(await readFile(file, 'utf8'), { file })).constant;
    const [solution, truth] = [await read(path), await read(join(level1b(), 'truth.gfc'))];
    const apriori = await aprioriField();
    const { rows, total } = accuracyRows(solution, apriori, truth);
    // the masses change the geoid by 15 mm; white noise as stated leaves the formal error, here below half a mm
    expect(total.apriori).toBeGreaterThan(0.01);
    expect(total.error).toBeLessThan(5e-4);
    // 118 degrees of freedom: twice the formal error is beyond ten sigma
    expect(total.error).toBeLessThan(2 * total.formal!);
    expect(total.error).toBeGreaterThan(0.5 * total.formal!);
    // few coefficients make a degree: allow three times
    for (const row of rows) expect(row.error).toBeLessThan(3 * row.formal!);
  });

  test('catalogued products are published, archived and say where they came from', async () => {
    const products = await client.products({ job_id: processed.id });
    await done(
      client.catalog({
        product_ids: products.map((p) => p.id),
        metadata: { mission: 'GRACE-FO', processing_center: 'test', version: '1' },
        publish: true,
        archive: true,
      }),
    );
    const product = await client.product(products.find((p) => p.kind === 'coefficients')!.id);
    expect(product).toMatchObject({ status: 'published', archived: true });
    const provenance = await client.transport.json<{
      activities: {
        type: string;
        used: { kind: string; sha256: string; data: { file_name?: string } | null }[];
      }[];
    }>(`/products/${product.id}/provenance`);
    const used = provenance.activities.find((a) => a.type === 'process')!.used;
    const kbr = used.find((entity) => entity.data?.file_name === 'KBR1B_2021-07-17_Y_04.txt');
    const bytes = await readFile(join(level1b(), 'KBR1B_2021-07-17_Y_04.txt'));
    expect(kbr?.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    const stac = await client.transport.json<{ stac_version: string; type: string }>(
      `/products/${product.id}/stac`,
    );
    expect(stac).toMatchObject({ type: 'Feature', stac_version: '1.1.0' });
  });

  test('a product is computed again, the same byte for byte, while another job waits for it', async () => {
    const [product] = await client.products({ job_id: processed.id, kind: 'coefficients' });
    const again = await client.transport.json<Job>(`/products/${product?.id}/reproduce`, { method: 'POST' });
    const next = await client.transport.json<Job & { waiting_for: string[] }>('/ops/plan', {
      method: 'POST',
      json: { ...interval, degree_max: DEGREE, depends_on: [again.id] },
    });
    expect(next).toMatchObject({ status: 'pending', waiting_for: [again.id] });
    const planned = await followJob(client, next.id);
    const reproduced = await client.job(again.id);
    expect(reproduced.status).toBe('completed');
    expect(Date.parse(planned.started_at ?? '')).toBeGreaterThanOrEqual(
      Date.parse(reproduced.completed_at ?? ''),
    );
    const [copy] = await client.products({ job_id: again.id, kind: 'coefficients' });
    const comparison = await client.transport.json(`/products/${product?.id}/comparison?with=${copy?.id}`);
    expect(comparison).toMatchObject({
      verdict: 'identical',
      differences: [],
      a: { sha256: product?.sha256 },
    });
  });

  test('another user sees published products, but no jobs of others', async () => {
    const other = await signIn(server.url, 'other');
    expect((await other.products({ job_id: processed.id })).length).toBe(5);
    await expect(other.job(processed.id)).rejects.toMatchObject({ status: 404 });
    expect(await other.jobs()).toEqual([]);
  });
});

describe('the way a user is told no', () => {
  test('errors have the contracted form', async () => {
    const error = await client.transport
      .send('/ops/plan', { method: 'POST', json: { ...interval, satellites: [], degree_max: 60 } })
      .catch((e) => e);
    expect(error.status).toBe(422);
    expect(error.problem).toMatchObject({ status_code: 422, errors: [{ field: 'satellites' }] });
  });

  test('a folder that is not allowed is refused', async () => {
    const refused = client.ingest({ ...interval, data_source: 'file:/etc', data_type: 'l1b' });
    await expect(refused).rejects.toMatchObject({ status: 403 });
  });

  test('no token, no jobs', async () => {
    expect((await fetch(`${server.url}/ops/jobs`)).status).toBe(401);
  });
});

describe('pages', () => {
  test.each([
    ['/', 'text/html', 'Gravity Processing Backend'],
    ['/console.js', 'javascript', '/auth/token'],
    ['/style.css', 'text/css', ':root'],
    ['/docs', 'text/html', 'swagger'],
    ['/redoc', 'text/html', 'redoc'],
    ['/metrics', 'text/plain', 'gravity_jobs'],
    ['/health', 'application/json', '"ok"'],
    ['/v1/health', 'application/json', '"ok"'],
  ])('%s', async (path, type, text) => {
    const response = await fetch(server.url + path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain(type);
    expect((await response.text()).toLowerCase()).toContain(text.toLowerCase());
  });
});

describe('the Postman collection', () => {
  test('has every route of the server, and no other', async () => {
    const api = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
      paths: Record<string, object>;
    };
    const routes = Object.entries(api.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const collection = JSON.parse(
      await readFile(new URL('../postman_collection.json', import.meta.url), 'utf8'),
    );
    const listed: string[] = [];
    const walk = (items: PostmanItem[]) => {
      for (const { item, request } of items) {
        if (item) walk(item);
        if (request)
          listed.push(`${request.method} ${request.url.raw.replace('{{baseUrl}}', '').replace(/\?.*/, '')}`);
      }
    };
    walk(collection.item);
    const named = new Set(listed.map((route) => route.replace(/:(\w+)/g, '{$1}')));
    expect([...named].sort()).toEqual(routes.sort());
  });
});

interface PostmanItem {
  readonly item?: PostmanItem[];
  readonly request?: { readonly method: string; readonly url: { readonly raw: string } };
}

/** The field the server starts from, by way of the command. */
async function aprioriField() {
  const out = join(folder.path, 'apriori.gfc');
  const asset = new URL('../apps/server/assets/GGM05C_180.gfc.gz', import.meta.url).pathname;
  const { code, stderr } = await runCommand(['convert', asset, out, '--degree', String(DEGREE)]);
  if (code !== 0) throw new Error(stderr);
  return (await parseGfc(await readFile(out, 'utf8'), { file: out })).constant;
}
