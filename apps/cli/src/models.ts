import { readFile } from 'node:fs/promises';
import { parseEop } from '@gravity/formats';
import {
  type EarthRotationSpec,
  type Geopotential,
  isoToGpsSeconds,
  mjdUtc,
  sliceEopTable,
  truncateGeopotential,
} from '@gravity/geodesy';
import { loadStaticField, resolveEarthRotation, staticFieldNames } from '@gravity/server';
import type { Command } from 'commander';
import { Option } from 'commander';
import { parseNumber } from './commands/options.js';
import { readFieldFile } from './files/read-field.js';
import { UsageError } from './output.js';

export interface RotationOptions {
  readonly earthRotation: 'iers' | 'constant';
  readonly eop?: string;
  readonly rotationRate: number;
  readonly rotationAngle: number;
  readonly rotationEpoch: string;
}

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
    .option('--rotation-epoch <time>', 'constant: epoch of the angle, ISO 8601 UTC', '2000-01-01T12:00:00Z');
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
  if (options.eop) {
    const table = parseEop(await readFile(options.eop, 'latin1'), { file: options.eop });
    return { model: 'iers2010', eop: sliceEopTable(table, mjdUtc(startGpsSeconds), mjdUtc(endGpsSeconds)) };
  }
  return (await resolveEarthRotation({ model: 'iers2010' }, startGpsSeconds, endGpsSeconds)).spec;
}

/** A field that ships with the server, by name, or a file, to the degree wanted (or as far as it goes). */
export async function fieldOf(nameOrFile: string, maxDegree: number, mjd: number): Promise<Geopotential> {
  if (staticFieldNames().includes(nameOrFile)) {
    const request = { name: nameOrFile, maxDegree, mjd };
    const refuse = () => Promise.reject(new UsageError('no uploads here'));
    return (await loadStaticField(request, refuse)).field;
  }
  return truncateGeopotential(await readFieldFile(nameOrFile, { maxDegree, mjd }), maxDegree);
}
