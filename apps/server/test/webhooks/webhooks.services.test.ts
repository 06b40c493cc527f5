import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createOutboundPolicy,
  createSecretBox,
  createWebhookSecret,
  createWebhookSender,
  type Task,
  verifySignature,
} from '@gravity/server';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startScript } from '../child.js';
import { insertUser, waitFor } from '../helpers.js';
import { type Installation, startInstallation } from '../jobs/job-process.js';

const finish: Task = (context) => context.finalize(async () => ({}));

describe('processes that are killed', () => {
  const key = randomBytes(32);
  const secrets = createSecretBox([{ id: 'k', key }]);
  const got: { readonly headers: Record<string, string>; readonly body: string }[] = [];
  let installation: Installation;
  let receiver: Server;
  let url: string;
  /** While false, the receiver keeps its senders waiting. */
  let answering = true;

  beforeAll(async () => {
    installation = await startInstallation();
    receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        got.push({ headers: request.headers as Record<string, string>, body });
        if (answering) response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  });
  afterAll(async () => {
    receiver.closeAllConnections();
    receiver.close();
    await installation.remove();
  });

  const startChild = async (role: 'worker' | 'sender') => {
    const { databaseUrl, redis, folder } = installation;
    const child = startScript(
      'webhooks/dying-child.mjs',
      role,
      databaseUrl,
      redis.url,
      folder,
      key.toString('hex'),
    );
    await child.line((lines) => lines.includes('ready'));
    return child;
  };

  it('right after the end of a job was written: what waits for it goes on elsewhere, and its message is sent', async () => {
    const api = await installation.open({ queues: [] });
    const userId = await insertUser(api.db);
    const secret = createWebhookSecret();
    const callback = { url, sealed_secret: secrets.seal(secret, `callback:${url}`) };
    const { job: first } = await api.service.create({ userId, type: 'ingest', parameters: {}, callback });
    const { job: second } = await api.service.create({
      userId,
      type: 'process',
      parameters: {},
      dependsOn: [first.id],
      callback,
    });
    // Works on everything, but the waiting job is not sent to it.
    const other = await installation.open({ queues: ['process'] });
    await other.startRunner(finish);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(await api.service.get(second.id)).toMatchObject({
      status: 'pending',
      waiting_for: [first.id],
      dispatches: 0,
    });
    await startChild('worker').catch(() => undefined);
    const done = await waitFor('second', async () => {
      const job = await api.service.get(second.id);
      return job?.status === 'completed' && job;
    });
    expect(done.waiting_for).toEqual([]);
    expect((await api.service.get(first.id))?.result).toEqual({ by: 'the one that dies' });

    // A sender dies while the receiver has the messages; another one sends them again, under the same ids.
    answering = false;
    const dying = await startChild('sender');
    await waitFor('both on their way', async () => got.length >= 2);
    await dying.kill();
    answering = true;
    const before = new Set(got.splice(0).map(({ headers }) => headers['webhook-id']));
    expect(before.size).toBe(2);
    const sender = createWebhookSender({
      db: api.db,
      secrets,
      policy: createOutboundPolicy(['127.0.0.1']),
      logger: { info: () => {}, warn: () => {}, error: () => {} },
      baseUrl: 'http://api.example',
      intervalMs: 100,
    });
    sender.start();
    try {
      await waitFor('delivered', async () => {
        const { rows } = await sql<{ count: number }>`
          select count(*)::integer as count from webhook_deliveries where status = 'delivered'`.execute(
          api.db.kysely,
        );
        return rows[0].count === 2;
      });
    } finally {
      await sender.stop();
    }
    expect(new Set(got.map(({ headers }) => headers['webhook-id']))).toEqual(before);
    expect(got.every(({ headers, body }) => verifySignature(secret, headers, body))).toBe(true);
    const told = got.map(({ body }) => JSON.parse(body).data.job.id);
    expect(new Set(told)).toEqual(new Set([first.id, second.id]));
  });
});
