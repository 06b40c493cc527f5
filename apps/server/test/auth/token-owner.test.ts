import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTokenOwners, type TokenOwners } from '../../dist/auth/token-owner.js';
import { type Harness, openHarness } from '../http-harness.js';

let harness: Harness;
let statements = 0;
let ownerOf: TokenOwners;
beforeAll(async () => {
  harness = await openHarness({ userRateLimitPerMinute: 10_000 });
  const kysely = harness.db.kysely.withPlugin({
    transformQuery: ({ node }) => {
      statements += 1;
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  ownerOf = createTokenOwners({ ...harness.db, kysely });
});
afterAll(() => harness.close());

const claimsOf = (userId: string, tokenId: string) => ({
  userId,
  tokenId,
  sessionId: `session of ${tokenId}`,
  generation: 0,
  expiresAt: new Date(Date.now() + 60_000),
});

it('serves requests that come together with few statements, each with its own answer', async () => {
  const users = [await harness.addUser('ada'), await harness.addUser('bea'), await harness.addUser('cleo')];
  await harness.db.kysely
    .insertInto('revoked_tokens')
    .values([
      { jti: 'revoked', expires_at: new Date(Date.now() + 60_000) },
      { jti: 'session of ended', expires_at: new Date(Date.now() + 60_000) },
    ])
    .execute();
  const asked = Array.from({ length: 300 }, (_, i) =>
    claimsOf(users[i % 3].id, ['good', 'revoked', 'ended', 'other'][i % 4]),
  );
  statements = 0;
  const found = await Promise.all(asked.map(ownerOf));
  expect(statements).toBeLessThanOrEqual(2);
  found.forEach((owner, i) => {
    expect(owner?.username).toBe(['ada', 'bea', 'cleo'][i % 3]);
    expect(owner?.revoked).toBe([false, true, true, false][i % 4]);
    expect(owner?.created_at).toBeInstanceOf(Date);
  });
  const nobody = claimsOf('00000000-0000-4000-8000-000000000000', 'good');
  const strange = claimsOf("x' or 1=1", 'good');
  expect(await Promise.all([ownerOf(nobody), ownerOf(strange), ownerOf(asked[0])])).toMatchObject([
    undefined,
    undefined,
    { username: 'ada' },
  ]);
});

it('sees what was revoked before the request, however many are under way', async () => {
  const { token } = await harness.addUser('dora');
  const me = () => harness.request('GET', '/auth/me', { token });
  const before = Array.from({ length: 40 }, me);
  const logout = await harness.request('POST', '/auth/logout', { token, json: {} });
  expect(logout.status).toBeLessThan(300);
  const after = await Promise.all(Array.from({ length: 40 }, me));
  expect(new Set(after.map(({ status }) => status))).toEqual(new Set([401]));
  for (const { status } of await Promise.all(before)) expect([200, 401]).toContain(status);
});
