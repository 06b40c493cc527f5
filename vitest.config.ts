import { defineConfig } from 'vitest/config';
import { LongestFirst } from './vitest.order.js';

/** Their tests leave the process as they found it: they share processes, and with them the modules that are loaded. */
const SHARED = ['packages/{formats,geodesy,products}/test/**/*.test.ts', 'apps/server/test/**/*.test.ts'];
const exclude = ['**/node_modules/**', '**/*.services.test.ts'];
const globalSetup = 'test/support/database-template.ts';

export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: 'shared', include: SHARED, exclude, globalSetup, isolate: false } },
      {
        extends: true,
        test: {
          name: 'own',
          include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: [...exclude, ...SHARED],
          globalSetup,
        },
      },
    ],
  },
});
