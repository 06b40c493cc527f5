import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { EarthRotationSpec, Geopotential } from '@gravity/geodesy';
import type { ForceModel } from '@gravity/recovery';
import {
  COMPLETE_FORCES,
  type ForcesSpec,
  loadForces,
  parseForcesObject,
  REAL_STATIC_DEGREE,
  type ResolvedForces,
  resolveForces,
} from '@gravity/server';
import { openLocalFile } from './files/open-local.js';
import type { ObservationFile } from './files/read-observations.js';
import { inWordsOfOptions } from './models.js';
import { UsageError } from './output.js';

/** Forces as an option names them: a set, or a JSON file with the members of `background_models.forces`. */
export const FORCES_HELP =
  'complete, none, or a JSON file with members as in background_models.forces (file names in place of uploads)';

/** @throws UsageError naming the file and what is wrong in it */
export async function forcesOf(option: string): Promise<'none' | ForcesSpec> {
  if (option === 'none') return 'none';
  if (option === 'complete') return COMPLETE_FORCES;
  if (!/\.json$/i.test(option)) throw new UsageError(`--forces ${option}: ${FORCES_HELP}`);
  const text = await readFile(option, 'utf8').catch(() => {
    throw new UsageError(`${option}: no such file`);
  });
  try {
    return besideFile(parseForcesObject(JSON.parse(text) as unknown), option);
  } catch (error) {
    throw new UsageError(`${option}: ${(error as Error).message}`);
  }
}

/** Names of files are relative to the file that names them. */
function besideFile(spec: ForcesSpec, path: string): ForcesSpec {
  const folder = dirname(path);
  const words = ['none', 'analytical', 'fes2004'];
  const place = (name: string) => (words.includes(name) ? name : resolve(folder, name));
  return {
    ...spec,
    ephemeris: place(spec.ephemeris),
    oceanTide: place(spec.oceanTide),
    oceanPoleTide: place(spec.oceanPoleTide),
    atmosphericTide: spec.atmosphericTide.map(place),
    dealiasing: spec.dealiasing.map(place),
  };
}

/**
 * The forces for observations: as the option says, else as the files say, else for real data the complete set.
 *
 * @throws UsageError when the files contradict each other
 */
export async function forcesForFiles(
  option: string | undefined,
  files: readonly ObservationFile[],
  satellites: readonly string[],
  earthRotation: EarthRotationSpec,
): Promise<ResolvedForces> {
  const inputs = files.map(({ name, forces }) => ({
    fileName: name,
    ...(forces !== undefined && { statedForces: forces }),
  }));
  const forces = option === undefined ? 'auto' : await forcesOf(option);
  try {
    return resolveForces({ forces, earthRotation }, satellites, inputs);
  } catch (error) {
    throw new UsageError((error as Error).message.replaceAll('background_models.forces', '--forces'));
  }
}

/** Degree of the a-priori field: real satellites feel what lies above the solution too. */
export function fieldDegreeFor(wanted: number | undefined, degree: number, simulated: boolean): number {
  return wanted ?? (simulated ? degree : Math.max(degree, REAL_STATIC_DEGREE));
}

export interface PreparedForces {
  readonly forces?: ForceModel;
  /** In a tide system that goes with the forces. */
  readonly field: Geopotential;
  /** One line per model. */
  readonly models: readonly string[];
}

/**
 * The data of the forces for an interval, from files on this machine.
 *
 * @throws UsageError naming file, dates or option
 */
export async function prepareForces(
  spec: 'none' | ForcesSpec,
  field: Geopotential,
  earthRotation: EarthRotationSpec,
  startGpsSeconds: number,
  endGpsSeconds: number,
): Promise<PreparedForces> {
  const reference = { role: 'static_field', name: field.name, sha256: '', source: 'file' } as const;
  const context = { startGpsSeconds, endGpsSeconds, staticField: { field, reference }, earthRotation };
  const { forces, staticField, references } = await inWordsOfOptions(() =>
    loadForces(spec, { ...context, openUserFile: openLocalFile }),
  );
  return {
    ...(forces && { forces }),
    field: staticField.field,
    models: references.map(({ role, name, source }) => `${role}: ${name}, ${source}`),
  };
}
