import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import {
  ARCSECOND,
  createEopTable,
  type EopRow,
  type EopTable,
  type TideEpoch,
  tideArguments,
} from '@gravity/geodesy';

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

/** Written by scripts/generate-tide-fixtures.py. */
export interface TideEpochsFixture {
  readonly source: string;
  readonly epochs: readonly {
    readonly gps: number;
    readonly gmst: number;
    readonly sun: readonly number[];
    readonly moon: readonly number[];
    readonly stokes: readonly [number, number, number, number][];
  }[];
}

export function tideEpochOf(epoch: TideEpochsFixture['epochs'][number]): TideEpoch {
  const ttCenturies = (epoch.gps + 51.184) / 86400 / 36525;
  return {
    ...tideArguments(ttCenturies, epoch.gmst),
    gpsSeconds: epoch.gps,
    offsetSeconds: 0,
    ttCenturies,
    sun: Float64Array.from(epoch.sun),
    moon: Float64Array.from(epoch.moon),
    xPole: Number.NaN,
    yPole: Number.NaN,
  };
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
