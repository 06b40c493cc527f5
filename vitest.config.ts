import { defineConfig } from 'vitest/config';
import { LongestFirst } from './vitest.order.js';

export default defineConfig({
  test: {
    include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/*.services.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    globalSetup: 'test/support/database-template.ts',
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
  },
});
