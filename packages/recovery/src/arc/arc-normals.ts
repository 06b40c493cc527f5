import { AccelerationPartials, createEarthRotation } from '@gravity/geodesy';
import type { LinearAlgebra } from '@gravity/linalg';
import { ArcError } from '../errors.js';
import type { ArcNormals, ArcObservations, RecoverySetup, ResidualStatistics } from '../types.js';
import { validateInputs } from '../validate.js';
import { planCompression } from './compression-plan.js';
import { forEachRowBatch, type RowBatch } from './design.js';
import { type DesignLayout, designLayout } from './design-layout.js';
import { initialState } from './initial-state.js';
import { factorizeLocal } from './local-solve.js';
import { type ObservationSet, prepareObservations } from './observation-set.js';
import { fitOrbit } from './orbit-fit.js';
import { RangeRateCompressor } from './range-rate-compressor.js';
import { ResidualCollector } from './residuals.js';
import { satelliteModels } from './satellite-model.js';

/** Relative truncation of compressed rows above which the arc is done again with all rows. */
const MAX_TRUNCATION = 1e-8;

export interface ArcOptions {
  /** fraction 0…1 of this arc. */
  readonly onProgress?: (fraction: number, message: string) => void;
  readonly signal?: AbortSignal;
}

/** What an arc says about a fixed field: its orbit fitted, no coefficients estimated. */
export interface ArcEvaluation {
  readonly startGpsSeconds: number;
  readonly endGpsSeconds: number;
  readonly residuals: readonly ResidualStatistics[];
  readonly orbitIterations: number;
}

/**
 * Normal equations of one arc for the coefficients of degrees degreeMin…degreeMax, linearized about orbits that are
 * fitted to the positions under the reference field. Initial states, calibration and ranging parameters of the arc
 * are eliminated (Schur complement).
 *
 * @throws ArcError with a reason when the arc cannot be used; RangeError for settings that make no sense
 */
export async function computeArcNormals(
  setup: RecoverySetup,
  arc: ArcObservations,
  la: LinearAlgebra,
  options: ArcOptions = {},
): Promise<ArcNormals> {
  validateInputs(setup, arc);
  const partials = new AccelerationPartials(
    setup.degreeMin,
    setup.degreeMax,
    setup.referenceField.gm,
    setup.referenceField.radius,
  );
  const built = await accumulate(setup, arc, la, partials, options);
  const { normals, layout, rows } = built;
  const n = layout.coefficientCount;
  const { columnCount: ld, localCount } = layout;
  const width = n + 1;
  const coupling = la.allocate(Math.max(1, localCount * width));
  for (let k = 0; k < localCount; k++) {
    // Forward substitution with the factor of the local block, row by row.
    const target = coupling.subarray(k * width, (k + 1) * width);
    target.set(normals.subarray(k * ld + localCount, (k + 1) * ld));
    for (let i = 0; i < k; i++) {
      const factor = normals[i * ld + k];
      const row = coupling.subarray(i * width, (i + 1) * width);
      for (let j = 0; j < width; j++) target[j] -= factor * row[j];
    }
    const pivot = normals[k * ld + k];
    for (let j = 0; j < width; j++) target[j] /= pivot;
  }
  const block = normals.subarray(localCount * ld + localCount);
  await la.syrk(width, localCount, -1, coupling, width, 1, block, ld);
  const matrix = la.allocate(n * n);
  const rightHandSide = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    matrix.set(block.subarray(i * ld + i, i * ld + n), i * n + i);
    rightHandSide[i] = block[i * ld + n];
  }
  return {
    startGpsSeconds: arc.startGpsSeconds,
    endGpsSeconds: arc.endGpsSeconds,
    parameterCount: n,
    matrix,
    rightHandSide,
    weightedSquareSum: block[n * ld + n] + built.droppedSquares,
    observationCount: rows,
    compression: built.compression,
    arcParameterCount: localCount,
    residuals: built.residuals,
    orbitIterations: built.orbitIterations,
  };
}

/** Fits the arc's own parameters to all observations under a fixed field and reports the residuals. */
export async function evaluateArc(
  setup: RecoverySetup,
  arc: ArcObservations,
  la: LinearAlgebra,
  options: ArcOptions = {},
): Promise<ArcEvaluation> {
  validateInputs(setup, arc);
  const { residuals, orbitIterations } = await accumulate(setup, arc, la, undefined, options);
  return {
    startGpsSeconds: arc.startGpsSeconds,
    endGpsSeconds: arc.endGpsSeconds,
    residuals,
    orbitIterations,
  };
}

interface Accumulated {
  readonly layout: DesignLayout;
  /** Upper triangle of [A|l]ᵀ[A|l]; the local block already holds its Cholesky factor. */
  readonly normals: Float64Array;
  /** Observations, before any compression. */
  readonly rows: number;
  readonly droppedSquares: number;
  readonly compression: ArcNormals['compression'];
  readonly residuals: readonly ResidualStatistics[];
  readonly orbitIterations: number;
}

async function accumulate(
  setup: RecoverySetup,
  arc: ArcObservations,
  la: LinearAlgebra,
  partials: AccelerationPartials | undefined,
  options: ArcOptions,
): Promise<Accumulated> {
  const check = () => {
    if (options.signal?.aborted) throw new ArcError('cancelled', 'the computation was cancelled');
  };
  const rotation = createEarthRotation(setup.earthRotation);
  const observations = prepareObservations(setup, arc, rotation);
  const degree = Math.max(setup.referenceField.maxDegree, partials?.ordering.degreeMax ?? 0);
  const models = satelliteModels(setup, arc, rotation, degree);
  const { grid } = models[0];
  let orbitIterations = 0;
  for (const [k, model] of models.entries()) {
    check();
    options.onProgress?.(0.1 * (k / models.length), `orbit of ${model.arc.satellite}`);
    const { satellite, orbit } = model.arc;
    const first = initialState(
      satellite,
      orbit,
      arc.startGpsSeconds,
      arc.endGpsSeconds,
      setup.referenceField,
      rotation,
    );
    orbitIterations = Math.max(orbitIterations, await fitOrbit(setup, model, observations, k, first, la));
  }
  const withRanging = observations.rangeRate.seconds.length > 0;
  const layout = designLayout(setup, models, withRanging, partials?.ordering.count ?? 0);
  const { columnCount: ld, localCount } = layout;
  const sum = async (compress: boolean) => {
    const blocks = compress ? planCompression(grid, observations.rangeRate.seconds, degree) : undefined;
    const normals = la.allocate(ld * ld);
    const collector = new ResidualCollector(layout, blocks !== undefined);
    let rows = 0;
    let reported = 0;
    const consume = async (batch: RowBatch) => {
      check();
      rows += batch.rows;
      collector.add(batch);
      await la.syrk(ld, batch.rows, 1, batch.data, ld, 1, normals, ld);
      // Give cancel messages a chance between batches.
      await new Promise((resolve) => setImmediate(resolve));
    };
    const onSegment = (segment: number, count: number) => {
      if (segment - reported < count / 50 && segment < count) return;
      reported = segment;
      options.onProgress?.(0.1 + 0.9 * (segment / count), 'observation equations');
    };
    const evaluate = (set: ObservationSet, sink: (batch: RowBatch) => Promise<void>) =>
      forEachRowBatch(setup, models, set, layout, partials, la, sink, onSegment);
    if (!blocks) {
      await evaluate(observations, consume);
      return { normals, collector, rows, truncation: 0, compressed: false };
    }
    const compressor = new RangeRateCompressor(
      blocks,
      setup,
      models,
      observations,
      layout,
      la,
      collector,
      consume,
    );
    await evaluate(compressor.virtual, (batch) => compressor.add(batch));
    await compressor.finish();
    return { normals, collector, rows, truncation: compressor.truncation, compressed: true };
  };
  let summed = await sum(setup.rowCompression !== false && partials !== undefined);
  if (summed.truncation > MAX_TRUNCATION) summed = await sum(false);
  const { normals, collector } = summed;
  const rows = summed.rows + collector.droppedRows;
  if (rows <= localCount) {
    throw new ArcError(
      'too_few_observations',
      `${rows} observations for ${localCount} parameters of the arc`,
    );
  }
  let offset = 6 * models.length + layout.rangingCount;
  for (const model of models) {
    for (let p = 0; p < model.calibration.length; p++, offset++) {
      const weight = layout.localWeights[offset];
      normals[offset * ld + offset] += weight;
      normals[offset * ld + ld - 1] -= weight * model.calibration[p];
    }
  }
  const rightHandSide = Float64Array.from({ length: localCount }, (_, i) => normals[i * ld + ld - 1]);
  factorizeLocal(localCount, normals, ld, layout.localNames);
  const residuals = collector.statistics(setup, models, normals, ld, rightHandSide);
  return {
    layout,
    normals,
    rows,
    droppedSquares: collector.droppedSquares,
    compression: { applied: summed.compressed, rows: summed.rows, truncation: summed.truncation },
    residuals,
    orbitIterations,
  };
}
