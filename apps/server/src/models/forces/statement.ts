import { FieldReader } from '../../field-reader.js';
import { type ForcesSpec, forcesJson } from './forces-request.js';
import { parseForces } from './parse-forces.js';

const KEY = 'forces';

/** What simulated data say about the forces they were made with: the value of `forces:` in a header. */
export function forcesStatement(forces: 'none' | ForcesSpec): string {
  return forces === 'none' ? 'none' : JSON.stringify(forcesJson(forces));
}

/**
 * The statement of a file: an entry `forces` (tables), a line `forces: …` in the history of a Level-1B header, or
 * `none` for simulated files that do not say. Undefined: measured, as far as the file tells.
 *
 * @param metadata of an ingested file
 */
export function statedForces(metadata: Readonly<Record<string, unknown>>): string | undefined {
  const { history, title } = metadata;
  if (typeof metadata[KEY] === 'string') return metadata[KEY];
  if (Array.isArray(history)) {
    const line = history.map(String).find((text) => text.startsWith(`${KEY}: `));
    if (line !== undefined) return line.slice(KEY.length + 2);
    if (history.includes('SIMULATED DATA')) return 'none';
  }
  return typeof title === 'string' && title.endsWith('(simulated)') ? 'none' : undefined;
}

/** @returns undefined when the text is no statement of this version */
export function parseStatement(text: string): 'none' | ForcesSpec | undefined {
  try {
    const forces: unknown = text.startsWith('{') ? JSON.parse(text) : text;
    const errors: { field: string; message: string }[] = [];
    const request = parseForces(new FieldReader({ forces }, '', errors));
    return errors.length > 0 || request === 'auto' ? undefined : request;
  } catch {
    return undefined;
  }
}

/** Whether forces of a computation are those of a statement; files count as equal whatever their names. */
export function isSameForces(a: 'none' | ForcesSpec, b: 'none' | ForcesSpec): boolean {
  return comparable(a) === comparable(b);
}

function comparable(forces: 'none' | ForcesSpec): string {
  if (forces === 'none') return 'none';
  const named = (name: string) => (['none', 'analytical', 'fes2004'].includes(name) ? name : 'file');
  return JSON.stringify({
    ...forcesJson(forces),
    ephemeris: named(forces.ephemeris),
    ocean_tide: named(forces.oceanTide),
    ocean_pole_tide: named(forces.oceanPoleTide),
    atmospheric_tide: forces.atmosphericTide.length > 0,
    dealiasing: forces.dealiasing.length > 0,
    // Follows the static field, which has no such terms in a simulation.
    field_variation: true,
  });
}
