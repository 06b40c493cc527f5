import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createAccount,
  idOfKey,
  keptSecrets,
  loadConfig,
  resetPassword,
  rotateKeptSecret,
  unlockLogin,
} from '@gravity/server';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../helpers.js';
import { type Harness, openHarness, password } from '../http-harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await openHarness({ lockoutFailures: 4, lockoutMinutes: 10, userRateLimitPerMinute: 200 });
  await harness.addUser('first');
});
afterAll(() => harness.close());

const me = (token: string) => harness.request('GET', '/auth/me', { token });
const login = (username: string, word: string, address = '192.0.2.1') =>
  harness.app.inject({
    method: 'POST',
    url: '/auth/token',
    remoteAddress: address,
    payload: { username, password: word },
  });

it('changes a password: every login ends, the answer goes on, refresh tokens of before are dead', async () => {
  const first = await harness.addUser('carl');
  const second = JSON.parse((await login('carl', password)).body);
  const change = (json: object, token = first.token) =>
    harness.request('POST', '/auth/password', { token, json });
  const next = 'a new and better one';
  expect((await change({ current_password: 'wrong', new_password: next })).status).toBe(403);
  expect((await change({ current_password: password, new_password: password })).status).toBe(422);
  const changed = await change({ current_password: password, new_password: next });
  expect(changed.status).toBe(200);
  for (const token of [first.token, second.access_token]) expect((await me(token)).status).toBe(401);
  for (const refresh_token of [first.refreshToken, second.refresh_token]) {
    expect((await harness.request('POST', '/auth/refresh', { json: { refresh_token } })).status).toBe(401);
  }
  expect((await me(changed.body.access_token)).status).toBe(200);
  const { refresh_token } = changed.body;
  const refreshed = await harness.request('POST', '/auth/refresh', { json: { refresh_token } });
  expect((await me(refreshed.body.access_token)).status).toBe(200);
  expect((await login('carl', password)).statusCode).toBe(401);
  expect((await login('carl', next)).statusCode).toBe(200);
});

it.each([
  ['Password123!', /guessed first/],
  ['qwertyuiop', /guessed first/],
  ['iloveyou2024', /guessed first/],
  ['aaaaaaaaaaaa', /repeated/],
  ['12345678901', /sequence/],
  ['pauline', /8 bytes/],
  ['pauline@example.org', /name or address/],
  ['ü'.repeat(37), /at most 72/],
])('refuses the password %s', async (word, reason) => {
  const answer = await harness.request('POST', '/auth/register', {
    json: { username: 'pauline', email: 'pauline@example.org', password: word },
  });
  expect(answer.status).toBe(422);
  expect(answer.body.errors[0].message).toMatch(reason);
});

it('locks a name after failures from any number of addresses, known or not, and an admin unlocks it', async () => {
  await harness.addUser('lea');
  for (const name of ['lea', 'nobody-there']) {
    for (let i = 0; i < 4; i++)
      expect((await login(name, 'wrong guess', `192.0.2.${i}`)).statusCode).toBe(401);
    const locked = await login(name, password, '192.0.2.99');
    expect(locked.statusCode, name).toBe(429);
    expect(Number(locked.headers['retry-after'])).toBeGreaterThan(500);
  }
  const { rows } = await harness.db.kysely
    .selectFrom('login_failures')
    .selectAll()
    .execute()
    .then((found) => ({ rows: found }));
  expect(JSON.stringify(rows)).not.toMatch(/lea|nobody/);

  const admin = JSON.parse((await login('first', password)).body).access_token;
  const list = await harness.request('GET', '/users?search=LEA&sort=-username&limit=5', { token: admin });
  expect(list.body).toMatchObject({ total: 1, skip: 0, limit: 5, items: [{ username: 'lea' }] });
  const url = `/users/${list.body.items[0].id}`;
  expect((await harness.request('PATCH', url, { token: admin, json: { locked: false } })).status).toBe(200);
  expect((await login('lea', password, '192.0.2.99')).statusCode).toBe(200);
  expect(await unlockLogin(harness.db, 'nobody-there')).toBe(true);
  expect(await unlockLogin(harness.db, 'nobody-there')).toBe(false);
});

it('counts failures at the same moment, and forgets them after a login', async () => {
  await harness.addUser('max');
  for (let i = 0; i < 3; i++) await login('max', 'wrong guess', `192.0.2.${i}`);
  expect((await login('max', password, '192.0.2.50')).statusCode).toBe(200);
  await Promise.all([0, 1, 2, 3].map((i) => login('max', 'wrong guess', `198.51.100.${i}`)));
  expect((await login('max', password, '192.0.2.51')).statusCode).toBe(429);
});

it('has keys for a purpose and a time only', async () => {
  const { token, id } = await harness.addUser('keith');
  const create = (json: object) => harness.request('POST', '/auth/api-keys', { token, json });
  const plain = await create({ name: 'default' });
  expect(plain.body.scopes).toEqual(['read', 'jobs', 'products']);
  const days = (Date.parse(plain.body.expires_at) - Date.parse(plain.body.created_at)) / 86_400_000;
  expect(days).toBeCloseTo(90, 2);
  expect((await create({ name: 'x', scopes: ['admin'] })).status).toBe(403);
  expect((await create({ name: 'x', scopes: ['all'] })).status).toBe(422);
  expect((await create({ name: 'x', expires_in_days: 1000 })).status).toBe(422);

  const reader = await create({ name: 'reader', scopes: ['read'], expires_in_days: 1 });
  const headers = { 'x-api-key': reader.body.key };
  expect((await harness.request('GET', '/ops/jobs', { headers })).status).toBe(200);
  const refused = await harness.request('POST', '/ops/plan', { headers, json: {} });
  expect(refused.body.detail).toBe('This needs a key of the scope jobs');
  await harness.db.kysely
    .updateTable('api_keys')
    .set({ expires_at: new Date(Date.now() - 1000) })
    .where('user_id', '=', id)
    .where('name', '=', 'reader')
    .execute();
  expect((await harness.request('GET', '/ops/jobs', { headers })).status).toBe(401);
});

it('names the signing key and takes no token of a key it does not know', async () => {
  const { token } = await harness.addUser('tom');
  const [head, claims] = token.split('.');
  const header = JSON.parse(Buffer.from(head, 'base64url').toString());
  expect(header).toEqual({ alg: 'HS256', typ: 'JWT', kid: idOfKey(harness.config.jwtSecret) });
  const forge = (fields: object, key: Uint8Array) => {
    const text = `${Buffer.from(JSON.stringify({ ...header, ...fields })).toString('base64url')}.${claims}`;
    return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
  };
  expect((await me(forge({}, harness.config.jwtSecret))).status).toBe(200);
  // Tokens of before keys had names.
  expect((await me(forge({ kid: undefined }, harness.config.jwtSecret))).status).toBe(200);
  expect((await me(forge({ kid: 'other' }, harness.config.jwtSecret))).status).toBe(401);
  expect((await me(forge({}, new Uint8Array(32)))).status).toBe(401);
  expect((await me(forge({ alg: 'none' }, harness.config.jwtSecret))).status).toBe(401);
  expect((await me(forge({ alg: 'HS512' }, harness.config.jwtSecret))).status).toBe(401);
});

it('rotates the signing key of the data folder while the server runs', async () => {
  const { token } = await harness.addUser('rob');
  const folder = harness.config.jwtSecretFolder ?? '';
  const before = idOfKey(keptSecrets(folder).current);
  rotateKeptSecret(folder);
  const after = idOfKey(keptSecrets(folder).current);
  expect(after).not.toBe(before);
  // The server looks every two seconds, by a clock that nobody puts on.
  await sleep(2100);
  const next = JSON.parse((await login('rob', password)).body).access_token;
  const header = JSON.parse(Buffer.from(next.split('.')[0], 'base64url').toString());
  expect(header.kid).toBe(after);
  for (const each of [token, next]) expect((await me(each)).status).toBe(200);
  // The next start knows both; a week later the old one is forgotten.
  const { dataDir } = harness.config;
  const started = loadConfig({}, { dataDir });
  expect([started.jwtSecret, ...(started.jwtPreviousSecrets ?? [])].map(idOfKey)).toEqual([after, before]);
  vi.setSystemTime(Date.now() + 8 * 86_400_000);
  try {
    expect(loadConfig({}, { dataDir }).jwtPreviousSecrets).toEqual([]);
  } finally {
    vi.useRealTimers();
  }
});

it('takes older secrets and encryption keys from variables', () => {
  const folder = temporaryFolder();
  try {
    const [now, old] = ['n'.repeat(32), 'o'.repeat(32)];
    const keys = `b:${'11'.repeat(32)},a:${'22'.repeat(32)}`;
    const config = loadConfig(
      {
        JWT_SECRET_KEY: now,
        JWT_PREVIOUS_SECRET_KEYS: JSON.stringify([old]),
        GRAVITY_ENCRYPTION_KEY: keys,
        NODE_ENV: 'production',
      },
      { dataDir: join(folder.path, 'data') },
    );
    expect(config.jwtPreviousSecrets?.map((secret) => new TextDecoder().decode(secret))).toEqual([old]);
    expect(config.encryptionKeys.map(({ id }) => id)).toEqual(['b', 'a']);
    expect([config.firstUserRole, config.registration]).toEqual(['operator', 'open']);
    const wrong = { JWT_SECRET_KEY: now, GRAVITY_ENCRYPTION_KEY: 'tooshortsecret' };
    expect(() => loadConfig(wrong, { dataDir: folder.path })).toThrow(/^GRAVITY_ENCRYPTION_KEY: .*32 bytes/);
    expect(() => loadConfig(wrong, { dataDir: folder.path })).not.toThrow(/tooshortsecret/);
  } finally {
    folder.remove();
  }
});

it('lets the command line make the first admin where registering makes none, or is closed', async () => {
  const closed = await openHarness({ firstUserRole: 'operator' });
  try {
    await closed.addUser('stranger');
    const roles = () =>
      closed.db.kysely.selectFrom('users').select(['username', 'role']).orderBy('created_at').execute();
    expect(await roles()).toEqual([{ username: 'stranger', role: 'operator' }]);
    const account = { username: 'root-admin', email: 'root@example.org', role: 'admin' as const };
    await expect(createAccount(closed.db, { ...account, password: 'password' }, 4)).rejects.toThrow(
      /guessed/,
    );
    await createAccount(closed.db, { ...account, password }, 4);
    expect((await roles()).at(-1)).toEqual({ username: 'root-admin', role: 'admin' });
    const token = (
      await closed.request('POST', '/auth/token', { json: { username: 'root-admin', password } })
    ).body;
    await resetPassword(closed.db, 'root-admin', 'quite another one', 4);
    expect((await closed.request('GET', '/auth/me', { token: token.access_token })).status).toBe(401);
    await expect(resetPassword(closed.db, 'nobody', 'quite another one', 4)).rejects.toThrow(/no user/);
  } finally {
    await closed.close();
  }
});
