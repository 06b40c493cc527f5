import { createAttemptLimiter, createMemoryState } from '@gravity/server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Harness, openHarness, password } from './http-harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await openHarness();
});
afterAll(() => harness.close());

const form = { 'content-type': 'application/x-www-form-urlencoded' };

it('registers, logs in with a form as the manual prints it, and knows the user', async () => {
  const registered = await harness.request('POST', '/auth/register', {
    json: { username: 'user123', email: 'user@example.com', password: 'securepassword' },
  });
  expect(registered.status).toBe(201);
  expect(registered.body).toMatchObject({ username: 'user123', email: 'user@example.com', role: 'admin' });
  expect(registered.text).not.toMatch(/password|hash/);

  const token = await harness.request('POST', '/auth/token', {
    payload: 'username=user123&password=securepassword',
    headers: form,
  });
  expect(token.status).toBe(200);
  expect(token.body).toMatchObject({ token_type: 'bearer', expires_in: 1800 });
  expect(token.headers['cache-control']).toBe('no-store');
  const [, claims] = token.body.access_token.split('.');
  const { exp, iat } = JSON.parse(Buffer.from(claims, 'base64url').toString());
  expect(exp - iat).toBe(1800);

  const me = await harness.request('GET', '/auth/me', { token: token.body.access_token });
  expect(me.status).toBe(200);
  expect(me.body).toEqual(registered.body);
  const { password_hash } = await harness.db.kysely
    .selectFrom('users')
    .select('password_hash')
    .where('username', '=', 'user123')
    .executeTakeFirstOrThrow();
  expect(password_hash).toMatch(/^\$2b\$04\$/);
});

it('makes only the first user admin, also when many register at once', async () => {
  const users = await Promise.all(['one', 'two', 'three'].map((name) => harness.addUser(name)));
  expect(users).toHaveLength(3);
  const roles = await harness.db.kysely
    .selectFrom('users')
    .select('role')
    .where('username', 'in', ['one', 'two', 'three'])
    .execute();
  expect(roles.map(({ role }) => role)).toEqual(['operator', 'operator', 'operator']);
});

it('lets one of two registrations of the same name win', async () => {
  const answers = await Promise.all(
    ['a@example.org', 'b@example.org'].map((email) =>
      harness.request('POST', '/auth/register', { json: { username: 'twin', email, password } }),
    ),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
});

it('rotates refresh tokens and ends the login when one is used twice', async () => {
  const { token, refreshToken } = await harness.addUser('rita');
  const refresh = (value: string) =>
    harness.request('POST', '/auth/refresh', { json: { refresh_token: value } });
  const next = await refresh(refreshToken);
  expect(next.status).toBe(200);
  expect(next.body.refresh_token).not.toBe(refreshToken);
  expect((await harness.request('GET', '/auth/me', { token: next.body.access_token })).status).toBe(200);

  expect((await refresh(refreshToken)).status).toBe(401);
  // Somebody else holds the token: everything that came of this login has ended.
  expect((await refresh(next.body.refresh_token)).status).toBe(401);
  expect((await harness.request('GET', '/auth/me', { token: next.body.access_token })).status).toBe(401);
  expect((await harness.request('GET', '/auth/me', { token })).status).toBe(401);
  const again = await harness.request('POST', '/auth/token', { json: { username: 'rita', password } });
  expect((await harness.request('GET', '/auth/me', { token: again.body.access_token })).status).toBe(200);
});

it('does not take a refresh token for access', async () => {
  const { refreshToken } = await harness.addUser('rex');
  expect((await harness.request('GET', '/auth/me', { token: refreshToken })).status).toBe(401);
});

it('revokes a login at logout and leaves other logins alone', async () => {
  const first = await harness.addUser('lou');
  const second = await harness.request('POST', '/auth/token', { json: { username: 'lou', password } });
  expect((await harness.request('POST', '/auth/logout', { token: first.token })).status).toBe(204);
  expect((await harness.request('GET', '/auth/me', { token: first.token })).status).toBe(401);
  const refreshed = await harness.request('POST', '/auth/refresh', {
    json: { refresh_token: first.refreshToken },
  });
  expect(refreshed.status).toBe(401);
  expect((await harness.request('GET', '/auth/me', { token: second.body.access_token })).status).toBe(200);
});

it('gives API keys that are shown once, kept as a hash, limited and revocable', async () => {
  const { token, id } = await harness.addUser('kay');
  const created = await harness.request('POST', '/auth/api-keys', { token, json: { name: 'nightly' } });
  expect(created.status).toBe(201);
  const { key } = created.body;
  const headers = { 'x-api-key': key };
  expect((await harness.request('GET', '/auth/me', { headers })).body.id).toBe(id);

  const stored = await harness.db.kysely
    .selectFrom('api_keys')
    .selectAll()
    .where('user_id', '=', id)
    .execute();
  expect(JSON.stringify(stored)).not.toContain(key.slice(20));
  const listed = await harness.request('GET', '/auth/api-keys', { token });
  expect(listed.body.items).toHaveLength(1);
  expect(listed.text).not.toContain(key);
  expect(listed.body.items[0].last_used_at).not.toBeNull();

  expect((await harness.request('POST', '/auth/api-keys', { headers, json: { name: 'child' } })).status).toBe(
    403,
  );
  const almost = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
  expect((await harness.request('GET', '/auth/me', { headers: { 'x-api-key': almost } })).status).toBe(401);

  const other = await harness.addUser('kim');
  const url = `/auth/api-keys/${created.body.id}`;
  expect((await harness.request('DELETE', url, { token: other.token })).status).toBe(404);
  expect((await harness.request('GET', '/auth/me', { headers })).status).toBe(200);
  expect((await harness.request('DELETE', url, { token })).status).toBe(204);
  expect((await harness.request('GET', '/auth/me', { headers })).status).toBe(401);
});

it('lets an admin change roles and disable users at once, but not remove the last admin', async () => {
  const admin = await harness.request('POST', '/auth/token', {
    json: { username: 'user123', password: 'securepassword' },
  });
  const adminToken = admin.body.access_token;
  const user = await harness.addUser('dora');
  const patch = (id: string, json: unknown) =>
    harness.request('PATCH', `/users/${id}`, { token: adminToken, json });
  expect((await patch(user.id, { role: 'viewer' })).body.role).toBe('viewer');
  expect((await patch(user.id, { disabled: true })).body.disabled).toBe(true);
  expect((await harness.request('GET', '/auth/me', { token: user.token })).status).toBe(401);
  const login = await harness.request('POST', '/auth/token', { json: { username: 'dora', password } });
  expect(login.status).toBe(401);
  const refreshed = await harness.request('POST', '/auth/refresh', {
    json: { refresh_token: user.refreshToken },
  });
  expect(refreshed.status).toBe(401);

  const me = await harness.request('GET', '/auth/me', { token: adminToken });
  expect((await patch(me.body.id, { role: 'viewer' })).status).toBe(409);
  expect((await patch(me.body.id, { disabled: true })).status).toBe(409);
  expect((await harness.request('GET', '/users', { token: adminToken })).status).toBe(200);
});

it('slows down guessing per user, counts failures only, and says how long to wait', async () => {
  await harness.addUser('gus');
  const login = (word: string) =>
    harness.request('POST', '/auth/token', { json: { username: 'gus', password: word } });
  for (let i = 0; i < 9; i++) expect((await login('wrong guess')).status).toBe(401);
  expect((await login(password)).status).toBe(200);
  for (let i = 0; i < 10; i++) expect((await login('wrong guess')).status).toBe(401);
  const refused = await login(password);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect(refused.body.status_code).toBe(429);
});

it('takes as long for an unknown user as for a wrong password', async () => {
  // bcrypt at cost 10 is some 50 ms: far above the rest of the request, so the medians can be compared.
  const slow = await openHarness({ bcryptCost: 10 });
  try {
    await slow.addUser('tim');
    const median = async (username: string) => {
      const times: number[] = [];
      for (let i = 0; i < 7; i++) {
        const start = performance.now();
        await slow.request('POST', '/auth/token', { json: { username, password: 'wrong password' } });
        times.push(performance.now() - start);
      }
      return times.sort((a, b) => a - b)[3];
    };
    const known = await median('tim');
    const unknown = await median('nobody');
    // Without the decoy hash the ratio would be below 0.1; other load on the machine moves it by some tens of percent.
    expect(unknown / known).toBeGreaterThan(0.5);
    expect(unknown / known).toBeLessThan(2);
  } finally {
    await slow.close();
  }
});

it('forgets failures after the window and keeps a bounded number of keys', async () => {
  let now = 0;
  const limiter = createAttemptLimiter(
    createMemoryState(3, () => now),
    'test',
    2,
    60,
  );
  expect([await limiter.begin('a'), await limiter.begin('a'), await limiter.begin('a')]).toEqual([0, 0, 60]);
  now = 59_500;
  expect(await limiter.begin('a')).toBe(1);
  now = 60_000;
  expect(await limiter.begin('a')).toBe(0);
  await limiter.released('a');
  expect([await limiter.begin('a'), await limiter.begin('a'), await limiter.begin('a')]).toEqual([0, 0, 60]);
  await limiter.succeeded('a');
  for (const key of ['b', 'b', 'c', 'c', 'd', 'd', 'e', 'e']) expect(await limiter.begin(key)).toBe(0);
  // Room for three keys: b gave way to e, which had its two attempts.
  expect(await limiter.begin('e')).toBe(60);
  expect(await limiter.begin('b')).toBe(0);
});

it('lets no more guesses through when they come at once', async () => {
  await harness.addUser('hal');
  const answers = await Promise.all(
    Array.from({ length: 16 }, () =>
      harness.request('POST', '/auth/token', { json: { username: 'hal', password: 'wrong guess' } }),
    ),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([...Array(10).fill(401), ...Array(6).fill(429)]);
});
