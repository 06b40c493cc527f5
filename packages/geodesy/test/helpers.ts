import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { ARCSECOND, createEopTable, type EopRow, type EopTable } from '@gravity/geodesy';

/** A fixture written by scripts/generate-fixtures.py. */
export function fixture<T>(name: string): T {
  return JSON.parse(
    gunzipSync(readFileSync(new URL(`./fixtures/${name}.json.gz`, import.meta.url))).toString(),
  ) as T;
}

export interface Rows {
  readonly columns: string;
  readonly rows: readonly number[][];
}

export interface ErfaFixture {
  readonly source: string;
  readonly pole: Rows;
  readonly matrices: Rows;
  readonly tdb: Rows;
  readonly utc: { readonly rows: readonly [string, number][] };
}

export interface ArcFixture {
  readonly source: string;
  readonly icrf: readonly number[][];
  readonly itrf: readonly number[][];
  readonly c04: Rows;
  readonly poleIau2000A: Rows;
}

/** Table from rows of C04: mjd, x″, y″, UT1−UTC s, dX″, dY″. */
export function c04Table(source: string, rows: readonly number[][]): EopTable {
  return createEopTable(
    source,
    rows.map(([mjdUtc, x, y, ut1MinusUtcSeconds, dX, dY]) => ({
      mjdUtc,
      xPole: x * ARCSECOND,
      yPole: y * ARCSECOND,
      ut1MinusUtcSeconds,
      dX: dX * ARCSECOND,
      dY: dY * ARCSECOND,
    })),
  );
}

/** The same values on ten days around a day. */
export function constantTable(mjd: number, values: Omit<EopRow, 'mjdUtc'>): EopTable {
  return createEopTable(
    'constant',
    Array.from({ length: 10 }, (_, i) => ({ mjdUtc: Math.floor(mjd) - 4 + i, ...values })),
  );
}

export function maxAbsDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let max = 0;
  for (let i = 0; i < a.length; i++) max = Math.max(max, Math.abs(a[i] - b[i]));
  return max;
}
