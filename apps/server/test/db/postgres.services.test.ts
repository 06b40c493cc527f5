import { openDatabase } from '@gravity/server';
import { afterAll, beforeAll } from 'vitest';
import { temporaryFolder, testConfig } from '../helpers.js';
import { type PostgresServer, startPostgres } from '../services/postgres.js';
import { consistencyContract } from './consistency-contract.js';
import { databaseContract } from './database-contract.js';
import { timeSeriesContract } from './time-series-contract.js';

const folder = temporaryFolder();
let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  await server.remove();
  folder.remove();
});

const open = async () =>
  openDatabase(testConfig(folder.path, { databaseUrl: await server.createDatabase() }));

databaseContract('PostgreSQL', open);

timeSeriesContract('PostgreSQL', open);
consistencyContract('PostgreSQL', open);
