import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { SecretBox } from '../auth/secrets.js';
import type { Database } from '../db/database.js';

/** A data source as its user sees it again: without its keys. */
export interface DataSourceRecord {
  readonly id: string;
  readonly name: string;
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly created_at: Date;
}

export interface NewDataSource {
  readonly name: string;
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

export interface OpenedDataSource extends DataSourceRecord {
  readonly accessKey: string;
  readonly secretKey: string;
}

const publicColumns = ['id', 'name', 'endpoint', 'region', 'bucket', 'created_at'] as const;
export const maxDataSourcesPerUser = 50;

export type SealedField = 'access_key' | 'secret_key';

/** What a sealed key is bound to: it opens in no other row and no other column. */
export function sealContext(id: string, field: SealedField): string {
  return `data_source:${id}:${field}`;
}

/** undefined when the user has a source of this name, or as many as one may have. */
export async function createDataSource(
  db: Database,
  secrets: SecretBox,
  userId: string,
  source: NewDataSource,
): Promise<DataSourceRecord | 'taken' | 'full'> {
  const id = randomUUID();
  const { name, endpoint, region, bucket, accessKey, secretKey } = source;
  const { count } = await db.kysely
    .selectFrom('data_sources')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow();
  if (Number(count) >= maxDataSourcesPerUser) return 'full';
  const created = await db.kysely
    .insertInto('data_sources')
    .values({
      id,
      user_id: userId,
      name,
      endpoint,
      region,
      bucket,
      access_key_sealed: secrets.seal(accessKey, sealContext(id, 'access_key')),
      secret_key_sealed: secrets.seal(secretKey, sealContext(id, 'secret_key')),
    })
    .onConflict((conflict) => conflict.columns(['user_id', 'name']).doNothing())
    .returning(publicColumns)
    .executeTakeFirst();
  return created ?? 'taken';
}

export function listDataSources(db: Database, userId: string): Promise<DataSourceRecord[]> {
  return db.kysely
    .selectFrom('data_sources')
    .select(publicColumns)
    .where('user_id', '=', userId)
    .orderBy(sql`name`)
    .execute();
}

export async function deleteDataSource(db: Database, userId: string, id: string): Promise<boolean> {
  const removed = await db.kysely
    .deleteFrom('data_sources')
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .returning('id')
    .executeTakeFirst();
  return removed !== undefined;
}

/** With its keys; undefined when the user has none of this name. @throws SealedSecretError */
export async function findDataSource(
  db: Database,
  secrets: SecretBox,
  userId: string,
  name: string,
): Promise<OpenedDataSource | undefined> {
  const row = await db.kysely
    .selectFrom('data_sources')
    .selectAll()
    .where('user_id', '=', userId)
    .where('name', '=', name)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { access_key_sealed: access, secret_key_sealed: secret, ...record } = row;
  return {
    ...record,
    accessKey: secrets.open(access, sealContext(row.id, 'access_key')),
    secretKey: secrets.open(secret, sealContext(row.id, 'secret_key')),
  };
}

/** Seals again, with the newest key, what was sealed with older ones. Returns how many sources were changed. */
export async function resealDataSources(db: Database, secrets: SecretBox): Promise<number> {
  const rows = await db.kysely.selectFrom('data_sources').selectAll().execute();
  let changed = 0;
  for (const row of rows) {
    const { id, access_key_sealed: access, secret_key_sealed: secret } = row;
    if (!secrets.isOutdated(access) && !secrets.isOutdated(secret)) continue;
    const again = (sealed: string, field: SealedField) =>
      secrets.seal(secrets.open(sealed, sealContext(id, field)), sealContext(id, field));
    await db.kysely
      .updateTable('data_sources')
      .set({
        access_key_sealed: again(access, 'access_key'),
        secret_key_sealed: again(secret, 'secret_key'),
      })
      .where('id', '=', id)
      .where('secret_key_sealed', '=', secret)
      .execute();
    changed += 1;
  }
  return changed;
}
