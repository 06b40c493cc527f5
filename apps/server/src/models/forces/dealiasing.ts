import { openAod1b, openArchive } from '@gravity/formats';
import {
  type DealiasingOptions,
  type DealiasingSet,
  gpsEpoch,
  gpsToDay,
  gpsToIso,
  mjdToIsoDate,
} from '@gravity/geodesy';
import { TaskError } from '../../jobs/task.js';
import type { ModelReference } from '../types.js';
import type { OpenUserFile } from '../user-file.js';
import { readHashed } from './hashed-stream.js';

const FIELD = 'background_models.forces.dealiasing';
/** Releases have six (04, 05) or three hours between their sets. */
const LONGEST_STEP_SECONDS = 6 * 3600;

export interface LoadedDealiasing {
  readonly dealiasing: DealiasingOptions & { readonly sets: readonly DealiasingSet[] };
  readonly references: readonly ModelReference[];
}

/**
 * Sets of type glo (atmosphere and ocean) of AOD1B files or archives of them, cut to the interval: the last before its
 * start to the first after its end.
 *
 * @throws TaskError `invalid_dealiasing` naming file and line, `dealiasing_not_covered` naming the dates
 */
export async function loadDealiasing(
  names: readonly string[],
  degreeMax: number,
  start: number,
  end: number,
  openUserFile: OpenUserFile,
): Promise<LoadedDealiasing> {
  const sets = new Map<number, DealiasingSet>();
  const references: ModelReference[] = [];
  let constants: { readonly gm: number; readonly radius: number } | undefined;
  for (const [i, name] of names.entries()) {
    const field = names.length > 1 ? `${FIELD}[${i}]` : FIELD;
    const { value: releases, sha256 } = await readHashed(
      await openUserFile(name, field),
      field,
      'invalid_dealiasing',
      async (source) => {
        const found = new Set<string>();
        for await (const member of openArchive(source, { file: name })) {
          const file = member.name === name ? name : `${name}/${member.name}`;
          const { header, sets: all } = await openAod1b(member.stream, {
            file,
            types: ['glo'],
            maxDegree: degreeMax,
          });
          const { gm, radius, release } = header;
          constants ??= { gm, radius };
          if (constants.gm !== gm || constants.radius !== radius) {
            const message = `${file}: GM ${gm} and radius ${radius} differ from those of the files before`;
            throw new TaskError('invalid_dealiasing', message, [{ field, message }]);
          }
          found.add(release ?? 'unknown');
          for await (const { gpsSeconds, maxDegree, c, s } of all) {
            const near = gpsSeconds > start - LONGEST_STEP_SECONDS && gpsSeconds < end + LONGEST_STEP_SECONDS;
            if (near) sets.set(gpsSeconds, { gpsSeconds, maxDegree, c, s });
          }
        }
        return [...found];
      },
    );
    const source = `AOD1B release ${releases.join(', ')}, type glo, to degree ${degreeMax}`;
    references.push({ role: 'dealiasing', name, sha256, source });
  }
  const sorted = [...sets.values()].sort((a, b) => a.gpsSeconds - b.gpsSeconds);
  const maxStepSeconds = checkCoverage(sorted, start, end);
  return { dealiasing: { sets: sorted, degreeMax, maxStepSeconds, ...constants }, references };
}

/** @returns the longest step between sets that is not a gap, s */
function checkCoverage(sets: readonly DealiasingSet[], start: number, end: number): number {
  const epochs = sets.map(({ gpsSeconds }) => gpsSeconds);
  const steps = epochs.slice(1).map((t, i) => t - epochs[i]);
  const step = Math.min(LONGEST_STEP_SECONDS, ...steps);
  const day = (gpsSeconds: number) => mjdToIsoDate(gpsToDay(gpsEpoch(gpsSeconds), 'GPS').mjd);
  const missing = new Set<string>();
  if (!(epochs[0] <= start)) missing.add(day(start));
  if (!(epochs[epochs.length - 1] >= end)) missing.add(day(end));
  steps.forEach((length, i) => {
    for (let t = epochs[i] + step; length > step && t < epochs[i + 1]; t += step) missing.add(day(t));
  });
  if (missing.size === 0) return step;
  const days = [...missing].sort();
  const message =
    `dealiasing products of ${days.slice(0, 10).join(', ')}${days.length > 10 ? ', …' : ''} are missing for ` +
    `${gpsToIso(start, 0, 0)} to ${gpsToIso(end, 0, 0)}; bring the files AOD1B_${days[0]}_X_… too (an interval that ends ` +
    'after the last epoch of a day needs the file of the day after), or leave dealiasing out with "none"';
  throw new TaskError('dealiasing_not_covered', message, [{ field: FIELD, message }]);
}
