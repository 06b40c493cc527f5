import {
  calendarToMjd,
  dateOfDayOfYear,
  dayOfYear,
  dayToGps,
  gpsEpoch,
  gpsSecondsFromMjdTt,
  gpsSecondsFromMjdUtc,
  gpsToDay,
  gpsToIso,
  gpsToTdb,
  gpsToUt1,
  gpsToUtc,
  isoToGps,
  isoToGpsSeconds,
  type MjdTt,
  type MjdUtc,
  mjdToCalendar,
  mjdTt,
  mjdUtc,
  taiMinusUtcSeconds,
  tdbMinusTtSeconds,
  tdbToGps,
  ut1ToGps,
  utcDaySeconds,
  utcToGps,
} from '@gravity/geodesy';
import { describe, expect, it } from 'vitest';
import { type ErfaFixture, fixture } from './helpers.js';

const erfa = fixture<ErfaFixture>('erfa');

describe('calendar', () => {
  it('knows published dates', () => {
    expect(calendarToMjd(2003, 6, 1)).toBe(52791); // ERFA t_cal2jd
    expect(calendarToMjd(1858, 11, 17)).toBe(0);
    expect(calendarToMjd(2000, 1, 1)).toBe(51544);
  });

  it('agrees with the calendar of the JavaScript engine, there and back', () => {
    for (let mjd = -200000; mjd < 200000; mjd += 97) {
      const date = new Date((mjd - 40587) * 86400e3);
      const expected = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
      expect(mjdToCalendar(mjd)).toEqual(expected);
      expect(calendarToMjd(expected.year, expected.month, expected.day)).toBe(mjd);
    }
  });

  it('counts days of the year and rejects dates that do not exist', () => {
    expect(dayOfYear(2021, 7, 17)).toBe(198);
    expect(dayOfYear(2020, 12, 31)).toBe(366);
    expect(dateOfDayOfYear(2020, 60)).toEqual({ year: 2020, month: 2, day: 29 });
    expect(() => dateOfDayOfYear(2021, 366)).toThrow(/no day 366/);
    expect(() => calendarToMjd(2021, 2, 29)).toThrow(/no such date/);
    expect(() => calendarToMjd(2021, 13, 1)).toThrow(/no such date/);
  });
});

describe('UTC', () => {
  it('has the leap seconds ERFA has (t_dat)', () => {
    expect(taiMinusUtcSeconds(calendarToMjd(2003, 6, 1))).toBe(32);
    expect(taiMinusUtcSeconds(calendarToMjd(2008, 1, 17))).toBe(33);
    expect(taiMinusUtcSeconds(calendarToMjd(2017, 9, 1))).toBe(37);
    expect(utcDaySeconds(calendarToMjd(2016, 12, 31))).toBe(86401);
    expect(utcDaySeconds(calendarToMjd(2017, 1, 1))).toBe(86400);
    expect(() => taiMinusUtcSeconds(41316)).toThrow(/1972/);
  });

  it('agrees with ERFA in both directions, leap seconds included', () => {
    expect(erfa.utc.rows.length).toBeGreaterThan(100);
    for (const [text, gps] of erfa.utc.rows) {
      expect([text, isoToGps(text)]).toEqual([text, { gpsSeconds: gps, offsetSeconds: 0 }]);
      expect(gpsToIso(gps, 0, 0)).toBe(text);
      expect(utcToGps(gpsToUtc(gpsEpoch(gps, 0.5)))).toEqual({ gpsSeconds: gps, offsetSeconds: 0.5 });
    }
  });

  it('gives the origin and the GRACE-FO offset of 18 s', () => {
    expect(gpsToIso(0)).toBe('2000-01-01T11:59:47.000Z');
    expect(isoToGpsSeconds('2023-06-01T00:00:00Z')).toBe((calendarToMjd(2023, 6, 1) - 51544.5) * 86400 + 18);
  });

  it('reads the forms of ISO 8601', () => {
    const noon = isoToGpsSeconds('2021-07-17T12:00:00Z');
    expect(isoToGpsSeconds('2021-07-17T14:00:00+02:00')).toBe(noon);
    expect(isoToGpsSeconds('2021-07-17T06:30-0530')).toBe(noon);
    expect(isoToGpsSeconds('2021-07-17 12:00')).toBe(noon);
    expect(isoToGpsSeconds('2021-07-17')).toBe(noon - 43200);
    expect(isoToGps('2021-07-17T12:00:00.000000001Z').offsetSeconds).toBeCloseTo(1e-9, 15);
    expect(isoToGpsSeconds('2017-01-01T00:59:60+01:00')).toBe(isoToGpsSeconds('2017-01-01T00:00:00Z') - 1);
  });

  it('writes and rounds across a leap second', () => {
    const leap = isoToGpsSeconds('2016-12-31T23:59:60Z');
    expect(gpsToIso(leap, 0.25, 2)).toBe('2016-12-31T23:59:60.25Z');
    expect(gpsToIso(leap, 0.9999, 3)).toBe('2017-01-01T00:00:00.000Z');
    expect(gpsToIso(leap - 1, 0.9996, 3)).toBe('2016-12-31T23:59:60.000Z');
    expect(gpsToIso(leap, -1e-9, 9)).toBe('2016-12-31T23:59:59.999999999Z');
  });

  it.each([
    ['2021-02-30T00:00:00Z', /2021-02 has no day 30/],
    ['2021-13-01', /no month 13/],
    ['2021-07-17T24:00:00Z', /no hour 24/],
    ['2021-07-17T12:60:00Z', /no minute 60/],
    ['2021-07-17T12:00:61Z', /no second 61/],
    ['2021-07-17T23:59:60Z', /no leap second/],
    ['2016-12-31T12:59:60Z', /no leap second/],
    ['1971-12-31T00:00:00Z', /1972/],
    ['17.7.2021', /expected ISO 8601/],
    ['', /expected ISO 8601/],
    ['2021-07-17T12:00:00+25:00', /no time zone/],
  ])('rejects %s', (text, message) => {
    expect(() => isoToGps(text)).toThrow(message);
    expect(() => isoToGps(text)).toThrow(`"${text}"`);
  });

  it('rejects times that are not numbers', () => {
    expect(() => gpsToIso(Number.NaN)).toThrow(RangeError);
    expect(() => gpsToIso(0, 0, -1)).toThrow(/decimals/);
  });
});

describe('uniform scales', () => {
  it('TT = GPS + 51.184 s, TAI = GPS + 19 s', () => {
    const tt = gpsToDay(gpsEpoch(0), 'TT');
    expect(tt.mjd).toBe(51544);
    expect(tt.secondsOfDay).toBeCloseTo(43200 + 51.184, 10);
    expect(gpsToDay(gpsEpoch(43199, 0.5), 'TAI')).toEqual({ scale: 'TAI', mjd: 51545, secondsOfDay: 18.5 });
    expect(gpsToDay(gpsEpoch(-43201), 'GPS')).toEqual({ scale: 'GPS', mjd: 51543, secondsOfDay: 86399 });
  });

  it('go there and back without loss', () => {
    for (const scale of ['GPS', 'TAI', 'TT'] as const) {
      for (const [gps, offset] of [
        [679795200, 0.123456789],
        [-5, 0.5],
        [1e9, 0],
      ]) {
        const back = dayToGps(gpsToDay(gpsEpoch(gps, offset), scale));
        // Seconds of day carry 1e-11 s.
        expect(Math.abs(back.gpsSeconds - gps + back.offsetSeconds - offset)).toBeLessThan(2e-11);
      }
    }
  });

  it('as MJD in one double', () => {
    expect(mjdTt(0)).toBeCloseTo(51544.5 + 51.184 / 86400, 12);
    expect(gpsSecondsFromMjdTt(mjdTt(679795200) as MjdTt)).toBeCloseTo(679795200, 5);
    expect(gpsSecondsFromMjdUtc(mjdUtc(679795200) as MjdUtc)).toBeCloseTo(679795200, 5);
    expect(mjdUtc(isoToGpsSeconds('2021-07-17T06:00:00Z'))).toBe(59412.25);
  });
});

describe('TDB', () => {
  it('agrees with the full series of ERFA (dtdb) to 3 µs over 1980–2050', () => {
    let worst = 0;
    for (const [mjd, seconds] of erfa.tdb.rows) {
      worst = Math.max(worst, Math.abs(tdbMinusTtSeconds(mjd as MjdTt) - seconds));
    }
    expect(worst).toBeLessThan(3e-6);
  });

  it('goes there and back', () => {
    const back = tdbToGps(gpsToTdb(gpsEpoch(679795200, 0.25)));
    expect(Math.abs(back.gpsSeconds - 679795200 + back.offsetSeconds - 0.25)).toBeLessThan(3e-11);
  });
});

describe('UT1', () => {
  it('goes there and back', () => {
    const eop = { ut1MinusTaiSeconds: (gps: number) => -37.1 + 1e-8 * (gps - 679795200) };
    const ut1 = gpsToUt1(gpsEpoch(679795200, 0.25), eop);
    expect(ut1.secondsOfDay).toBeCloseTo(
      679795200.25 + 43200 - Math.floor(679838400 / 86400) * 86400 - 18.1,
      9,
    );
    const back = ut1ToGps(ut1, eop);
    expect(Math.abs(back.gpsSeconds - 679795200 + back.offsetSeconds - 0.25)).toBeLessThan(3e-11);
  });
});
