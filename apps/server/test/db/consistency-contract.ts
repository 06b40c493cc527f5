import { createHash, randomUUID } from 'node:crypto';
import { checkConsistency, copyRow, type Database, type ObjectStore, openObjectStore } from '@gravity/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertUser, temporaryFolder, testConfig } from '../helpers.js';

/** The same on every database. `open` gives an empty one with the schema. */
export function consistencyContract(name: string, open: () => Promise<Database>): void {
  describe(`checkConsistency: ${name}`, () => {
    const folder = temporaryFolder();
    let db: Database;
    let objects: ObjectStore;
    let userId: string;
    beforeAll(async () => {
      db = await open();
      objects = await openObjectStore(testConfig(folder.path));
      userId = await insertUser(db);
    });
    afterAll(async () => {
      await db.close();
      folder.remove();
    });

    async function addFile(records: number, stored: number, withObject: boolean): Promise<string> {
      const id = randomUUID();
      const key = `l1b/${id}`;
      if (withObject) await objects.put('raw-data', key, Buffer.from(id));
      await db.kysely
        .insertInto('ingested_files')
        .values({
          id,
          sha256: createHash('sha256').update(id).digest('hex'),
          file_name: `${id}.txt`,
          product: 'GNV1B',
          satellite: 'GRACE-C',
          records,
          bytes: 36,
          object_key: key,
          columns: '[]',
          quality: '{}',
          metadata: '{}',
          user_id: userId,
        })
        .execute();
      await addRows(id, stored);
      return key;
    }

    async function addRows(fileId: string, count: number): Promise<void> {
      const columns = ['time', 'gps_seconds', 'satellite', 'product', 'file_id', 'values'];
      const rows = Array.from({ length: count }, (_, i) =>
        copyRow([new Date(), i, 'GRACE-C', 'GNV1B', fileId, [i]]),
      );
      await db.kysely
        .transaction()
        .execute((transaction) => db.copyIn(transaction, 'satellite_observations', columns, rows));
    }

    it('finds nothing where all fits', async () => {
      await addFile(4, 4, true);
      await addFile(0, 0, true);
      expect(await checkConsistency(db, objects)).toEqual({
        consistent: true,
        orphanObjects: 0,
        missingObjects: 0,
        alteredObjects: 0,
        rowsWithoutFile: 0,
        recordMismatches: 0,
        expiredLeases: 0,
        examples: [],
      });
    });

    it('counts each kind of damage and names it', async () => {
      await addFile(5, 4, true);
      const missing = await addFile(1, 1, false);
      await addRows('00000000-0000-4000-8000-000000000001', 7);
      await objects.put('raw-data', 'l1b/orphan', Buffer.from('x'));
      const jobId = randomUUID();
      await db.kysely
        .insertInto('processing_jobs')
        .values({
          id: jobId,
          user_id: userId,
          type: 'process',
          status: 'running',
          parameters: '{}',
          updated_at: new Date(),
          worker_id: 'dead',
          lease_until: new Date(0),
        })
        .execute();
      const product = await objects.put('products', 'p/a.gfc', Buffer.from('good'));
      await objects.put('products', 'p/a.gfc.stac.json', Buffer.from('{}'));
      await db.kysely
        .insertInto('gravity_products')
        .values({
          id: randomUUID(),
          job_id: jobId,
          user_id: userId,
          kind: 'coefficients',
          file_name: 'a.gfc',
          media_type: 'text/plain',
          object_key: 'p/a.gfc',
          bytes: 4,
          sha256: product.sha256,
          recipe_hash: 'r',
          satellites: ['GRACE-C'],
          status: 'draft',
          metadata: '{}',
          quality: '{}',
        })
        .execute();
      await objects.put('products', 'p/a.gfc', Buffer.from('evil'));

      const report = await checkConsistency(db, objects);
      expect(report).toMatchObject({
        consistent: false,
        orphanObjects: 1,
        missingObjects: 1,
        alteredObjects: 1,
        rowsWithoutFile: 7,
        recordMismatches: 1,
        expiredLeases: 1,
      });
      expect(report.examples.join('\n')).toContain(`raw-data/${missing} is named by a row but missing`);
      expect((await checkConsistency(db, objects, { orphanAgeSeconds: 60 })).orphanObjects).toBe(0);
    });
  });
}
