import { ConfigError, type Environment, loadConfig } from '@gravity/server';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from './helpers.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const services = {
  DATABASE_URL: 'postgresql://u@h/d',
  REDIS_URL: 'redis://h:6379',
  JWT_SECRET_KEY: 'x'.repeat(32),
};
const load = (env: Environment) => loadConfig(env, { dataDir: folder.path });

describe('settings of queues', () => {
  it('the task monitor has port 5555 with Redis, another one or none when asked', () => {
    expect(load({}).monitorPort).toBeUndefined();
    expect(load({ GRAVITY_MONITOR_PORT: '5556' }).monitorPort).toBeUndefined();
    expect(load(services).monitorPort).toBe(5555);
    expect(load({ ...services, GRAVITY_MONITOR_PORT: '5556' }).monitorPort).toBe(5556);
    expect(load({ ...services, GRAVITY_MONITOR_PORT: '0' }).monitorPort).toBeUndefined();
    expect(load({ ...services, GRAVITY_MONITOR_PORT: 'off' }).monitorPort).toBeUndefined();
    expect(() => load({ ...services, GRAVITY_MONITOR_PORT: 'on' })).toThrow(ConfigError);
  });

  it('limits of queues are read as JSON and refused when they say nothing usable', () => {
    expect(load(services).queueLimits).toBeUndefined();
    const limits = { ingest: { max: 10, seconds: 60 }, arcs: { max: 1, seconds: 0.5 } };
    expect(load({ ...services, GRAVITY_QUEUE_LIMITS: JSON.stringify(limits) }).queueLimits).toEqual(limits);
    for (const text of [
      'ingest=10',
      '[]',
      'null',
      '{"none": {"max": 1, "seconds": 1}}',
      '{"all": {"max": 1, "seconds": 1}}',
      '{"eat": {"max": 1, "seconds": 1}}',
      '{"ingest": 5}',
      '{"ingest": {"max": 0, "seconds": 1}}',
      '{"ingest": {"max": 1.5, "seconds": 1}}',
      '{"ingest": {"max": 1}}',
      '{"ingest": {"max": 1, "seconds": -1}}',
    ]) {
      expect(() => load({ ...services, GRAVITY_QUEUE_LIMITS: text }), text).toThrow(
        /^GRAVITY_QUEUE_LIMITS: /,
      );
    }
  });
});
