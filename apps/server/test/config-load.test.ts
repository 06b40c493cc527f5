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
    ['DATABASE_URL', 'postgres://db/gravity'],
    ['REDIS_URL', 'redis://redis:6379'],
    ['MINIO_ENDPOINT', 'http://minio:9000'],
    ['MINIO_ACCESS_KEY', 'key'],
  ])('refuses %s=%s, naming the variable', (variable, value) => {
    expect(() => load({ [variable]: value })).toThrow(new RegExp(`^${variable}: `));
  });

  it('says that services are not supported yet', () => {
    expect(() => load({ DATABASE_URL: 'postgres://db/gravity' })).toThrow('not supported yet');
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
