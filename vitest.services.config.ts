import { defineConfig } from 'vitest/config';
import { LongestFirst } from './vitest.order.js';

/** Tests that start PostgreSQL, Redis and an S3 server. */
export default defineConfig({
  test: {
    include: ['apps/*/test/**/*.services.test.ts', 'test/**/*.services.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 120_000,
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
  },
});
