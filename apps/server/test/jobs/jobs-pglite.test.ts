import { openDatabase, openObjectStore } from '@gravity/server';
import { seedDatabase } from '../../../../test/support/database-template.js';
import { temporaryFolder, testConfig } from '../helpers.js';
import { jobContract } from './job-contract.js';

jobContract('PGlite', async () => {
  const folder = temporaryFolder();
  const config = testConfig(folder.path, { jobConcurrency: 2, leaseSeconds: 30 });
  if (config.databaseUrl === undefined) seedDatabase(config.dataDir);
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
