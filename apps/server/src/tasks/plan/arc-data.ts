import { gpsEpoch, gpsToDay, mjdToIsoDate } from '@gravity/geodesy';
import { letterOfSatellite, type ObservationFile, PRODUCT_USES, pairName } from '../../observations/index.js';
import type { ArcInterval } from '../process/arcs.js';
import type { ArcData, PlannedArc } from './types.js';

/** Products of a role, the preferred first; the first two are named when one is missing. */
const ROLES: Readonly<Record<ArcData['role'], readonly string[]>> = {
  orbit: ['GNV1B', 'GNI1B', 'table_orbit'],
  attitude: ['SCA1B', 'table_attitude'],
  accelerometer: ['ACT1B', 'ACC1B', 'table_accelerometer'],
  ranging: ['KBR1B', 'LRI1B', 'table_range_rate'],
};

/** An arc needs this share of its orbit (and ranging) to be of use. */
const NEEDED_COVERAGE = 0.1;
const COMPLETE = 0.99;
/** What the file of a neighbouring day reaches into the arc is no data of the arc. */
const NOTHING = 0.001;

/** What there is and what is missing for one arc. */
export function planArc(
  arc: ArcInterval,
  satellites: readonly string[],
  files: readonly ObservationFile[],
): PlannedArc {
  const data: ArcData[] = [];
  for (const satellite of satellites) {
    for (const role of ['orbit', 'attitude', 'accelerometer'] as const)
      data.push(roleData(arc, satellite, role, files));
  }
  if (satellites.length === 2) {
    data.push(roleData(arc, pairName([satellites[0], satellites[1]]), 'ranging', files));
  }
  const reason = whyNotUsable(data);
  return { ...arc, data, usable: reason === undefined, ...(reason !== undefined && { reason }) };
}

function whyNotUsable(data: readonly ArcData[]): string | undefined {
  for (const { role, satellite, coverage, product } of data) {
    if (role !== 'orbit' && role !== 'ranging') continue;
    if (product === null) return `no ${role} of ${satellite}`;
    if (coverage < NEEDED_COVERAGE) {
      return `${role} of ${satellite} (${product}) covers ${(100 * coverage).toFixed(1)} % of the arc`;
    }
  }
  return undefined;
}

function roleData(
  arc: ArcInterval,
  satellite: string,
  role: ArcData['role'],
  files: readonly ObservationFile[],
): ArcData {
  const products = ROLES[role];
  const own = files.filter((file) => file.satellite === satellite && products.includes(file.product));
  const overlapping = own.filter(
    (file) => file.gpsStart <= arc.endGpsSeconds && file.gpsEnd >= arc.startGpsSeconds,
  );
  const candidates = products
    .map((product) => ({ product, files: overlapping.filter((file) => file.product === product) }))
    .map((candidate) => ({ ...candidate, coverage: coverage(arc, candidate.files) }))
    .filter((candidate) => candidate.coverage >= NOTHING);
  // the preferred product when it covers enough, else the one that covers most (as loadArc chooses)
  const best =
    candidates.find((c) => c.coverage >= 0.9) ?? candidates.sort((a, b) => b.coverage - a.coverage)[0];
  const covered = best?.coverage ?? 0;
  return {
    satellite,
    role,
    product: best?.product ?? null,
    coverage: Math.round(covered * 1e4) / 1e4,
    files: overlapping.map(({ id, fileName, product }) => ({ id, file_name: fileName, product })),
    missing: covered >= COMPLETE ? [] : missingFiles(arc, satellite, role, best?.files ?? []),
  };
}

/** Share of the arc inside the spans of the files, their known gaps left out. */
export function coverage(arc: ArcInterval, files: readonly ObservationFile[]): number {
  const { startGpsSeconds: start, endGpsSeconds: end } = arc;
  const spans: [number, number][] = [];
  for (const file of files) {
    const step = file.nominalStepSeconds ?? PRODUCT_USES[file.product]?.stepSeconds ?? 0;
    let from = file.gpsStart;
    for (const gap of file.gaps) {
      spans.push([from, gap.afterGpsSeconds + step]);
      from = gap.beforeGpsSeconds;
    }
    spans.push([from, file.gpsEnd + step]);
  }
  spans.sort((a, b) => a[0] - b[0]);
  let covered = 0;
  let reached = start;
  for (const [from, to] of spans) {
    const begin = Math.max(from, reached);
    const stop = Math.min(to, end);
    if (stop > begin) {
      covered += stop - begin;
      reached = stop;
    }
  }
  return Math.min(1, covered / (end - start));
}

/** Usual names of the files of the days of the arc that no file in hand covers for the most part. */
function missingFiles(
  arc: ArcInterval,
  satellite: string,
  role: ArcData['role'],
  present: readonly ObservationFile[],
): ArcData['missing'] {
  const names: { file_name: string; or: readonly string[] }[] = [];
  const firstDay = Math.floor((arc.startGpsSeconds + 43200) / 86400);
  // seconds of the next day at the end (leap seconds of the UTC interval) call for no file of their own
  const lastDay = Math.floor((arc.endGpsSeconds - 60 + 43200) / 86400);
  for (let day = firstDay; day <= Math.max(firstDay, lastDay); day++) {
    const start = day * 86400 - 43200;
    const part = {
      startGpsSeconds: Math.max(arc.startGpsSeconds, start),
      endGpsSeconds: Math.min(arc.endGpsSeconds, start + 86400),
    };
    if (coverage(part, present) >= COMPLETE) continue;
    const date = mjdToIsoDate(gpsToDay(gpsEpoch(day * 86400), 'GPS').mjd);
    const [file_name, ...or] = ROLES[role].map((product) => expectedFileName(product, date, satellite));
    names.push({ file_name, or });
  }
  return names;
}

/** GNV1B_2023-06-01_C_04.txt; for satellites without Level-1B names and for tables a description. */
export function expectedFileName(product: string, date: string, satellite: string): string {
  const names = satellite.split('/');
  const letter = letterOfSatellite(names[0]);
  if (product.startsWith('table_') || letter === undefined) return `${product} of ${satellite} for ${date}`;
  const followOn = letter === 'C' || letter === 'D';
  const code = names.length === 2 ? (followOn ? 'Y' : 'X') : letter;
  // GRACE release 02 files are binary; their ASCII form keeps name and version
  return `${product}_${date}_${code}_${followOn ? '04' : '02'}.txt`;
}
