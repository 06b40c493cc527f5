import { type Geopotential, truncateGeopotential } from '@gravity/geodesy';
import { normalsAbout, type RecoverySetup } from '@gravity/recovery';
import { writeCombinedNormals } from '../combine/write-normals.js';
import type { RecoveryRun } from './run.js';

/**
 * The normal equations of the last pass about the field that the regularization pulls towards, which they do not
 * contain: `gravity combine` with the same Kaula gives the solution again. SINEX for .snx and .txt, else binary.
 */
export async function writeRecoveredNormals(
  path: string,
  { normals, reference, solution, regularization }: RecoveryRun & Required<Pick<RecoveryRun, 'normals'>>,
  setup: RecoverySetup,
  priorField: Geopotential,
  about: {
    readonly name: string;
    readonly startGpsSeconds: number;
    readonly endGpsSeconds: number;
    readonly producer: string;
  },
): Promise<void> {
  const { degreeMin, degreeMax } = setup;
  const { name, startGpsSeconds, endGpsSeconds, producer } = about;
  const moved = normalsAbout({ degreeMin, degreeMax, referenceField: reference }, normals, priorField);
  const { kaula, tikhonov } = regularization.regularization;
  const solved = kaula > 0 || tikhonov > 0 ? `, solved with kaula ${kaula}, tikhonov ${tikhonov}` : '';
  const system = {
    name: `${name}${solved}`,
    coefficients: [],
    reference: priorField,
    rightHandSide: moved.rightHandSide,
    observationCount: moved.observationCount,
    eliminatedParameterCount: moved.arcParameterCount,
    startGpsSeconds,
    endGpsSeconds,
    readElements: async () => undefined,
  };
  await writeCombinedNormals(path, {
    combined: { degreeMin, degreeMax, normals: moved, squareSumKnown: true },
    systems: [system],
    weights: [1 / regularization.dataVariance],
    reference: truncateGeopotential(priorField, Math.min(priorField.maxDegree, degreeMax)),
    field: solution.field,
    producer,
  });
}
