import { randomUUID } from 'node:crypto';
import { createSecretBox, openDatabase, resealSecrets } from '@gravity/server';
import { afterAll, expect, it } from 'vitest';
import { seedDatabase } from '../../../../test/support/database-template.js';
import { insertUser, temporaryFolder, testConfig } from '../helpers.js';

const old = { id: 'old', key: new Uint8Array(32).fill(7) };
const fresh = { id: 'new', key: new Uint8Array(32).fill(9) };
const URL_OF_HOOK = 'https://example.org/hook';

const folder = temporaryFolder();
afterAll(() => folder.remove());

it('seals every secret again after a change of the key: nothing needs the old one any more', async () => {
  seedDatabase(folder.path);
  const db = await openDatabase(testConfig(folder.path));
  const before = createSecretBox([old]);
  const userId = await insertUser(db);
  const [source, hook, job, plain] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  const contexts = {
    access: `data_source:${source}:access_key`,
    secret: `data_source:${source}:secret_key`,
    hook: `webhook:${hook}`,
    callback: `callback:${URL_OF_HOOK}`,
  };
  await db.kysely
    .insertInto('data_sources')
    .values({
      id: source,
      user_id: userId,
      name: 'own',
      endpoint: 'https://s3.example.org',
      region: 'eu',
      bucket: 'gravity',
      access_key_sealed: before.seal('access', contexts.access),
      secret_key_sealed: before.seal('secret', contexts.secret),
    })
    .execute();
  await db.kysely
    .insertInto('webhooks')
    .values({
      id: hook,
      user_id: userId,
      url: URL_OF_HOOK,
      events: ['job.completed'],
      job_types: null,
      description: null,
      sealed_secret: before.seal('whsec_hook', contexts.hook),
      disabled_reason: null,
      updated_at: new Date(),
    })
    .execute();
  const callback = { url: URL_OF_HOOK, sealed_secret: before.seal('whsec_callback', contexts.callback) };
  for (const [id, value] of [
    [job, JSON.stringify(callback)],
    [plain, null],
  ] as const) {
    await db.kysely
      .insertInto('processing_jobs')
      .values({
        id,
        user_id: userId,
        type: 'plan',
        status: 'completed',
        parameters: '{}',
        callback: value,
        updated_at: new Date(),
      })
      .execute();
  }

  const ring = createSecretBox([fresh, old]);
  expect(await resealSecrets(db, ring)).toBe(3);
  expect(await resealSecrets(db, ring)).toBe(0);

  const after = createSecretBox([fresh]);
  const sealed = await db.kysely.selectFrom('data_sources').selectAll().executeTakeFirstOrThrow();
  expect(after.open(sealed.access_key_sealed, contexts.access)).toBe('access');
  expect(after.open(sealed.secret_key_sealed, contexts.secret)).toBe('secret');
  const { sealed_secret } = await db.kysely.selectFrom('webhooks').selectAll().executeTakeFirstOrThrow();
  expect(after.open(sealed_secret, contexts.hook)).toBe('whsec_hook');
  const { callback: kept } = await db.kysely
    .selectFrom('processing_jobs')
    .select('callback')
    .where('id', '=', job)
    .executeTakeFirstOrThrow();
  expect(kept?.url).toBe(URL_OF_HOOK);
  expect(after.open(kept?.sealed_secret ?? '', contexts.callback)).toBe('whsec_callback');
  await db.close();
});
