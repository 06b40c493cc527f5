import type { EopTable } from '@gravity/geodesy';
import { gpsSecondsFromMjdUtc, type MjdUtc } from '@gravity/geodesy';
import type { EopSpan } from './types.js';

/** Spans of consecutive days of an Earth orientation table. */
export function eopSpansOf(table: Pick<EopTable, 'mjdUtc'>): EopSpan[] {
  const spans: EopSpan[] = [];
  const { mjdUtc } = table;
  let first = 0;
  for (let i = 1; i <= mjdUtc.length; i++) {
    if (i < mjdUtc.length && mjdUtc[i] - mjdUtc[i - 1] <= 1) continue;
    spans.push({
      startGpsSeconds: gpsSecondsFromMjdUtc(mjdUtc[first] as MjdUtc),
      endGpsSeconds: gpsSecondsFromMjdUtc(mjdUtc[i - 1] as MjdUtc),
    });
    first = i;
  }
  return spans;
}
