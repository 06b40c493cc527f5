import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Environment, loadConfig } from '@gravity/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from './helpers.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const load = (env: Environment) => loadConfig({ GRAVITY_DATA_DIR: folder.path, ...env });

describe('loadConfig', () => {
  it('has defaults that run on a laptop', () => {
    expect(load({})).toMatchObject({
      host: '127.0.0.1',
      port: 8000,
      dataDir: folder.path,
      production: false,
      corsOrigins: [],
      baseUrl: 'http://127.0.0.1:8000',
      fileSources: [],
      linearAlgebraBackend: 'auto',
    });
  });

  it('reads the variables; empty ones count as not set; overrides win', () => {
    const env = {
      GRAVITY_HOST: '0.0.0.0',
      GRAVITY_PORT: '9000',
      CORS_ORIGINS: '["https://console.example.org", "http://localhost:5173"]',
      GRAVITY_FILE_SOURCES: '["/srv/l1b", "/srv/more"]',
      GRAVITY_JOB_CONCURRENCY: '',
      DATABASE_URL: '',
    };
    expect(load(env)).toMatchObject({
      host: '0.0.0.0',
      port: 9000,
      baseUrl: 'http://127.0.0.1:9000',
      corsOrigins: ['https://console.example.org', 'http://localhost:5173'],
      fileSources: ['/srv/l1b', '/srv/more'],
      jobConcurrency: 2,
    });
    expect(load({ GRAVITY_FILE_SOURCES: '/srv/l1b:/srv/more' }).fileSources).toEqual([
      '/srv/l1b',
      '/srv/more',
    ]);
    const config = loadConfig({ ...env, GRAVITY_DATA_DIR: '/nowhere' }, { dataDir: folder.path, port: 1234 });
    expect(config).toMatchObject({ port: 1234, dataDir: folder.path, baseUrl: 'http://127.0.0.1:1234' });
  });

  it.each([
    ['GRAVITY_PORT', '80.5'],
    ['GRAVITY_PORT', '70000'],
    ['GRAVITY_THREADS', '0'],
    ['GRAVITY_LEASE_SECONDS', 'soon'],
    ['GRAVITY_LINEAR_ALGEBRA', 'gpu'],
    ['CORS_ORIGINS', 'https://a.example'],
    ['CORS_ORIGINS', '["https://a.example/path"]'],
    ['CORS_ORIGINS', '["javascript:alert(1)"]'],
    ['GRAVITY_BASE_URL', 'example.org'],
    ['JWT_SECRET_KEY', 'short'],
    ['REDIS_URL', 'redis://redis:6379'],
    ['GRAVITY_TRUST_PROXY', 'the balancer'],
    ['GRAVITY_TRUST_PROXY', '10.0.0.0/33'],
    ['GRAVITY_TRUST_PROXY', '10.0.0.1,,10.0.0.2'],
    ['GRAVITY_TRUST_PROXY', '101'],
    ['MINIO_ENDPOINT', 'http://mi nio'],
  ])('refuses %s=%s, naming the variable', (variable, value) => {
    expect(() => load({ [variable]: value })).toThrow(new RegExp(`^${variable}: `));
  });

  it('needs the secret that all processes share where there may be several', () => {
    const services = { DATABASE_URL: 'postgresql://db/gravity', REDIS_URL: 'redis://redis:6379' };
    expect(() => load(services)).toThrow(/^JWT_SECRET_KEY: .*REDIS_URL/);
    expect(load({ ...services, JWT_SECRET_KEY: 'y'.repeat(32) }).redisUrl).toBe('redis://redis:6379');
    expect(load({ DATABASE_URL: 'postgresql://db/gravity' }).jwtSecret).toHaveLength(64);
  });

  it.each([
    ['', undefined],
    ['false', undefined],
    ['true', true],
    ['2', 2],
    ['10.0.0.0/8, fd00::/8,loopback,192.0.2.7', ['10.0.0.0/8', 'fd00::/8', 'loopback', '192.0.2.7']],
  ])('reads GRAVITY_TRUST_PROXY=%s', (text, expected) => {
    expect(load({ GRAVITY_TRUST_PROXY: text }).trustProxy).toEqual(expected);
  });

  it('takes the services from their variables', () => {
    const config = load({
      DATABASE_URL: 'postgresql://gravity:secret@db:5432/gravity',
      REDIS_URL: 'redis://redis:6379',
      JWT_SECRET_KEY: 'x'.repeat(32),
      MINIO_ENDPOINT: 'minio:9000',
      MINIO_ACCESS_KEY: 'minioadmin',
      MINIO_SECRET_KEY: 'minioadmin123',
      GRAVITY_QUEUES: 'process,arcs',
    });
    expect(config).toMatchObject({
      databaseUrl: 'postgresql://gravity:secret@db:5432/gravity',
      redisUrl: 'redis://redis:6379',
      queues: ['process', 'arcs'],
      s3: { endpoint: 'http://minio:9000', publicEndpoint: 'http://minio:9000', accessKey: 'minioadmin' },
    });
  });

  it.each([
    [{ DATABASE_URL: 'mysql://user:secret@db/gravity' }, /^DATABASE_URL: begins with mysql:/],
    [{ DATABASE_URL: 'db:secret@' }, /^DATABASE_URL: /],
    [{ DATABASE_REPLICA_URL: 'postgresql://db/gravity' }, /^DATABASE_REPLICA_URL: .*DATABASE_URL/],
    [{ REDIS_URL: 'redis://redis:6379' }, /^REDIS_URL: .*DATABASE_URL/],
    [{ MINIO_ENDPOINT: 'minio:9000' }, /^MINIO_ACCESS_KEY: is needed/],
    [{ MINIO_SECRET_KEY: 'x' }, /^MINIO_SECRET_KEY: .*MINIO_ENDPOINT is not/],
    [{ GRAVITY_QUEUES: 'proces' }, /^GRAVITY_QUEUES: .*"proces"/],
  ])('refuses %j by the name of the variable, without its secret', (env, message) => {
    expect(() => load(env)).toThrow(message);
    expect(() => load(env)).not.toThrow(/secret@/);
  });

  describe('secret', () => {
    const own = temporaryFolder();
    beforeAll(() => mkdirSync(join(own.path, 'x'), { recursive: true }));
    afterAll(() => own.remove());
    const path = join(own.path, 'secrets', 'jwt-secret');

    it('is made once, kept for the owner alone, and read again', () => {
      const first = loadConfig({}, { dataDir: own.path });
      expect(first.jwtSecret.length).toBe(64);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(loadConfig({}, { dataDir: own.path }).jwtSecret).toEqual(first.jwtSecret);
      const other = loadConfig({}, { dataDir: folder.path });
      expect(other.jwtSecret).not.toEqual(first.jwtSecret);
    });

    it('comes from the variable when set, and must in production', () => {
      const text = 'a secret of more than thirty-two bytes';
      expect(loadConfig({ JWT_SECRET_KEY: text }, { dataDir: own.path }).jwtSecret).toEqual(
        new TextEncoder().encode(text),
      );
      expect(() => loadConfig({ NODE_ENV: 'production' }, { dataDir: own.path })).toThrow(
        /^JWT_SECRET_KEY: must be set/,
      );
      expect(
        loadConfig({ NODE_ENV: 'production', JWT_SECRET_KEY: text }, { dataDir: own.path }).production,
      ).toBe(true);
    });

    it('is not silently replaced when the kept file is damaged', () => {
      writeFileSync(path, 'half');
      expect(() => loadConfig({}, { dataDir: own.path })).toThrow(/^JWT_SECRET_KEY: .*damaged/);
      expect(readFileSync(path, 'utf8')).toBe('half');
    });
  });
});
