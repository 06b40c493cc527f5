import type { DealiasingSet, Geopotential } from '@gravity/geodesy';
import { mjdUtc, triangleIndex } from '@gravity/geodesy';
import type { StokesSeries } from '@gravity/recovery';
import type { LoadedField } from '../types.js';

const DAY = 86_400;
const MOST_SETS = 60;

/**
 * A time-variable static field as its deviation from the middle of the interval: sets at the start of every day (of
 * every few in a long interval), linear between them.
 */
export function fieldVariationOf(
  { field, at }: LoadedField,
  start: number,
  end: number,
): StokesSeries | undefined {
  if (!at) return undefined;
  const step = DAY * Math.ceil((end - start) / (MOST_SETS * DAY));
  const epochs: number[] = [];
  for (let t = start; t < end + step; t += step) epochs.push(t);
  const fields = epochs.map((t) => at(mjdUtc(t)));
  const maxDegree = fields.reduce((max, varied) => Math.max(max, highestChange(varied, field)), 0);
  if (maxDegree === 0) return undefined;
  const size = triangleIndex(maxDegree, maxDegree) + 1;
  const change = (a: Float64Array, b: Float64Array) =>
    Float64Array.from({ length: size }, (_, i) => a[i] - b[i]);
  const sets = epochs.map(
    (gpsSeconds, k): DealiasingSet => ({
      gpsSeconds,
      maxDegree,
      c: change(fields[k].c, field.c),
      s: change(fields[k].s, field.s),
    }),
  );
  return { sets };
}

function highestChange(a: Geopotential, b: Geopotential): number {
  for (let n = a.maxDegree; n > 0; n--) {
    for (let m = 0; m <= n; m++) {
      const i = triangleIndex(n, m);
      if (a.c[i] !== b.c[i] || a.s[i] !== b.s[i]) return n;
    }
  }
  return 0;
}
