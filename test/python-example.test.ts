import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DAY, simulateDay, temporaryFolder } from './support/mission.js';
import { accessToken, type ServerProcess, spawnServer } from './support/server-process.js';

const PYTHON = process.env.GRAVITY_TEST_PYTHON ?? 'python3';
const version = spawnSync(PYTHON, ['-c', 'import sys; print(sys.version_info >= (3, 9))'], {
  encoding: 'utf8',
});
const EXAMPLES = new URL('../examples/python/', import.meta.url).pathname;
const PASSWORD = 'a long enough password';
const DEGREE = 10;
const run = promisify(execFile);

/** Degree amplitude of an ICGEM file as geoid height, m. */
function amplitudeOf(gfc: string, degree: number): number {
  const words = gfc.split('\n').map((line) => line.trim().split(/\s+/));
  const radius = Number(words.find(([key]) => key === 'radius')?.[1]);
  const coefficients = words.filter(([key, n]) => key === 'gfc' && Number(n) === degree);
  return radius * Math.hypot(...coefficients.flatMap(([, , , c, s]) => [Number(c), Number(s)]));
}

describe.skipIf(version.stdout?.trim() !== 'True')('the Python example', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: ServerProcess;
  let receiver: ChildProcess | undefined;
  let received = '';
  beforeAll(async () => {
    folder = await temporaryFolder();
    const options = ['--no-non-gravitational', '--ranging-sampling', '30'];
    await simulateDay(join(folder.path, 'level1b'), DEGREE, [...options, '--orbit-sampling', '60']);
    server = await spawnServer({
      dataDir: join(folder.path, 'data'),
      fileSources: [folder.path],
      env: { GRAVITY_OUTBOUND_ALLOW: '["127.0.0.1"]' },
    });
  });
  afterAll(async () => {
    receiver?.kill();
    await server?.kill();
    await folder.remove();
  });

  const main = (source: string, out: string) =>
    run(
      PYTHON,
      [
        ...[
          join(EXAMPLES, 'main.py'),
          '--url',
          server.url,
          '--user',
          'tester',
          '--register',
          '--source',
          source,
        ],
        ...[
          '--start',
          DAY.start,
          '--end',
          DAY.end,
          '--degree',
          String(DEGREE),
          '--out',
          join(folder.path, out),
        ],
      ],
      { env: { ...process.env, GRAVITY_PASSWORD: PASSWORD } },
    );

  test('goes the whole way, and starts nothing twice', async () => {
    const source = `file:${join(folder.path, 'level1b')}`;
    const first = await main(source, 'first');
    expect(first.stdout).toMatch(/ingest +100 %.*plan +100 %.*process +100 %/s);
    const hash = /content hash (\S+)/.exec(first.stdout)?.[1];
    expect(hash).toMatch(/^sha256:[0-9a-f]{64}$/);
    const [gfc] = (await readdir(join(folder.path, 'first'))).filter((name) => name.endsWith('.gfc'));
    expect(await readFile(join(folder.path, 'first', gfc), 'utf8')).toContain('max_degree');
    // The true field is that of the files; the demo recovers it to well under a millimetre.
    const said = Number(/degree {3}5 +(\S+) m of geoid/.exec(first.stdout)?.[1]);
    const truth = await readFile(join(folder.path, 'level1b', 'truth.gfc'), 'utf8');
    expect(Math.abs(said - amplitudeOf(truth, 5))).toBeLessThan(2e-3);

    const second = await main(source, 'second');
    expect(/content hash (\S+)/.exec(second.stdout)?.[1]).toBe(hash);
    const token = await accessToken(server.url);
    const jobs = await fetch(`${server.url}/ops/jobs`, { headers: { authorization: `Bearer ${token}` } });
    expect(((await jobs.json()) as { total: number }).total).toBe(3);
  });

  test('names what is wrong', async () => {
    const answer = main('file:/elsewhere', 'third');
    await expect(answer).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('data_source') });
    const absent = main(join(folder.path, 'absent.tgz'), 'third');
    await expect(absent).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('no such file') });
  });

  test('receives what the server signs, and nothing else', async () => {
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    receiver = spawn(PYTHON, [join(EXAMPLES, 'webhook_receiver.py'), '--port', '0'], {
      env: { ...process.env, GRAVITY_WEBHOOK_SECRET: secret },
    });
    receiver.stdout?.on('data', (chunk) => {
      received += chunk;
    });
    const addressOf = () => /listening on (\S+)/.exec(received)?.[1] ?? '';
    await expect.poll(addressOf, { timeout: 20_000 }).not.toBe('');
    const url = addressOf();
    const token = await accessToken(server.url);
    const started = await fetch(`${server.url}/ops/plan`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        start_time: DAY.start,
        end_time: DAY.end,
        satellites: DAY.satellites,
        time_step: 60,
        processing_mode: 'standard',
        output_format: 'spherical_harmonic',
        degree_max: DEGREE,
        callback: { url, secret },
      }),
    });
    const job = (await started.json()) as { id: string };
    expect(started.status, JSON.stringify(job)).toBe(201);
    await expect.poll(() => received, { timeout: 30_000 }).toContain(`job.completed  plan  ${job.id}`);
    const forged = await fetch(url, {
      method: 'POST',
      headers: {
        'webhook-id': 'forged',
        'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
        'webhook-signature': 'v1,AAAA',
      },
      body: '{"type":"job.completed","data":{"job":{"id":"forged"}}}',
    });
    expect(forged.status).toBe(401);
    expect(received).not.toContain('forged');
  });
});
