// Setup file of vitest, used by measured.mjs: notes what assertions with a bound measure, and lets them judge as ever.
import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';
import { afterAll, expect } from 'vitest';

/** "file | test | kind | bound" → the value that comes closest to failing. */
const seen = new Map();

function note(kind, value, bound, ratio) {
  const { currentTestName, testPath } = expect.getState();
  const key = JSON.stringify([currentTestName, kind, bound]);
  const entry = seen.get(key);
  if (!entry) seen.set(key, { file: testPath, test: currentTestName, kind, bound, value, ratio, count: 1 });
  else {
    entry.count++;
    if (!(ratio <= entry.ratio)) Object.assign(entry, { value, ratio });
  }
}

expect.extend({
  toBeLessThan(received, bound) {
    if (typeof received === 'number' && bound > 0) note('below', received, bound, received / bound);
    return {
      pass: received < bound,
      message: () => `expected ${received} ${this.isNot ? 'not ' : ''}to be less than ${bound}`,
    };
  },
  toBeGreaterThan(received, bound) {
    if (typeof received === 'number' && bound > 0) note('above', received, bound, bound / received);
    return {
      pass: received > bound,
      message: () => `expected ${received} ${this.isNot ? 'not ' : ''}to be greater than ${bound}`,
    };
  },
  toBeCloseTo(received, expected, digits = 2) {
    const bound = 10 ** -digits / 2;
    const value = received === expected ? 0 : Math.abs(received - expected);
    note('within', value, bound, value / bound);
    return {
      pass: value < bound,
      message: () => `expected ${received} ${this.isNot ? 'not ' : ''}to be within ${bound} of ${expected}`,
    };
  },
});

afterAll(() => {
  const lines = [...seen.values()].map((entry) =>
    JSON.stringify({ ...entry, file: relative(process.cwd(), entry.file) }),
  );
  if (lines.length > 0) appendFileSync(process.env.GRAVITY_MEASURED_FILE, `${lines.join('\n')}\n`);
  seen.clear();
});
