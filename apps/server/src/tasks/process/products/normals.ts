import {
  coefficientParameters,
  fullRows,
  packedIndex,
  packedSize,
  writeNormals,
  writeSinex,
} from '@gravity/formats';
import { type Geopotential, mjdUtc } from '@gravity/geodesy';
import {
  coefficientVector,
  normalsAbout,
  type RecoverySetup,
  type RecoverySolution,
  type TotalNormals,
} from '@gravity/recovery';
import type { ProductContext } from './context.js';
import { period, solutionText } from './describe.js';
import type { UnhashedFile } from './types.js';

/** The sum of the last pass, about the field of `setup`, and the field the regularization pulled towards. */
export interface SolvedNormals {
  readonly setup: Pick<RecoverySetup, 'degreeMin' | 'degreeMax' | 'referenceField'>;
  readonly normals: TotalNormals;
  readonly priorField: Geopotential;
}

/** What is written: about the field the regularization pulls towards, so that adding it gives the solution again. */
function systemOf(context: ProductContext, { setup, normals, priorField }: SolvedNormals) {
  const { degreeMin, degreeMax } = setup;
  const { regularization, dataVariance } = context.regularization;
  const { kaula, tikhonov } = regularization;
  return {
    degreeMin,
    degreeMax,
    about: normalsAbout(setup, normals, priorField),
    apriori: coefficientVector(priorField, degreeMin, degreeMax),
    notes: {
      recipe_sha256: context.recipeHash,
      solution: solutionText(context),
      ...(kaula > 0 && { kaula: String(kaula) }),
      ...(tikhonov > 0 && { tikhonov: String(tikhonov) }),
      ...(dataVariance !== 1 && { weight: String(1 / dataVariance) }),
    },
  };
}

/** Normal equations of the coefficients in the binary form, arc parameters eliminated, without the regularization. */
export async function normalsProduct(
  context: ProductContext,
  _solution: RecoverySolution,
  solved: SolvedNormals,
): Promise<UnhashedFile> {
  const { degreeMin, degreeMax, about, apriori, notes } = systemOf(context, solved);
  const { name, gm, radius, maxDegree, tideSystem } = solved.priorField;
  const chunks: Uint8Array[] = [];
  const written = writeNormals({
    header: {
      parameters: coefficientParameters(degreeMin, degreeMax),
      observationCount: about.observationCount,
      eliminatedParameterCount: about.arcParameterCount,
      weightedSquareSum: about.weightedSquareSum,
      startGpsSeconds: context.startGpsSeconds,
      endGpsSeconds: context.endGpsSeconds,
      reference: { name, gm, radius, maxDegree, tideSystem },
      producer: context.software,
      notes,
    },
    rightHandSide: about.rightHandSide,
    apriori,
    rows: fullRows(about.parameterCount, about.matrix),
  });
  for await (const chunk of written) chunks.push(chunk);
  return file(context, chunks, {
    kind: 'normals',
    suffix: '_normals.bin',
    mediaType: 'application/octet-stream',
    format: 'gravity normals 1',
  });
}

/** The same as SINEX text, with the solution and its formal errors. */
export async function normalsSinexProduct(
  context: ProductContext,
  { field }: RecoverySolution,
  solved: SolvedNormals,
): Promise<UnhashedFile> {
  const { degreeMin, degreeMax, about, apriori, notes } = systemOf(context, solved);
  const { gm, radius, tideSystem } = solved.priorField;
  const n = about.parameterCount;
  const matrix = new Float64Array(packedSize(n));
  for (let i = 0; i < n; i++) {
    matrix.set(about.matrix.subarray(i * n + i, i * n + n), packedIndex(n, i, i));
  }
  const [startMjd, endMjd] = [mjdUtc(context.startGpsSeconds), mjdUtc(context.endGpsSeconds)];
  const errors = { ...field, c: field.sigmaC ?? field.c, s: field.sigmaS ?? field.s };
  const encoder = new TextEncoder();
  const chunks = [
    ...writeSinex({
      // The same recipe gives the same bytes: no time of day.
      header: {
        agency: 'GPB',
        createdMjd: endMjd,
        dataAgency: 'GPB',
        startMjd,
        endMjd,
        technique: 'C',
        constraint: '2',
      },
      reference: {
        DESCRIPTION: `normal equations of ${context.baseName}`.slice(0, 60),
        SOFTWARE: context.software,
      },
      comments: [
        `earth_gravity_constant ${gm}`,
        `radius ${radius}`,
        `max_degree ${degreeMax}`,
        'norm fully_normalized',
        `tide_system ${tideSystem}`,
        ...Object.entries(notes).map(([key, value]) => `${key} ${value}`.slice(0, 79)),
      ],
      statistics: {
        observationCount: about.observationCount,
        unknownCount: n + about.arcParameterCount,
        weightedSquareSum: about.weightedSquareSum,
      },
      parameters: coefficientParameters(degreeMin, degreeMax).map(({ type, degree, order }) => ({
        type,
        code: String(degree),
        solution: String(order),
        degree,
        order,
        epochMjd: (startMjd + endMjd) / 2,
        unit: '----',
        constraint: '2',
      })),
      estimate: coefficientVector(field, degreeMin, degreeMax),
      estimateSigma: coefficientVector(errors, degreeMin, degreeMax),
      apriori,
      rightHandSide: about.rightHandSide,
      matrix,
    }),
  ].map((text) => encoder.encode(text));
  return file(context, chunks, {
    kind: 'normals_sinex',
    suffix: '_normals.snx',
    mediaType: 'text/plain',
    format: 'SINEX 2.02',
  });
}

interface FileWords {
  readonly kind: string;
  readonly suffix: string;
  readonly mediaType: string;
  readonly format: string;
}

function file(context: ProductContext, chunks: readonly Uint8Array[], words: FileWords): UnhashedFile {
  const { start, end } = period(context);
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return {
    kind: words.kind,
    fileName: `${context.baseName}${words.suffix}`,
    mediaType: words.mediaType,
    bytes,
    metadata: {
      format: words.format,
      description: `normal equations of the coefficients, ${start} to ${end}, arc parameters eliminated, without regularization`,
    },
  };
}
