import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import {
  createJobService,
  createOutboundPolicy,
  createSecretBox,
  createWebhookSecret,
  createWebhookSender,
  type LocalJobService,
  signatureHeaders,
  verifySignature,
  type WebhookSender,
} from '@gravity/server';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../helpers.js';
import { type Harness, manual, openHarness } from '../http-harness.js';
import { type Receiver, startReceiver } from './receiver.js';

const silent = { info: () => {}, warn: () => {}, error: () => {} };
const keys = [{ id: 'k1', key: randomBytes(32) }];

describe('signatures', () => {
  // Made with the Python package standardwebhooks 1.1.0.
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const body = '{"test": 2432232314}';
  const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', unixSeconds: 1614265330, body };
  const expected = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';

  it('are those of Standard Webhooks', () => {
    expect(signatureHeaders(secret, message)).toEqual({
      'webhook-id': message.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': expected,
    });
  });
  it('do not hold for another body, id, time or secret, nor when they are old', () => {
    const headers = signatureHeaders(secret, message);
    const at = { nowUnixSeconds: message.unixSeconds + 10 };
    expect(verifySignature(secret, headers, body, at)).toBe(true);
    const several = { ...headers, 'webhook-signature': `v1,AAAA v2,xx ${expected}` };
    expect(verifySignature(secret, several, body, at)).toBe(true);
    expect(verifySignature(secret, headers, `${body} `, at)).toBe(false);
    expect(verifySignature(secret, { ...headers, 'webhook-id': 'other' }, body, at)).toBe(false);
    expect(verifySignature(secret, { ...headers, 'webhook-timestamp': '1614265331' }, body, at)).toBe(false);
    expect(verifySignature(createWebhookSecret(), headers, body, at)).toBe(false);
    expect(verifySignature(secret, headers, body)).toBe(false);
    expect(() => signatureHeaders('secret', message)).toThrow(/form/);
  });
});

describe('webhooks', () => {
  let harness: Harness;
  let receiver: Receiver;
  let service: LocalJobService;
  let anna: { id: string; token: string };
  let bert: { id: string; token: string };
  const senders: WebhookSender[] = [];

  beforeAll(async () => {
    receiver = await startReceiver();
    harness = await openHarness({ encryptionKeys: keys, outboundAllow: ['127.0.0.1'] });
    service = createJobService({ db: harness.db });
    await harness.addUser('admin');
    anna = await harness.addUser('anna');
    bert = await harness.addUser('bert');
  });
  afterEach(async () => {
    for (const sender of senders.splice(0)) await sender.stop();
    await sql`delete from webhooks`.execute(harness.db.kysely);
    await sql`delete from webhook_deliveries`.execute(harness.db.kysely);
    receiver.got.length = 0;
    receiver.answers = [];
  });
  afterAll(async () => {
    await harness.close();
    await receiver.close();
  });

  function startSender(options: Partial<Parameters<typeof createWebhookSender>[0]> = {}): WebhookSender {
    const sender = createWebhookSender({
      db: harness.db,
      secrets: createSecretBox(keys),
      policy: createOutboundPolicy(['127.0.0.1']),
      logger: silent,
      baseUrl: 'http://api.example',
      intervalMs: 30,
      waitSeconds: [0.02, 0.02, 0.02],
      ...options,
    });
    sender.start();
    senders.push(sender);
    return sender;
  }
  const post = (url: string, json: unknown, token = anna.token) =>
    harness.request('POST', url, { token, json });
  const addHook = async (more: object = {}) =>
    (await post('/webhooks', { url: `${receiver.url}/hook`, ...more })).body;
  const endedJob = async (userId = anna.id): Promise<string> => {
    const { job } = await service.create({ userId, type: 'plan', parameters: {} });
    await service.requestCancel(job.id);
    return job.id;
  };
  const deliveries = async (id: string) =>
    (await harness.request('GET', `/webhooks/${id}/deliveries`, { token: anna.token })).body.items;

  it('tells a receiver of the end of a job, signed with the secret that was shown once', async () => {
    const hook = await addHook({ description: 'mine' });
    expect(hook).toMatchObject({ active: true, events: ['job.completed', 'job.failed', 'job.cancelled'] });
    const { secret, ...shown } = hook;
    expect((await harness.request('GET', `/webhooks/${hook.id}`, { token: anna.token })).body).toEqual(shown);
    const { rows } = await sql<{ row: string }>`select w::text as row from webhooks w`.execute(
      harness.db.kysely,
    );
    expect(rows[0].row).not.toContain(secret.slice(6));
    const jobId = await endedJob();
    await endedJob(bert.id);
    startSender();
    const [message] = await waitFor('message', async () => receiver.got.length > 0 && receiver.got);
    expect(message.path).toBe('/hook');
    const content = JSON.parse(message.body);
    expect(content).toMatchObject({
      type: 'job.cancelled',
      data: {
        job: { id: jobId, type: 'plan', status: 'cancelled', url: `http://api.example/ops/jobs/${jobId}` },
      },
    });
    expect(content.id).toBe(message.headers['webhook-id']);
    // By hand, as a receiver without our code would do it.
    const { 'webhook-id': id, 'webhook-timestamp': time } = message.headers;
    const mac = createHmac('sha256', Buffer.from(secret.slice(6), 'base64')).update(
      `${id}.${time}.${message.body}`,
    );
    expect(message.headers['webhook-signature']).toBe(`v1,${mac.digest('base64')}`);
    const log = await waitFor('log', async () => {
      const items = await deliveries(hook.id);
      return items[0]?.status === 'delivered' && items;
    });
    expect(log).toHaveLength(1);
    expect(log[0]).toMatchObject({ id, job_id: jobId, attempts: 1, last_status: 204, last_error: null });
  });

  it('tries again under the same id with a new signature, then gives up; does not follow redirects', async () => {
    const hook = await addHook();
    receiver.answers = [500, 302, 503, 500];
    await endedJob();
    startSender();
    const item = await waitFor('failed', async () => {
      const [last] = await deliveries(hook.id);
      return last?.status === 'failed' && last;
    });
    expect(item).toMatchObject({ attempts: 4, last_status: 500, last_error: 'answered 500' });
    expect(new Set(receiver.got.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(receiver.got).toHaveLength(4);
    expect(new Set(receiver.got.map(({ body }) => body)).size).toBe(1);
  });

  it('switches a webhook off that fails time after time or is gone; its owner switches it on again', async () => {
    const hook = await addHook();
    const gone = (await post('/webhooks', { url: `${receiver.url}/gone`, events: ['job.failed'] })).body;
    receiver.answers = Array(50).fill(500);
    await endedJob();
    await endedJob();
    startSender({ disableAfter: 5, waitSeconds: [0.01, 0.01, 0.01, 0.01, 0.01, 0.01] });
    const get = async (id: string) =>
      (await harness.request('GET', `/webhooks/${id}`, { token: anna.token })).body;
    const off = await waitFor('off', async () => {
      const now = await get(hook.id);
      return !now.active && now;
    });
    expect(off.disabled_reason).toContain('5 attempts in a row failed, the last one: answered 500');
    expect((await deliveries(hook.id)).map(({ status }: { status: string }) => status)).toEqual([
      'failed',
      'failed',
    ]);
    await endedJob();
    expect(await deliveries(hook.id)).toHaveLength(2);
    expect((await post(`/webhooks/${hook.id}/test`, undefined)).status).toBe(409);
    receiver.answers = [];
    const patched = await harness.request('PATCH', `/webhooks/${hook.id}`, {
      token: anna.token,
      json: { active: true },
    });
    expect(patched.body).toMatchObject({ active: true, failures: 0, disabled_reason: null });
    receiver.got.length = 0;
    expect((await post(`/webhooks/${hook.id}/test`, undefined)).status).toBe(201);
    const [test] = await waitFor('test message', async () => receiver.got.length > 0 && receiver.got);
    expect(JSON.parse(test.body)).toMatchObject({ type: 'webhook.test', data: {} });
    receiver.answers = [410];
    await harness.request('PATCH', `/webhooks/${gone.id}`, {
      token: anna.token,
      json: { events: ['job.cancelled'] },
    });
    await harness.request('DELETE', `/webhooks/${hook.id}`, { token: anna.token });
    await endedJob();
    await waitFor('gone', async () => !(await get(gone.id)).active);
    expect((await get(gone.id)).disabled_reason).toContain('410');
  });

  it('tells the callback of one request, whose secret is not in the database', async () => {
    const secret = createWebhookSecret();
    const answer = await post('/ops/plan', {
      ...manual.plan,
      callback: { url: `${receiver.url}/once`, secret },
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ callback_url: `${receiver.url}/once` });
    expect(answer.body.parameters).not.toHaveProperty('callback');
    expect(answer.text).not.toContain(secret.slice(6));
    const { rows } = await sql<{ row: string }>`select j::text as row from processing_jobs j
      where id = ${answer.body.id}`.execute(harness.db.kysely);
    expect(rows[0].row).not.toContain(secret.slice(6));
    await service.requestCancel(answer.body.id);
    startSender();
    const [message] = await waitFor('message', async () => receiver.got.length > 0 && receiver.got);
    expect(verifySignature(secret, message.headers, message.body)).toBe(true);
    expect(JSON.parse(message.body).data.job.id).toBe(answer.body.id);
  });

  it('two senders send each message once; what a dead one had taken is sent when its lease is over', async () => {
    await addHook();
    for (let i = 0; i < 15; i++) await endedJob();
    // taken by a process that died: due again in a moment, its attempt counted
    await sql`update webhook_deliveries set attempts = 1, next_attempt_at = now() + interval '200 ms'
      where id = (select id from webhook_deliveries limit 1)`.execute(harness.db.kysely);
    // a worker that was started without the key leaves them to the others
    startSender({ secrets: createSecretBox([]) });
    startSender();
    startSender();
    await waitFor('all', async () => receiver.got.length >= 15);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(receiver.got).toHaveLength(15);
    expect(new Set(receiver.got.map(({ headers }) => headers['webhook-id'])).size).toBe(15);
  });

  it('goes nowhere inside, neither when it is made nor, should the rules change, when it is sent', async () => {
    for (const url of [
      'http://169.254.169.254/latest',
      'http://10.0.0.1/',
      'file:///etc/passwd',
      'http://[::1]/',
    ]) {
      const refused = await post('/webhooks', { url });
      expect([url, refused.status, refused.body.errors?.[0]?.field]).toEqual([url, 422, 'url']);
      const callback = { url, secret: createWebhookSecret() };
      expect((await post('/ops/plan', { ...manual.plan, callback })).body.errors[0].field).toBe(
        'callback.url',
      );
    }
    const hook = await addHook();
    await endedJob();
    startSender({ policy: createOutboundPolicy([]) });
    const item = await waitFor('failed', async () => {
      const [last] = await deliveries(hook.id);
      return last?.status === 'failed' && last;
    });
    expect(item.last_error).toBe('the address leads to a private, local or reserved address');
    expect(receiver.got).toHaveLength(0);
  });

  it('are their owner’s: others do not see them; viewers have none', async () => {
    const hook = await addHook();
    for (const [method, url] of [
      ['GET', `/webhooks/${hook.id}`],
      ['PATCH', `/webhooks/${hook.id}`],
      ['DELETE', `/webhooks/${hook.id}`],
      ['GET', `/webhooks/${hook.id}/deliveries`],
      ['POST', `/webhooks/${hook.id}/test`],
    ] as const) {
      const json = method === 'PATCH' ? { active: false } : undefined;
      const answer = await harness.request(method, url, { token: bert.token, json });
      expect([method, url, answer.status]).toEqual([method, url, 404]);
    }
    expect((await harness.request('GET', '/webhooks', { token: bert.token })).body.items).toEqual([]);
    expect((await harness.request('GET', `/webhooks/${randomUUID()}`, { token: anna.token })).status).toBe(
      404,
    );
    expect((await harness.request('DELETE', `/webhooks/${hook.id}`, { token: anna.token })).status).toBe(204);
    for (let i = 0; i < 20; i++) await addHook();
    expect((await post('/webhooks', { url: receiver.url })).status).toBe(409);
  });

  it('needs a key to seal secrets with', async () => {
    const without = await openHarness({ encryptionKeys: [] });
    try {
      await without.addUser('admin');
      const { token } = await without.addUser('anna');
      const answer = await without.request('POST', '/webhooks', {
        token,
        json: { url: 'http://93.184.216.34/' },
      });
      expect(answer.status).toBe(503);
      expect(answer.body.detail).toContain('GRAVITY_ENCRYPTION_KEY');
    } finally {
      await without.close();
    }
  });
});
