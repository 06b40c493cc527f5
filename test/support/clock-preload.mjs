/** For `node --import`: the clock of all threads goes by the seconds that stand in the file CLOCK_OFFSET_FILE. */
import { readFileSync } from 'node:fs';

const path = process.env.CLOCK_OFFSET_FILE ?? '';
const RealDate = Date;
const realNow = Date.now;
let offsetMs = 0;
let readAt = Number.NEGATIVE_INFINITY;

function shifted() {
  if (performance.now() - readAt > 20) {
    readAt = performance.now();
    offsetMs = 1000 * Number(readFileSync(path, 'utf8'));
  }
  return realNow() + offsetMs;
}

// Not a class of its own: dates that come from another thread are to be instances of it too.
globalThis.Date = new Proxy(RealDate, {
  construct: (target, parts) => (parts.length === 0 ? new target(shifted()) : new target(...parts)),
  get: (target, key) => (key === 'now' ? shifted : Reflect.get(target, key)),
});
