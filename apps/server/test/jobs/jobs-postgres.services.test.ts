import {
  createJobOutbox,
  createJobService,
  createQueueRunner,
  openBullTransport,
  openDatabase,
  openObjectStore,
} from '@gravity/server';
import { afterAll, beforeAll, describe } from 'vitest';
import { temporaryFolder, testConfig } from '../helpers.js';
import { type PostgresServer, startPostgres } from '../services/postgres.js';
import { type RedisServer, startRedis } from '../services/redis.js';
import { jobContract } from './job-contract.js';

describe('on services', () => {
  let postgres: PostgresServer;
  let redis: RedisServer;
  beforeAll(async () => {
    [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  });
  afterAll(async () => {
    await Promise.all([postgres.remove(), redis.remove()]);
  });

  async function open() {
    const folder = temporaryFolder();
    const config = testConfig(folder.path, {
      jobConcurrency: 2,
      leaseSeconds: 30,
      databaseUrl: await postgres.createDatabase(),
      redisUrl: redis.url,
    });
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
  }

  jobContract('PostgreSQL, one process', open);

  jobContract('PostgreSQL and Redis', async () => {
    const environment = await open();
    const transport = await openBullTransport(environment.config);
    const logger = { info: () => {}, warn: () => {}, error: () => {} };
    const outbox = createJobOutbox({ db: environment.db, transport, logger, resendSeconds: 0.5 });
    return {
      ...environment,
      createService: () => createJobService({ db: environment.db, outbox }),
      createRunner: (options) => createQueueRunner({ ...options, transport, outbox }),
      close: async () => {
        await transport.close();
        await environment.close();
      },
    };
  });
});
