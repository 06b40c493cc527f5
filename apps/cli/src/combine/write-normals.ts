import { createWriteStream } from 'node:fs';
import { extname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  coefficientParameters,
  fullRows,
  packedIndex,
  packedSize,
  writeNormals,
  writeSinex,
} from '@gravity/formats';
import { coefficientOrdering, type Geopotential } from '@gravity/geodesy';
import type { RecoverySolution } from '@gravity/recovery';
import { type CombinedNormals, coefficientOf } from './combine.js';
import type { NormalsSystem } from './normals-system.js';

const MJD_J2000 = 51_544.5;

export interface CombinedFile {
  readonly combined: CombinedNormals;
  readonly systems: readonly NormalsSystem[];
  readonly weights: readonly number[];
  readonly reference: Geopotential;
  /** Total coefficients with formal standard deviations. */
  readonly field: RecoverySolution['field'];
  readonly producer: string;
}

/** Combined normal equations: SINEX for names ending in .snx or .txt, else our binary form. */
export async function writeCombinedNormals(path: string, file: CombinedFile): Promise<void> {
  const chunks = ['.snx', '.txt'].includes(extname(path)) ? sinexOf(file) : binaryOf(file);
  await pipeline(Readable.from(chunks), createWriteStream(path));
}

function interval(systems: readonly NormalsSystem[]): readonly [number, number] {
  const known = (values: readonly (number | undefined)[]) => values.filter((v) => v !== undefined);
  const starts = known(systems.map((s) => s.startGpsSeconds));
  const ends = known(systems.map((s) => s.endGpsSeconds));
  return [starts.length > 0 ? Math.min(...starts) : 0, ends.length > 0 ? Math.max(...ends) : 0];
}

/** Values in the order of the parameters. */
function vectorOf({ combined: { degreeMin, degreeMax } }: CombinedFile, field: Geopotential): Float64Array {
  const { degree, order, kind, count } = coefficientOrdering(degreeMin, degreeMax);
  return Float64Array.from({ length: count }, (_, i) =>
    coefficientOf(field, { kind: kind[i] === 0 ? 0 : 1, degree: degree[i], order: order[i] }),
  );
}

const sources = ({ systems, weights }: CombinedFile): string =>
  systems.map(({ name }, k) => `${name} x ${weights[k]}`).join(', ');

function binaryOf(file: CombinedFile): AsyncGenerator<Uint8Array> {
  const { combined, systems, reference, producer } = file;
  const { normals, degreeMin, degreeMax } = combined;
  const [startGpsSeconds, endGpsSeconds] = interval(systems);
  const { name, gm, radius, maxDegree, tideSystem } = reference;
  return writeNormals({
    header: {
      parameters: coefficientParameters(degreeMin, degreeMax),
      observationCount: normals.observationCount,
      eliminatedParameterCount: normals.arcParameterCount,
      weightedSquareSum: normals.weightedSquareSum,
      startGpsSeconds,
      endGpsSeconds,
      reference: { name, gm, radius, maxDegree, tideSystem },
      producer,
      notes: { combined: sources(file) },
    },
    rightHandSide: normals.rightHandSide,
    apriori: vectorOf(file, reference),
    rows: fullRows(normals.parameterCount, normals.matrix),
  });
}

function sinexOf(file: CombinedFile): Generator<string> {
  const { combined, systems, reference, field, producer } = file;
  const { normals, degreeMin, degreeMax } = combined;
  const n = normals.parameterCount;
  const matrix = new Float64Array(packedSize(n));
  for (let i = 0; i < n; i++) {
    matrix.set(normals.matrix.subarray(i * n + i, i * n + n), packedIndex(n, i, i));
  }
  const [start, end] = interval(systems).map((gps) => gps / 86_400 + MJD_J2000);
  const sigmas = { ...field, c: field.sigmaC ?? field.c, s: field.sigmaS ?? field.s };
  return writeSinex({
    header: {
      agency: 'GPB',
      dataAgency: 'GPB',
      startMjd: start,
      endMjd: end,
      technique: 'C',
      constraint: '2',
    },
    reference: { DESCRIPTION: 'combined normal equations', SOFTWARE: producer },
    comments: [
      `earth_gravity_constant ${reference.gm}`,
      `radius ${reference.radius}`,
      `max_degree ${degreeMax}`,
      'norm fully_normalized',
      `tide_system ${reference.tideSystem}`,
      ...systems.map(({ name }, k) => `combined ${name} weight ${file.weights[k]}`),
    ],
    statistics: {
      observationCount: normals.observationCount,
      unknownCount: n + normals.arcParameterCount,
      weightedSquareSum: normals.weightedSquareSum,
    },
    parameters: coefficientParameters(degreeMin, degreeMax).map(({ type, degree, order }) => ({
      type,
      code: String(degree),
      solution: String(order),
      degree,
      order,
      epochMjd: (start + end) / 2,
      unit: '----',
      constraint: '2',
    })),
    estimate: vectorOf(file, field),
    estimateSigma: vectorOf(file, sigmas),
    apriori: vectorOf(file, reference),
    rightHandSide: normals.rightHandSide,
    matrix,
  });
}
