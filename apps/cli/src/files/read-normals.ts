import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { openNormals, readSinex, type SinexNormals } from '@gravity/formats';
import { emptyGeopotential, type Geopotential, type TideSystem, triangleIndex } from '@gravity/geodesy';
import { type Coefficient, coefficientsOf, type NormalsSystem } from '../combine/normals-system.js';
import { UsageError } from '../output.js';

const MJD_J2000 = 51_544.5;
const TIDE_SYSTEMS: readonly TideSystem[] = ['zero_tide', 'tide_free', 'mean_tide'];

export interface Constants {
  readonly gm: number;
  readonly radius: number;
}

/**
 * Header and vectors of a file of normal equations: SINEX (plain or gzipped) or our binary form, told by the content.
 *
 * @param fallback constants of files that do not state theirs
 * @throws UsageError when the file is missing or lacks what a combination needs; FormatError for a damaged file
 */
export async function openNormalsSystem(path: string, fallback: Constants): Promise<NormalsSystem> {
  const name = basename(path);
  const handle = await open(path).catch(() => undefined);
  if (!handle) throw new UsageError(`${path}: no such file`);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(8), 0, 8, 0);
  await handle.close();
  return buffer.toString('latin1', 0, bytesRead) === 'GNORMAL1'
    ? openBinary(path, name)
    : openSinex(path, name, fallback);
}

async function openBinary(path: string, name: string): Promise<NormalsSystem> {
  const { header, rightHandSide, apriori, rows } = await openNormals(createReadStream(path), { file: name });
  if (!header.reference) throw new UsageError(`${name}: no reference field, so its constants are not known`);
  const coefficients = coefficientsOf(name, header.parameters);
  const { gm, radius, tideSystem } = header.reference;
  return {
    name,
    coefficients,
    reference: fieldOf(name, coefficients, apriori, { gm, radius, tideSystem }),
    rightHandSide,
    weightedSquareSum: header.weightedSquareSum,
    observationCount: header.observationCount,
    eliminatedParameterCount: header.eliminatedParameterCount,
    startGpsSeconds: header.startGpsSeconds,
    endGpsSeconds: header.endGpsSeconds,
    readElements: async (take) => {
      for await (const { row, values } of rows) {
        for (let k = 0; k < values.length; k++) take(row, row + k, values[k]);
      }
    },
  };
}

async function openSinex(path: string, name: string, fallback: Constants): Promise<NormalsSystem> {
  const read = (matrix: 'skip' | ((row: number, column: number, value: number) => void)) =>
    readSinex(createReadStream(path), { file: name, matrix });
  const normals = await read('skip');
  const { parameters, rightHandSide, statistics, header } = normals;
  const coefficients = coefficientsOf(name, parameters);
  if (!rightHandSide) throw new UsageError(`${name}: no block SOLUTION/NORMAL_EQUATION_VECTOR`);
  const observationCount = statistics.observationCount ?? 0;
  if (!(observationCount > 0))
    throw new UsageError(`${name}: no NUMBER OF OBSERVATIONS in SOLUTION/STATISTICS`);
  const eliminated = (statistics.unknownCount ?? coefficients.length) - coefficients.length;
  const gps = (mjd: number | undefined) => (mjd === undefined ? undefined : (mjd - MJD_J2000) * 86_400);
  return {
    name,
    coefficients,
    reference: fieldOf(name, coefficients, normals.apriori, constantsOf(normals, fallback)),
    rightHandSide,
    weightedSquareSum: statistics.weightedSquareSum,
    observationCount,
    eliminatedParameterCount: Math.max(0, eliminated),
    startGpsSeconds: gps(header.startMjd),
    endGpsSeconds: gps(header.endMjd),
    readElements: async (take) => {
      let count = 0;
      await read((row, column, value) => {
        count++;
        take(row, column, value);
      });
      if (count === 0) throw new UsageError(`${name}: no block SOLUTION/NORMAL_EQUATION_MATRIX`);
    },
  };
}

/** The words of ICGEM headers in the comments, as many files have them. */
function constantsOf({ comments }: SinexNormals, fallback: Constants) {
  const word = (key: string) =>
    comments.map((line) => line.trim().split(/\s+/)).find(([first]) => first === key)?.[1];
  const number = (key: string, otherwise: number) => {
    const value = Number(word(key) ?? otherwise);
    return value > 0 && Number.isFinite(value) ? value : otherwise;
  };
  const stated = word('tide_system');
  return {
    gm: number('earth_gravity_constant', fallback.gm),
    radius: number('radius', fallback.radius),
    tideSystem: TIDE_SYSTEMS.find((system) => system === stated) ?? ('unknown' as const),
  };
}

function fieldOf(
  name: string,
  coefficients: readonly Coefficient[],
  values: Float64Array | undefined,
  { gm, radius, tideSystem }: Constants & { readonly tideSystem: TideSystem },
): Geopotential {
  const maxDegree = Math.max(...coefficients.map(({ degree }) => degree));
  const field = emptyGeopotential(maxDegree, gm, radius, name, tideSystem);
  coefficients.forEach(({ kind, degree, order }, i) => {
    (kind === 0 ? field.c : field.s)[triangleIndex(degree, order)] = values?.[i] ?? 0;
  });
  if (field.c[0] === 0) field.c[0] = 1;
  return field;
}
