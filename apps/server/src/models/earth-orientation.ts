import { parseEop } from '@gravity/formats';
import {
  createEopTable,
  describeEopTable,
  type EopRow,
  type EopTable,
  gpsToIso,
  mjdToIsoDate,
  mjdUtc,
  sliceEopTable,
} from '@gravity/geodesy';
import { TaskError } from '../jobs/task.js';
import { readAsset, sha256 } from './assets.js';
import type { EarthRotationRequest, LoadedEop, LoadedRotation } from './types.js';
import { type OpenUserFile, readUserFile } from './user-file.js';

const EOP_FIELD = 'background_models.earth_rotation.eop';

/** In the order of precedence: where days are double the later file wins. */
const EOP_FILES = [
  'eopc04_08.1999-2013.txt.gz',
  'eopc04_14.2018-2022.txt.gz',
  'eopc04_20.2023.csv.gz',
] as const;

let loaded: Promise<LoadedEop> | undefined;

/** The Earth orientation series that ship with the server, as one table (with gaps). Read once. */
export function loadEarthOrientation(): Promise<LoadedEop> {
  loaded ??= readAll();
  return loaded;
}

async function readAll(): Promise<LoadedEop> {
  const rows = new Map<number, EopRow>();
  const hashes: string[] = [];
  const sources: string[] = [];
  for (const file of EOP_FILES) {
    const asset = await readAsset(file);
    const table = parseEop(Buffer.from(asset.bytes).toString('latin1'), { file });
    for (let i = 0; i < table.mjdUtc.length; i++) rows.set(table.mjdUtc[i], rowOf(table, i));
    hashes.push(asset.sha256);
    sources.push(table.source);
  }
  const source = sources.join(' + ');
  const ordered = [...rows.values()].sort((a, b) => a.mjdUtc - b.mjdUtc);
  return { table: createEopTable(source, ordered), sha256: sha256(hashes.join('\n')), source };
}

function rowOf(table: EopTable, i: number): EopRow {
  return {
    mjdUtc: table.mjdUtc[i],
    xPole: table.xPole[i],
    yPole: table.yPole[i],
    ut1MinusUtcSeconds: table.ut1MinusUtcSeconds[i],
    dX: table.dX[i],
    dY: table.dY[i],
  };
}

/**
 * The rotation of the Earth over an interval, as plain data for the workers.
 *
 * @param startGpsSeconds, endGpsSeconds the interval, GPS seconds
 * @param marginSeconds taken on both sides where there are data
 * @param openUserFile opens the series that the request names
 * @throws TaskError `eop_not_covered` naming the dates that are missing
 */
export async function resolveEarthRotation(
  request: EarthRotationRequest,
  startGpsSeconds: number,
  endGpsSeconds: number,
  marginSeconds = 0,
  openUserFile?: OpenUserFile,
): Promise<LoadedRotation> {
  if (request.model === 'constant') {
    const spec = { ...request };
    const reference = {
      role: 'earth_rotation' as const,
      name: 'constant',
      sha256: sha256(JSON.stringify([spec.rate, spec.angleAtEpoch, spec.epochGpsSeconds])),
      source: 'request',
    };
    return { spec, reference };
  }
  const eop = request.eop ? await loadUserEop(request.eop, openUserFile) : await loadEarthOrientation();
  const from = mjdUtc(startGpsSeconds);
  const to = mjdUtc(endGpsSeconds);
  // A microday of slack: an interval that ends at midnight does not need the next day.
  checkCoverage(eop.table, Math.floor(from + 1e-6), Math.ceil(to - 1e-6), startGpsSeconds, endGpsSeconds);
  return {
    spec: {
      model: 'iers2010',
      eop: sliceEopTable(eop.table, from - marginSeconds / 86400, to + marginSeconds / 86400),
    },
    reference: {
      role: 'earth_rotation',
      name: 'iers2010',
      sha256: eop.sha256,
      source: `IAU 2006/2000A, IERS Conventions 2010; ${eop.source}`,
    },
  };
}

/** @throws TaskError `invalid_eop` naming file and line */
async function loadUserEop(name: string, openUserFile: OpenUserFile | undefined): Promise<LoadedEop> {
  if (!openUserFile) throw new TypeError('a series of the user needs a way to open it');
  return readUserFile(await openUserFile(name, EOP_FIELD), name, EOP_FIELD, 'invalid_eop', (bytes) => {
    const table = parseEop(Buffer.from(bytes).toString('latin1'), { file: name });
    return { table, sha256: sha256(bytes), source: `${name} (${table.source})` };
  });
}

function checkCoverage(table: EopTable, from: number, to: number, start: number, end: number): void {
  const days = new Set(table.mjdUtc);
  const missing: number[] = [];
  for (let mjd = from; mjd <= to; mjd++) if (!days.has(mjd)) missing.push(mjd);
  if (missing.length === 0) return;
  const first = mjdToIsoDate(missing[0]);
  const last = mjdToIsoDate(missing[missing.length - 1]);
  const text =
    `no Earth orientation parameters for ${first === last ? first : `${first} to ${last}`}, needed for the interval ` +
    `${gpsToIso(start, 0, 0)} to ${gpsToIso(end, 0, 0)}; available: ${describeSpans(table)}`;
  throw new TaskError('eop_not_covered', text, [
    { field: 'background_models.earth_rotation', message: `${text} (table ${describeEopTable(table)})` },
  ]);
}

/** The unbroken spans of a table, e.g. "2000-01-01 to 2013-01-27, 2018-01-01 to 2023-08-28". */
export function describeSpans({ mjdUtc: mjd }: EopTable): string {
  const spans: string[] = [];
  let first = 0;
  for (let i = 1; i <= mjd.length; i++) {
    if (i < mjd.length && mjd[i] === mjd[i - 1] + 1) continue;
    spans.push(`${mjdToIsoDate(mjd[first])} to ${mjdToIsoDate(mjd[i - 1])}`);
    first = i;
  }
  return spans.join(', ');
}
