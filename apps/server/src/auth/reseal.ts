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
  return changed;
}
