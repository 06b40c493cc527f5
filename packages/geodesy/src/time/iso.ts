import { calendarToMjd, daysInMonth, mjdToIsoDate } from './calendar.js';
import { FIRST_UTC_MJD, utcDaySeconds } from './leap-seconds.js';
import { gpsToUtc, utcToGps } from './scales.js';
import { type GpsEpoch, type GpsSeconds, gpsEpoch } from './types.js';

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})([.,]\d+)?)?([Zz]|[+-]\d{2}(?::?\d{2})?)?)?$/;

/**
 * GPS epoch of an ISO-8601 date and time: `2021-07-17`, `2021-07-17T00:00Z`, `2016-12-31T23:59:60.5Z`,
 * `2021-07-17T02:00:00+02:00`. Without a zone the text is UTC.
 *
 * @throws RangeError naming the text and its fault: form, date or time of day that does not exist (a 60th
 *   second outside of a leap second among them), before 1972
 */
export function isoToGps(text: string): GpsEpoch {
  const fail = (reason: string): never => {
    throw new RangeError(`invalid UTC time "${text}": ${reason}`);
  };
  const match = ISO.exec(text.trim());
  if (!match) return fail('expected ISO 8601, such as 2021-07-17T12:00:00Z');
  const [, yearText, monthText, dayText, hourText = '0', minuteText = '0', secondText = '0', fraction, zone] =
    match;
  const [year, month, day] = [Number(yearText), Number(monthText), Number(dayText)];
  if (month < 1 || month > 12) fail(`no month ${monthText}`);
  if (day < 1 || day > daysInMonth(year, month)) fail(`${yearText}-${monthText} has no day ${dayText}`);
  const [hour, minute, second] = [Number(hourText), Number(minuteText), Number(secondText)];
  if (hour > 23) fail(`no hour ${hourText}`);
  if (minute > 59) fail(`no minute ${minuteText}`);
  if (second > 60) fail(`no second ${secondText}`);

  const minutes = hour * 60 + minute - zoneMinutes(zone, fail);
  const dayShift = Math.floor(minutes / 1440);
  const mjd = calendarToMjd(year, month, day) + dayShift;
  if (mjd < FIRST_UTC_MJD) fail('UTC with leap seconds begins 1972-01-01');
  const secondsOfDay = (minutes - dayShift * 1440) * 60 + second;
  if (second === 60 && (secondsOfDay !== 86400 || utcDaySeconds(mjd) !== 86401)) {
    fail('there was no leap second then');
  }
  const whole = utcToGps({ scale: 'UTC', mjd, secondsOfDay });
  return gpsEpoch(whole.gpsSeconds, fraction ? Number(`0.${fraction.slice(1)}`) : 0);
}

/** As `isoToGps`, as one double (0.1 µs). */
export function isoToGpsSeconds(text: string): GpsSeconds {
  const { gpsSeconds, offsetSeconds } = isoToGps(text);
  return (gpsSeconds + offsetSeconds) as GpsSeconds;
}

/**
 * ISO-8601 UTC text of a GPS epoch, rounded to `decimals` places, `…:60` during a leap second.
 *
 * @param decimals 0–12 places of the seconds
 * @throws RangeError before 1972
 */
export function gpsToIso(gpsSeconds: number, offsetSeconds = 0, decimals = 3): string {
  if (!Number.isFinite(gpsSeconds + offsetSeconds))
    throw new RangeError(`not a time: ${gpsSeconds} GPS seconds`);
  if (!Number.isInteger(decimals) || decimals < 0 || decimals > 12) {
    throw new RangeError(`decimals must be a whole number from 0 to 12, not ${decimals}`);
  }
  // Round in GPS time, which has no leaps; then only whole seconds have to be converted.
  const epoch = gpsEpoch(gpsSeconds, offsetSeconds);
  const scale = 10 ** decimals;
  const ticks = Math.round(epoch.offsetSeconds * scale);
  const carry = ticks >= scale ? 1 : 0;
  const utc = gpsToUtc(gpsEpoch(epoch.gpsSeconds + carry));
  const minutes = Math.min(Math.floor(utc.secondsOfDay / 60), 1439);
  const two = (value: number) => String(value).padStart(2, '0');
  const fraction = decimals > 0 ? `.${String(ticks - carry * scale).padStart(decimals, '0')}` : '';
  const time = `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(utc.secondsOfDay - minutes * 60)}`;
  return `${mjdToIsoDate(utc.mjd)}T${time}${fraction}Z`;
}

function zoneMinutes(zone: string | undefined, fail: (reason: string) => never): number {
  if (!zone || zone.toUpperCase() === 'Z') return 0;
  const digits = zone.slice(1).replace(':', '');
  const [hours, minutes] = [Number(digits.slice(0, 2)), Number(digits.slice(2) || '0')];
  if (hours > 23 || minutes > 59) fail(`no time zone ${zone}`);
  return (zone[0] === '-' ? -1 : 1) * (hours * 60 + minutes);
}
