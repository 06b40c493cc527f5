import { Redis } from 'ioredis';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { startPostgres } from './postgres.js';
import { startProxy } from './proxy.js';
import { startRedis } from './redis.js';
import { startS3rver } from './s3.js';

describe('the services that tests start', () => {
  it('PostgreSQL keeps what was committed before it was killed', async () => {
    const server = await startPostgres();
    try {
      const url = await server.createDatabase();
      const query = async (text: string) => {
        const client = new pg.Client({ connectionString: url });
        await client.connect();
        const { rows } = await client.query(text);
        await client.end();
        return rows;
      };
      await query('create table kept as select 42 as value');
      await server.kill();
      await expect(query('select 1')).rejects.toThrow(/ECONNREFUSED/);
      await server.start();
      expect(await query('select value from kept')).toEqual([{ value: 42 }]);
    } finally {
      await server.remove();
    }
  });

  it('Redis answers through a proxy until that is cut', async () => {
    const server = await startRedis();
    const proxy = await startProxy(server.port);
    const redis = new Redis(`redis://127.0.0.1:${proxy.port}`, {
      maxRetriesPerRequest: 1,
      retryStrategy: () => 50,
    });
    redis.on('error', () => {});
    try {
      expect(await redis.ping()).toBe('PONG');
      await proxy.cut();
      await expect(redis.ping()).rejects.toThrow();
      await proxy.mend();
      await expect.poll(() => redis.ping().catch(() => 'down')).toBe('PONG');
    } finally {
      redis.disconnect();
      await proxy.close();
      await server.remove();
    }
  });

  it('the S3 server answers', async () => {
    const server = await startS3rver();
    try {
      expect((await fetch(`${server.settings.endpoint}/`)).status).toBeLessThan(500);
    } finally {
      await server.remove();
    }
  });
});
