import {
  type EarthRotationSpec,
  type Geopotential,
  isoToGpsSeconds,
  type TideSystem,
  truncateGeopotential,
} from '@gravity/geodesy';
import { loadStaticField, resolveEarthRotation, staticFieldNames, TaskError } from '@gravity/server';
import type { Command } from 'commander';
import { Option } from 'commander';
import { parseNumber } from './commands/options.js';
import { openLocalFile } from './files/open-local.js';
import { readFieldFile } from './files/read-field.js';
import { UsageError } from './output.js';

export interface RotationOptions {
  readonly earthRotation: 'iers' | 'constant';
  readonly eop?: string;
  readonly rotationRate: number;
  readonly rotationAngle: number;
  readonly rotationEpoch: string;
  readonly fieldTideSystem?: TideSystem;
}

/** Options on the rotation of the Earth and the tide system of the field. */
export function addRotationOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--earth-rotation <model>', 'how the Earth turns')
        .choices(['iers', 'constant'])
        .default('iers'),
    )
    .option('--eop <file>', 'IERS C04 series for iers (default: the one that ships with the server)')
    .option('--rotation-rate <rad/s>', 'constant: rate about the z axis', parseNumber, 7.292115e-5)
    .option('--rotation-angle <rad>', 'constant: angle at the epoch', parseNumber, 0)
    .option('--rotation-epoch <time>', 'constant: epoch of the angle, ISO 8601 UTC', '2000-01-01T12:00:00Z')
    .addOption(
      new Option('--field-tide-system <name>', 'of a field file that does not state it').choices([
        'zero_tide',
        'tide_free',
        'mean_tide',
      ]),
    );
}

/** The rotation the options describe, for an interval in GPS seconds. */
export async function rotationOf(
  options: RotationOptions,
  startGpsSeconds: number,
  endGpsSeconds: number,
): Promise<EarthRotationSpec> {
  if (options.earthRotation === 'constant') {
    return {
      model: 'constant',
      rate: options.rotationRate,
      angleAtEpoch: options.rotationAngle,
      epochGpsSeconds: isoToGpsSeconds(options.rotationEpoch),
    };
  }
  const request = { model: 'iers2010' as const, ...(options.eop !== undefined && { eop: options.eop }) };
  const rotation = await inWordsOfOptions(() =>
    resolveEarthRotation(request, startGpsSeconds, endGpsSeconds, 3 * 86_400, openLocalFile),
  );
  return rotation.spec;
}

/** Words of requests to the server, as the command says them. */
const OPTIONS: readonly (readonly [RegExp, string])[] = [
  [/background_models\.static_field_tide_system/g, '--field-tide-system'],
  [/background_models\.forces/g, '--forces'],
  [/, or upload:\{id\}, or object:\{bucket\}\/\{key\} of an ICGEM file/g, ', or an ICGEM file'],
  [
    /leave the tide out with forces\.solid_earth_tide false/g,
    'leave the tide out (solid_earth_tide false in --forces)',
  ],
];

/** What goes wrong in models of the server, said in the words of the command. @throws UsageError */
export async function inWordsOfOptions<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    throw new UsageError(OPTIONS.reduce((text, [from, to]) => text.replace(from, to), error.message));
  }
}

/**
 * A field that ships with the server, by name, or a file, to the degree wanted (or as far as it goes).
 *
 * @param tideSystem of a file that does not state it
 * @throws UsageError for a file that states another tide system
 */
export async function fieldOf(
  nameOrFile: string,
  maxDegree: number,
  mjd: number,
  tideSystem?: TideSystem,
): Promise<Geopotential> {
  const field = await readField(nameOrFile, maxDegree, mjd);
  if (tideSystem === undefined || field.tideSystem === tideSystem) return field;
  if (field.tideSystem === 'unknown') return { ...field, tideSystem };
  throw new UsageError(
    `--field-tide-system ${tideSystem}: ${nameOrFile} is ${field.tideSystem}, as it says; gravity convert --tide-system converts it`,
  );
}

async function readField(nameOrFile: string, maxDegree: number, mjd: number): Promise<Geopotential> {
  if (staticFieldNames().includes(nameOrFile)) {
    const refuse = () => Promise.reject(new UsageError('no uploads here'));
    const loaded = await inWordsOfOptions(() =>
      loadStaticField({ name: nameOrFile, maxDegree, mjd }, refuse),
    );
    return loaded.field;
  }
  return truncateGeopotential(await readFieldFile(nameOrFile, { maxDegree, mjd }), maxDegree);
}
