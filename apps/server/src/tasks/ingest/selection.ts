import { parseLevel1bFileName } from '@gravity/formats';
import { gpsEpoch, gpsToDay, isoToGpsSeconds, mjdToIsoDate } from '@gravity/geodesy';
import { satelliteOfLetter } from '../../observations/index.js';
import type { GpsInterval, IngestRequest } from './parameters.js';

export type Selection =
  | { readonly take: true }
  /** Not a data file at all (reports, notes): counted, not listed. */
  | { readonly take: false; readonly ignored: true }
  | { readonly take: false; readonly ignored: false; readonly reason: string };

const TAKE: Selection = { take: true };
const IGNORED: Selection = { take: false, ignored: true };
const skip = (reason: string): Selection => ({ take: false, ignored: false, reason });

/** GPS days and UTC days are shifted by the leap seconds: less common time than this is no overlap. */
const MINIMUM_OVERLAP_SECONDS = 60;
const TABLE_NAME = /\.(txt|csv|tsv|tab|dat|orb|asc)$/i;
const REPORT_NAME = /\.(rpt|pass|md5|sha256)$/i;
const ARCHIVE_NAME = /\.(tgz|tar|tar\.gz)$/i;

export function isReport(name: string): boolean {
  return /\.rpt$/i.test(name);
}

/** GPS seconds at 0h GPS time of a date YYYY-MM-DD. */
export function gpsDayStart(date: string): number {
  const noon = Math.round(isoToGpsSeconds(`${date}T12:00:00Z`) / 86400) * 86400;
  return noon - 43200;
}

/** Date YYYY-MM-DD (GPS time) of an epoch. */
export function gpsDate(gpsSeconds: number): string {
  return mjdToIsoDate(gpsToDay(gpsEpoch(gpsSeconds), 'GPS').mjd);
}

/** An archive of a day that lies outside of the interval is not even opened. */
export function selectEntry(name: string, explicit: boolean, request: IngestRequest): Selection {
  if (REPORT_NAME.test(name)) return IGNORED;
  if (!ARCHIVE_NAME.test(name)) return selectMember(name.replace(/\.gz$/i, ''), explicit, request);
  const date = /(?:^|[_-])(\d{4}-\d{2}-\d{2})(?:[_.-])/.exec(name)?.[1];
  if (explicit || date === undefined || request.dataType === 'table') return TAKE;
  return dayInInterval(date, request.interval)
    ? TAKE
    : skip('the day of the archive lies outside of the interval');
}

/** What the name of a file (without .gz) says about taking it. */
export function selectMember(name: string, explicit: boolean, request: IngestRequest): Selection {
  if (REPORT_NAME.test(name) || name.startsWith('.')) return IGNORED;
  const level1b = parseLevel1bFileName(name);
  if (request.dataType === 'table') return explicit || (TABLE_NAME.test(name) && !level1b) ? TAKE : IGNORED;
  if (!level1b) return explicit ? TAKE : IGNORED;
  const { product, date, satellite } = level1b;
  if (!explicit && product.endsWith('1A')) return skip('Level-1A files are not ingested');
  if (!explicit && request.products && !request.products.includes(product)) {
    return skip(`product ${product} is not among those asked for (${request.products.join(', ')})`);
  }
  if (!satelliteSelected(satellitesOfLetter(satellite), request.satellites)) {
    return skip(`satellite ${satellite} is not asked for`);
  }
  return dayInInterval(date, request.interval)
    ? TAKE
    : skip('the day of the file lies outside of the interval');
}

/** Satellites of a letter in a file name; X and Y are the pairs. */
export function satellitesOfLetter(letter: string): readonly string[] {
  if (letter === 'X') return ['GRACE-A', 'GRACE-B'];
  if (letter === 'Y') return ['GRACE-C', 'GRACE-D'];
  const satellite = satelliteOfLetter(letter);
  return satellite === undefined ? [] : [satellite];
}

/** A file of a pair is wanted when both its satellites are; an empty list of wishes wants all. */
export function satelliteSelected(satellites: readonly string[], wanted: readonly string[]): boolean {
  return wanted.length === 0 || satellites.every((satellite) => wanted.includes(satellite));
}

function dayInInterval(date: string, interval: GpsInterval | undefined): boolean {
  if (!interval) return true;
  const { startGpsSeconds, stopGpsSeconds } = interval;
  const start = gpsDayStart(date);
  const common = Math.min(start + 86400, stopGpsSeconds) - Math.max(start, startGpsSeconds);
  return common > Math.min(MINIMUM_OVERLAP_SECONDS, (stopGpsSeconds - startGpsSeconds) / 2);
}

/** Whether records from first to last epoch reach into the interval. */
export function recordsInInterval(first: number, last: number, interval: GpsInterval | undefined): boolean {
  return !interval || (first < interval.stopGpsSeconds && last >= interval.startGpsSeconds);
}
