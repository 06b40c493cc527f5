import { openDatabase, openObjectStore } from '@gravity/server';
import { temporaryFolder, testConfig } from '../helpers.js';
import { jobContract } from './job-contract.js';

jobContract('PGlite', async () => {
  const folder = temporaryFolder();
  const config = testConfig(folder.path, { jobConcurrency: 2, leaseSeconds: 30 });
  const db = await openDatabase(config);
  const objects = await openObjectStore(config);
  return {
    config,
    db,
    objects,
    close: async () => {
      await db.close();
      folder.remove();
    },
  };
});
