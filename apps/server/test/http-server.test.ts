import { connect } from 'node:net';
import { join } from 'node:path';
import {
  loadConfig,
  type RunningServer,
  startServer,
  type TaskContext,
  type TaskRegistry,
} from '@gravity/server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { seedDatabase } from '../../../test/support/database-template.js';
import { temporaryFolder, waitFor } from './helpers.js';
import { manual, password } from './http-harness.js';

const folder = temporaryFolder();
const config = loadConfig(
  {},
  { dataDir: join(folder.path, 'data'), port: 0, bcryptCost: 4, logLevel: 'warn', jobConcurrency: 4 },
);

/** Tasks of the test: steps go on when told to. */
const gates = new Map<string, () => void>();
const aborted: string[] = [];
async function steppedTask(context: TaskContext): Promise<void> {
  for (let step = 1; step <= 3; step++) {
    await new Promise<void>((resolve, reject) => {
      gates.set(context.jobId, resolve);
      context.signal.addEventListener('abort', () => {
        aborted.push(context.jobId);
        reject(context.signal.reason);
      });
    });
    context.log('info', `step ${step}`);
  }
  await context.finalize(async () => ({ steps: 3 }));
}
const registry: TaskRegistry = {
  plan: steppedTask,
  ingest: steppedTask,
  process: steppedTask,
  catalog: steppedTask,
};

let server: RunningServer;
let headers: Record<string, string> = {};
beforeAll(async () => {
  seedDatabase(config.dataDir);
  server = await startServer(config, { registry, logStream: { write: () => undefined } });
  const json = { 'content-type': 'application/json' };
  const send = (path: string, body: unknown) =>
    fetch(server.url + path, { method: 'POST', headers: json, body: JSON.stringify(body) });
  await send('/auth/register', { username: 'user', email: 'u@example.org', password });
  const token = (await (await send('/auth/token', { username: 'user', password })).json()) as {
    access_token: string;
  };
  headers = { authorization: `Bearer ${token.access_token}` };
});
afterAll(async () => {
  await server.close();
  folder.remove();
});

async function createJob(): Promise<string> {
  const response = await fetch(`${server.url}/ops/plan`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(manual.plan),
  });
  return ((await response.json()) as { id: string }).id;
}

async function jobStatus(id: string): Promise<string> {
  const response = await fetch(`${server.url}/ops/jobs/${id}`, { headers });
  return ((await response.json()) as { status: string }).status;
}

async function step(id: string): Promise<void> {
  const go = await waitFor('the task to wait', async () => gates.get(id));
  gates.delete(id);
  go();
}

interface StreamEvent {
  readonly id?: string;
  readonly event?: string;
  readonly data?: { readonly message?: string; readonly status?: string };
}

/** Reads a stream of events; `next` waits for one that fits. */
async function openStream(id: string, lastEventId?: string) {
  const abort = new AbortController();
  const response = await fetch(`${server.url}/ops/jobs/${id}/events`, {
    headers: {
      ...headers,
      accept: 'text/event-stream',
      'accept-encoding': 'gzip',
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    },
    signal: abort.signal,
  });
  const events: StreamEvent[] = [];
  let ended = false;
  const reading = (async () => {
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const fields = Object.fromEntries(
          block
            .split('\n')
            .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
        );
        if (fields.data !== undefined) events.push({ ...fields, data: JSON.parse(fields.data) });
      }
    }
    ended = true;
  })().catch(() => undefined);
  return {
    response,
    events,
    isEnded: () => ended,
    next: (what: string, fits: (event: StreamEvent) => boolean) =>
      waitFor(what, async () => events.find(fits)),
    end: () => reading,
    abort: () => abort.abort(),
  };
}

it('streams events while they happen and ends with the job', async () => {
  const id = await createJob();
  const stream = await openStream(id);
  expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(stream.response.headers.get('content-encoding')).toBeNull();
  await stream.next('start', ({ data }) => /started/.test(data?.message ?? ''));
  await step(id);
  const start = performance.now();
  await stream.next('step 1', ({ data }) => data?.message === 'step 1');
  // The task logs at once; a stream that only looked every three seconds would be later than this.
  expect(performance.now() - start).toBeLessThan(2000);
  expect(stream.isEnded()).toBe(false);
  await step(id);
  await step(id);
  await stream.end();
  expect(stream.events.at(-1)).toMatchObject({ event: 'end', data: { status: 'completed' } });
  const ids = stream.events.slice(0, -1).map((event) => BigInt(event.id as string));
  expect(ids).toEqual([...ids].sort((a, b) => (a < b ? -1 : 1)));
  expect(new Set(ids).size).toBe(ids.length);
  const steps = stream.events.filter(({ event }) => event === 'log').map(({ data }) => data?.message);
  expect(steps).toEqual(['step 1', 'step 2', 'step 3']);

  // The same events as the pages give.
  const page = (await (await fetch(`${server.url}/ops/jobs/${id}/events`, { headers })).json()) as {
    events: { id: string }[];
  };
  expect(page.events.map((event) => BigInt(event.id))).toEqual(ids);
});

it('resumes after Last-Event-ID without loss or repetition', async () => {
  const id = await createJob();
  const first = await openStream(id);
  await step(id);
  const seen = await first.next('step 1', ({ data }) => data?.message === 'step 1');
  first.abort();
  await step(id);
  await step(id);
  await waitFor('the end', async () => (await jobStatus(id)) === 'completed');
  const second = await openStream(id, seen.id);
  await second.end();
  const messages = second.events.filter(({ event }) => event === 'log').map(({ data }) => data?.message);
  expect(messages).toEqual(['step 2', 'step 3']);
  expect(second.events.at(-1)?.event).toBe('end');
  const last = second.events.at(-2)?.id;
  const third = await openStream(id, last);
  // 204 tells an EventSource to stay away.
  expect(third.response.status).toBe(204);
});

it('audits a stream that its client left', async () => {
  const id = await createJob();
  const stream = await openStream(id);
  await stream.next('start', ({ data }) => /started/.test(data?.message ?? ''));
  stream.abort();
  await waitFor('the row', async () => {
    const audit = (await (
      await fetch(`${server.url}/audit?action=listJobEvents&status=499`, { headers })
    ).json()) as { items: { resource: string }[] };
    return audit.items.some(({ resource }) => resource === `/ops/jobs/${id}/events`);
  });
  await fetch(`${server.url}/ops/jobs/${id}`, { method: 'DELETE', headers });
});

it('limits the streams of a user', async () => {
  const id = await createJob();
  const streams = await Promise.all(Array.from({ length: 20 }, () => openStream(id)));
  expect(streams.map(({ response }) => response.status)).toEqual(Array(20).fill(200));
  expect((await openStream(id)).response.status).toBe(429);
  for (const stream of streams) stream.abort();
  await waitFor('room', async () => {
    const stream = await openStream(id);
    stream.abort();
    return stream.response.status === 200;
  });
  await fetch(`${server.url}/ops/jobs/${id}`, { method: 'DELETE', headers });
});

it('cancels a running job: its task is told at once, its stream ends', async () => {
  const id = await createJob();
  const stream = await openStream(id);
  await waitFor('running', async () => gates.has(id));
  const response = await fetch(`${server.url}/ops/jobs/${id}`, { method: 'DELETE', headers });
  expect(response.status).toBe(200);
  await waitFor('cancelled', async () => (await jobStatus(id)) === 'cancelled', 5000);
  expect(aborted).toContain(id);
  await stream.end();
  expect(stream.events.at(-1)?.data?.status).toBe('cancelled');
  expect((await fetch(`${server.url}/ops/jobs/${id}`, { method: 'DELETE', headers })).status).toBe(409);
});

/** Sends text as it is and gives what comes back. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

it('answers what is no HTTP in the error format', async () => {
  for (const [text, status] of [
    ['nonsense\r\n\r\n', 400],
    [`GET /health HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(40_000)}\r\n\r\n`, 431],
    [
      'POST /ops/plan HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
  ] as const) {
    const answer = await raw(text);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    const [, body] = answer.split('\r\n\r\n');
    expect(JSON.parse(body)).toMatchObject({ status_code: status, errors: [] });
  }
});

it('stores nothing of an upload that breaks off', async () => {
  const port = Number(new URL(server.url).port);
  await new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      const head = [
        'POST /ops/uploads?name=half.txt HTTP/1.1',
        'host: x',
        `authorization: ${headers.authorization}`,
        'content-type: application/octet-stream',
        'content-length: 100000',
      ];
      socket.write(`${head.join('\r\n')}\r\n\r\n${'x'.repeat(1000)}`, () =>
        setTimeout(() => socket.destroy(), 200),
      );
    });
    socket.on('close', () => resolve());
    socket.on('error', () => undefined);
  });
  const rows = await waitFor('the row', async () => {
    const audit = (await (await fetch(`${server.url}/audit?action=createUpload`, { headers })).json()) as {
      items: { status: number }[];
    };
    return audit.items.length > 0 && audit.items;
  });
  expect(rows[0].status).toBe(499);
});

it('shuts down with an open stream and a running job, and goes on after a restart', async () => {
  const id = await createJob();
  const stream = await openStream(id);
  await waitFor('running', async () => gates.has(id));
  const start = performance.now();
  await server.close();
  // The runner gives running tasks a few seconds; these stop at once.
  expect(performance.now() - start).toBeLessThan(8000);
  await stream.end();
  await expect(fetch(`${server.url}/health`)).rejects.toThrow();

  gates.clear();
  seedDatabase(config.dataDir);
  server = await startServer(config, { registry, logStream: { write: () => undefined } });
  for (let i = 0; i < 3; i++) await step(id);
  await waitFor('completion', async () => (await jobStatus(id)) === 'completed');
  const audit = (await (
    await fetch(`${server.url}/audit?action=createPlan&limit=1000`, { headers })
  ).json()) as { items: { status: number }[] };
  // Every request of this file, also those just before the shutdown.
  expect(audit.items.filter(({ status }) => status === 201)).toHaveLength(6);
});
