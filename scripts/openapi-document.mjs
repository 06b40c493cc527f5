import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  buildApp,
  createJobService,
  loadConfig,
  openDatabase,
  openEmbeddedObjectStore,
} from '../apps/server/dist/index.js';

/** The OpenAPI document of the built server, read without listening on any port. */
export async function readOpenApiDocument() {
  const dataDir = mkdtempSync(join(tmpdir(), 'gravity-document-'));
  const config = loadConfig({}, { dataDir, bcryptCost: 4, logLevel: 'silent' });
  const db = await openDatabase(config);
  try {
    const objects = await openEmbeddedObjectStore(config);
    const app = await buildApp({ config, db, objects, jobs: createJobService({ db }) });
    const document = app.swagger();
    await app.close();
    return document;
  } finally {
    await db.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
