import { gpsEpoch, gpsToDay, gpsToIso, mjdToIsoDate } from '@gravity/geodesy';
import { SIMULATED_NAME } from '../../missions.js';
import type { PlanInput, PlanWarning } from './types.js';

const MOST_DATES = 10;
/** Between the sets of AOD1B files since release 06; the first of a day is at 0h. */
const DEALIASING_STEP_SECONDS = 3 * 3600;

/** What the computation will need beside the observations: Earth orientation and models that come as files. */
export function modelWarnings(input: PlanInput): PlanWarning[] {
  return [...rotationWarnings(input), ...dealiasingWarnings(input)];
}

function rotationWarnings({ parameters, eopSpans }: PlanInput): PlanWarning[] {
  if (!eopSpans) return [];
  const { startGpsSeconds: start, endGpsSeconds: end } = parameters;
  if (eopSpans.some((s) => s.startGpsSeconds <= start && s.endGpsSeconds >= end)) return [];
  const spans = eopSpans.map(
    (s) => `${gpsToIso(s.startGpsSeconds, 0, 0)} to ${gpsToIso(s.endGpsSeconds, 0, 0)}`,
  );
  const missing = dates(start, end).filter(
    ({ from, to }) => !eopSpans.some((s) => s.startGpsSeconds <= from && s.endGpsSeconds >= to),
  );
  return [
    {
      code: 'outside_earth_orientation',
      severity: 'warning',
      field: 'start_time',
      message:
        `the Earth orientation table does not hold the whole interval: ${listed(missing)} not covered; it covers ` +
        `${spans.join(', ') || 'nothing'}. Name a C04 file in background_models.earth_rotation.eop of the process request`,
    },
  ];
}

/** Real data get the complete forces, in which there is no dealiasing: its files come with the process request. */
function dealiasingWarnings({ parameters, files }: PlanInput): PlanWarning[] {
  const { satellites, startGpsSeconds, endGpsSeconds } = parameters;
  const simulated =
    satellites.every((name) => SIMULATED_NAME.test(name)) ||
    files.some(({ statedForces }) => statedForces !== undefined);
  if (simulated) return [];
  // The last set must not be before the end: after 21h that is the first of the next day. Days start at 12h of the count.
  const last = Math.ceil((endGpsSeconds + 43200) / DEALIASING_STEP_SECONDS) * DEALIASING_STEP_SECONDS - 43200;
  const days = dates(startGpsSeconds, last + 1);
  return [
    {
      code: 'no_dealiasing',
      severity: 'info',
      message:
        'forces "auto" of a process request are "complete" for these data, without the short-periodic mass variations ' +
        'of atmosphere and ocean: with them, name the AOD1B files of ' +
        `${listed(days)} in background_models.forces.dealiasing`,
    },
  ];
}

interface PlanDate {
  readonly date: string;
  /** What of the date is in the interval, GPS seconds. */
  readonly from: number;
  readonly to: number;
}

/** Dates (GPS) that have a part of [start, end). */
function dates(start: number, end: number): PlanDate[] {
  const found: PlanDate[] = [];
  for (let day = Math.floor((start + 43200) / 86400); day * 86400 - 43200 < end; day++) {
    const begin = day * 86400 - 43200;
    const date = mjdToIsoDate(gpsToDay(gpsEpoch(begin), 'GPS').mjd);
    found.push({ date, from: Math.max(start, begin), to: Math.min(end, begin + 86400) });
  }
  return found;
}

function listed(days: readonly PlanDate[]): string {
  const names = days.map(({ date }) => date);
  if (names.length <= MOST_DATES) return names.join(', ');
  return `${names.slice(0, MOST_DATES).join(', ')}, … (${names.length} days to ${names[names.length - 1]})`;
}
