import { resealDataSources } from '../data-sources/store.js';
import type { Database } from '../db/database.js';
import { sealContext } from '../webhooks/webhook-sender.js';
import type { SecretBox } from './secrets.js';

/** Seals every secret of the database that an older key sealed again with the newest. Returns how many. */
export async function resealSecrets(db: Database, secrets: SecretBox): Promise<number> {
  let changed = await resealDataSources(db, secrets);
  const hooks = await db.kysely.selectFrom('webhooks').select(['id', 'url', 'sealed_secret']).execute();
  for (const { id, url, sealed_secret: sealed } of hooks) {
    if (!secrets.isOutdated(sealed)) continue;
    const context = sealContext(id, url);
    await db.kysely
      .updateTable('webhooks')
      .set({ sealed_secret: secrets.seal(secrets.open(sealed, context), context) })
      .where('id', '=', id)
      .where('sealed_secret', '=', sealed)
      .execute();
    changed += 1;
  }
  return changed + (await resealCallbacks(db, secrets));
}

/** Callbacks of single jobs, ended ones too: their last messages may still be on their way. */
async function resealCallbacks(db: Database, secrets: SecretBox): Promise<number> {
  let changed = 0;
  const jobs = await db.kysely
    .selectFrom('processing_jobs')
    .select(['id', 'callback'])
    .where('callback', 'is not', null)
    .execute();
  for (const { id, callback } of jobs) {
    if (callback === null || !secrets.isOutdated(callback.sealed_secret)) continue;
    const { url, sealed_secret: sealed } = callback;
    const context = sealContext(null, url);
    const sealedAgain = secrets.seal(secrets.open(sealed, context), context);
    await db.kysely
      .updateTable('processing_jobs')
      .set({ callback: JSON.stringify({ url, sealed_secret: sealedAgain }) })
      .where('id', '=', id)
      .execute();
    changed += 1;
  }
  return changed;
}
