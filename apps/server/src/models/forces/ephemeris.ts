import { FormatError, openEphemeris } from '@gravity/formats';
import { createAnalyticalEphemeris, createStateEphemeris, gpsToIso } from '@gravity/geodesy';
import { type EphemerisTable, tabulateEphemeris } from '@gravity/recovery';
import { TaskError } from '../../jobs/task.js';
import { sha256 as digest } from '../assets.js';
import type { ModelReference } from '../types.js';
import type { OpenUserFile } from '../user-file.js';
import { type ForcesSpec, PLANETS } from './forces-request.js';
import { readHashed } from './hashed-stream.js';

const FIELD = 'background_models.forces.ephemeris';
const DAY = 86_400;

/**
 * Sun, Moon and planets as a table over the interval.
 *
 * @throws TaskError `invalid_ephemeris`, `ephemeris_not_covered` naming file and dates
 */
export async function loadEphemeris(
  { ephemeris: name, planets }: ForcesSpec,
  start: number,
  end: number,
  openUserFile: OpenUserFile,
): Promise<{ readonly table: EphemerisTable; readonly reference: ModelReference }> {
  if (name === 'analytical') {
    const analytical = createAnalyticalEphemeris();
    const { source } = analytical;
    return {
      table: tabulateEphemeris(analytical, start, end),
      reference: { role: 'ephemeris', name, sha256: digest(source), source },
    };
  }
  const jd = (gpsSeconds: number) => 2451545 + gpsSeconds / DAY;
  const { value: file, sha256 } = await readHashed(
    await openUserFile(name, FIELD),
    FIELD,
    'invalid_ephemeris',
    async (source) => {
      try {
        return await openEphemeris(source, { file: name, startJd: jd(start) - 1, endJd: jd(end) + 1 });
      } catch (error) {
        if (error instanceof FormatError && error.code === 'out_of_range')
          throw notCovered(name, start, end, error);
        throw error;
      }
    },
  );
  const source = `JPL DE${file.denum}`;
  try {
    const table = tabulateEphemeris(createStateEphemeris(source, file, PLANETS), start, end, planets);
    return { table, reference: { role: 'ephemeris', name, sha256, source } };
  } catch (error) {
    if (error instanceof RangeError) throw notCovered(name, start, end, error);
    throw error;
  }
}

function notCovered(name: string, start: number, end: number, cause: Error): TaskError {
  const interval = `${gpsToIso(start, 0, 0)} to ${gpsToIso(end, 0, 0)}`;
  const message = `the ephemeris ${name} does not cover ${interval} (${cause.message}); take one that does, or "analytical"`;
  return new TaskError('ephemeris_not_covered', message, [{ field: FIELD, message }]);
}
