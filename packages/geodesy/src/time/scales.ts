import { FIRST_UTC_MJD, taiMinusUtcSeconds, utcDaySeconds } from './leap-seconds.js';
import { tdbMinusTtSeconds } from './tdb.js';
import {
  type DayEpoch,
  type GpsEpoch,
  type GpsSeconds,
  gpsEpoch,
  type MjdGps,
  type MjdTai,
  type MjdTdb,
  type MjdTt,
  type MjdUt1,
  type MjdUtc,
} from './types.js';

/** TAI − GPS time, s. */
export const TAI_MINUS_GPS_SECONDS = 19;
/** TT − TAI, s. */
export const TT_MINUS_TAI_SECONDS = 32.184;
/** TT − GPS time, s. */
export const TT_MINUS_GPS_SECONDS = 51.184;
/** MJD (GPS time) of the origin of GPS seconds, 2000-01-01T12:00:00 GPS. */
export const GPS_ORIGIN_MJD = 51544.5;

const DAY = 86400;

type UniformScale = 'GPS' | 'TAI' | 'TT';
const MINUS_GPS: Readonly<Record<UniformScale, number>> = {
  GPS: 0,
  TAI: TAI_MINUS_GPS_SECONDS,
  TT: TT_MINUS_GPS_SECONDS,
};

/** Day and second of a uniform scale; `secondsOfDay` is good to 1e-11 s. */
export function gpsToDay<S extends UniformScale>(epoch: GpsEpoch, scale: S): DayEpoch<S> {
  return dayEpoch(scale, epoch.gpsSeconds, epoch.offsetSeconds + MINUS_GPS[scale]);
}

/** GPS epoch of a day and second of a uniform scale. */
export function dayToGps(epoch: DayEpoch<UniformScale>): GpsEpoch {
  return fromDay(epoch.mjd, epoch.secondsOfDay, -MINUS_GPS[epoch.scale]);
}

/**
 * UTC day and second; during a leap second `secondsOfDay` is in [86400, 86401).
 *
 * @throws RangeError before 1972-01-01 UTC
 */
export function gpsToUtc(epoch: GpsEpoch): DayEpoch<'UTC'> {
  const tai = gpsToDay(epoch, 'TAI');
  // UTC is behind TAI by less than a day: the UTC day is that of TAI or the one before it.
  if (tai.mjd >= FIRST_UTC_MJD) {
    const seconds = tai.secondsOfDay - taiMinusUtcSeconds(tai.mjd);
    if (seconds >= 0) return { scale: 'UTC', mjd: tai.mjd, secondsOfDay: seconds };
  }
  const mjd = tai.mjd - 1;
  return { scale: 'UTC', mjd, secondsOfDay: tai.secondsOfDay + DAY - taiMinusUtcSeconds(mjd) };
}

/**
 * GPS epoch of a UTC day and second.
 *
 * @throws RangeError before 1972 or when the day has no such second
 */
export function utcToGps(epoch: DayEpoch<'UTC'>): GpsEpoch {
  if (!(epoch.secondsOfDay >= 0 && epoch.secondsOfDay < utcDaySeconds(epoch.mjd))) {
    throw new RangeError(`UTC day ${epoch.mjd} (MJD) has no second ${epoch.secondsOfDay}`);
  }
  return fromDay(epoch.mjd, epoch.secondsOfDay, taiMinusUtcSeconds(epoch.mjd) - TAI_MINUS_GPS_SECONDS);
}

/** TDB day and second (geocentre; see `tdbMinusTtSeconds` for the accuracy). */
export function gpsToTdb(epoch: GpsEpoch): DayEpoch<'TDB'> {
  const tdbMinusTt = tdbMinusTtSeconds(mjdTt(epoch.gpsSeconds, epoch.offsetSeconds));
  return dayEpoch('TDB', epoch.gpsSeconds, epoch.offsetSeconds + TT_MINUS_GPS_SECONDS + tdbMinusTt);
}

/** GPS epoch of a TDB day and second. */
export function tdbToGps(epoch: DayEpoch<'TDB'>): GpsEpoch {
  // TDB−TT changes by less than 3.4e-10 s/s: TDB in place of TT as its argument costs less than 1e-12 s.
  const tdbMinusTt = tdbMinusTtSeconds((epoch.mjd + epoch.secondsOfDay / DAY) as MjdTt);
  return fromDay(epoch.mjd, epoch.secondsOfDay, -TT_MINUS_GPS_SECONDS - tdbMinusTt);
}

/** Anything that knows UT1−TAI, such as an interpolated table of Earth orientation parameters. */
export interface Ut1Source {
  /** UT1−TAI in seconds at a GPS epoch; throws RangeError outside of its span. */
  ut1MinusTaiSeconds(gpsSeconds: number, offsetSeconds: number): number;
}

/** UT1 day and second. @throws RangeError outside the span of the Earth orientation parameters */
export function gpsToUt1(epoch: GpsEpoch, eop: Ut1Source): DayEpoch<'UT1'> {
  const ut1MinusTai = eop.ut1MinusTaiSeconds(epoch.gpsSeconds, epoch.offsetSeconds);
  return dayEpoch('UT1', epoch.gpsSeconds, epoch.offsetSeconds + TAI_MINUS_GPS_SECONDS + ut1MinusTai);
}

/** GPS epoch of a UT1 day and second. @throws RangeError outside the span of the Earth orientation parameters */
export function ut1ToGps(epoch: DayEpoch<'UT1'>, eop: Ut1Source): GpsEpoch {
  // UT1−TAI changes by ~1e-8 s/s and is below 100 s: two steps leave less than 1e-14 s.
  let gps = fromDay(epoch.mjd, epoch.secondsOfDay, -TAI_MINUS_GPS_SECONDS);
  for (let i = 0; i < 3; i++) {
    const ut1MinusTai = eop.ut1MinusTaiSeconds(gps.gpsSeconds, gps.offsetSeconds);
    gps = fromDay(epoch.mjd, epoch.secondsOfDay, -TAI_MINUS_GPS_SECONDS - ut1MinusTai);
  }
  return gps;
}

/** GPS seconds as Modified Julian Date in GPS time. */
export function mjdGps(gpsSeconds: number, offsetSeconds = 0): MjdGps {
  return mjdOf(gpsSeconds, offsetSeconds) as MjdGps;
}

/** GPS seconds as Modified Julian Date in TAI. */
export function mjdTai(gpsSeconds: number, offsetSeconds = 0): MjdTai {
  return mjdOf(gpsSeconds, offsetSeconds + TAI_MINUS_GPS_SECONDS) as MjdTai;
}

/** GPS seconds as Modified Julian Date in TT. */
export function mjdTt(gpsSeconds: number, offsetSeconds = 0): MjdTt {
  return mjdOf(gpsSeconds, offsetSeconds + TT_MINUS_GPS_SECONDS) as MjdTt;
}

/** GPS seconds as Modified Julian Date in TDB. */
export function mjdTdb(gpsSeconds: number, offsetSeconds = 0): MjdTdb {
  const tt = mjdTt(gpsSeconds, offsetSeconds);
  return mjdOf(gpsSeconds, offsetSeconds + TT_MINUS_GPS_SECONDS + tdbMinusTtSeconds(tt)) as MjdTdb;
}

/**
 * GPS seconds as Modified Julian Date in UTC, the day fraction being seconds/86400. During a leap second it is
 * that of the next day's first second (an MJD cannot tell them apart: use `gpsToUtc`).
 */
export function mjdUtc(gpsSeconds: number, offsetSeconds = 0): MjdUtc {
  const utc = gpsToUtc(gpsEpoch(gpsSeconds, offsetSeconds));
  return (utc.mjd + utc.secondsOfDay / DAY) as MjdUtc;
}

/** GPS seconds as Modified Julian Date in UT1. */
export function mjdUt1(gpsSeconds: number, offsetSeconds: number, eop: Ut1Source): MjdUt1 {
  const ut1 = gpsToUt1(gpsEpoch(gpsSeconds, offsetSeconds), eop);
  return (ut1.mjd + ut1.secondsOfDay / DAY) as MjdUt1;
}

/** GPS seconds of a Modified Julian Date in TT (good to the microsecond a double MJD holds). */
export function gpsSecondsFromMjdTt(mjd: MjdTt): GpsSeconds {
  return ((mjd - GPS_ORIGIN_MJD) * DAY - TT_MINUS_GPS_SECONDS) as GpsSeconds;
}

/** GPS seconds of a Modified Julian Date in GPS time. */
export function gpsSecondsFromMjdGps(mjd: MjdGps): GpsSeconds {
  return ((mjd - GPS_ORIGIN_MJD) * DAY) as GpsSeconds;
}

/** GPS seconds of a Modified Julian Date in UTC. @throws RangeError before 1972 */
export function gpsSecondsFromMjdUtc(mjd: MjdUtc): GpsSeconds {
  return ((mjd - GPS_ORIGIN_MJD) * DAY + taiMinusUtcSeconds(mjd) - TAI_MINUS_GPS_SECONDS) as GpsSeconds;
}

function mjdOf(gpsSeconds: number, addSeconds: number): number {
  const day = Math.floor(gpsSeconds / DAY);
  return GPS_ORIGIN_MJD + day + (gpsSeconds - day * DAY + addSeconds) / DAY;
}

function dayEpoch<S extends TimeScaleOf>(scale: S, wholeSeconds: number, addSeconds: number): DayEpoch<S> {
  // Noon of the origin's day: half a day more counts from its 0h. Whole seconds stay exact until the end.
  const seconds = wholeSeconds + DAY / 2;
  let day = Math.floor(seconds / DAY);
  let rest = seconds - day * DAY + addSeconds;
  const carry = Math.floor(rest / DAY);
  day += carry;
  rest -= carry * DAY;
  if (rest >= DAY) {
    day += 1;
    rest = 0;
  }
  return { scale, mjd: 51544 + day, secondsOfDay: rest };
}

type TimeScaleOf = 'GPS' | 'TAI' | 'TT' | 'TDB' | 'UT1';

function fromDay(mjd: number, secondsOfDay: number, addSeconds: number): GpsEpoch {
  const whole = Math.floor(secondsOfDay);
  return gpsEpoch((mjd - 51544) * DAY - DAY / 2 + whole, secondsOfDay - whole + addSeconds);
}
