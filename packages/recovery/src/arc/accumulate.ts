import type { LinearAlgebra } from '@gravity/linalg';
import { ArcError } from '../errors.js';
import type { NoiseModel, VarianceFactors } from '../stochastic/types.js';
import type { ArcNormals, ArcObservations, RecoverySetup, ResidualStatistics } from '../types.js';
import { planCompression } from './compression-plan.js';
import { type FieldPartials, forEachRowBatch, type RowBatch } from './design.js';
import { type DesignLayout, designLayout } from './design-layout.js';
import { LocalBasis } from './local-basis.js';
import { factorizeLocal } from './local-solve.js';
import { type ObservationSet, rangingSigma } from './observation-set.js';
import { type PreparedArc, prepareArc } from './prepare-arc.js';
import { RangeRateCompressor } from './range-rate-compressor.js';
import { RangingFilter } from './ranging-filter.js';
import { ResidualCollector } from './residuals.js';
import { RowWeighting } from './row-weighting.js';
import { addPriors } from './screen-arc.js';

/** Relative truncation of compressed rows above which the arc is done again with all rows. */
const MAX_TRUNCATION = 1e-8;

export interface ArcOptions {
  /** fraction 0…1 of this arc. */
  readonly onProgress?: (fraction: number, message: string) => void;
  readonly signal?: AbortSignal;
  /** Variances of the arc's observations in units of those of the setup. */
  readonly varianceFactors?: VarianceFactors;
  /** Noise of this arc's ranging, instead of that of the setup. */
  readonly rangingNoise?: NoiseModel;
}

/** Columns beside the arc's own parameters. */
export interface FieldColumns {
  readonly partials: FieldPartials;
  readonly count: number;
  readonly degree: number;
}

export interface Accumulated {
  readonly layout: DesignLayout;
  readonly arc: PreparedArc;
  readonly filter: RangingFilter | undefined;
  /** What the local columns of the normals are, if not the parameters themselves. */
  readonly basis: LocalBasis | undefined;
  /** Upper triangle of [A|l]ᵀ[A|l]; the local block already holds its Cholesky factor. */
  readonly normals: Float64Array;
  /** Observations, before any compression. */
  readonly rows: number;
  readonly droppedSquares: number;
  readonly compression: ArcNormals['compression'];
  readonly residuals: readonly ResidualStatistics[];
}

/**
 * Fits the orbits of an arc, screens its observations, and accumulates its observation equations.
 *
 * @param field columns of the field, none for a fit of the arc's own parameters
 * @param onRows receives all rows before weights and whitening; nothing is compressed then
 */
export async function accumulate(
  setup: RecoverySetup,
  arc: ArcObservations,
  la: LinearAlgebra,
  field: FieldColumns | undefined,
  options: ArcOptions,
  onRows?: (batch: RowBatch, layout: DesignLayout) => void,
): Promise<Accumulated> {
  const check = () => {
    if (options.signal?.aborted) throw new ArcError('cancelled', 'the computation was cancelled');
  };
  const degree = Math.max(setup.referenceField.maxDegree, field?.degree ?? 0);
  const prepared = await prepareArc(
    setup,
    arc,
    la,
    degree,
    options.varianceFactors,
    (k, count, satellite) => {
      check();
      options.onProgress?.(0.1 * (k / count), `orbit of ${satellite}`);
    },
  );
  const { models, observations } = prepared;
  const { rangeRate } = observations;
  const { grid } = models[0];
  const noise = options.rangingNoise ?? setup.rangingNoise;
  const filter = RangingFilter.of(rangeRate, noise, rangeRate.seconds.length > 0 ? rangingSigma(setup) : 1);
  const withRanging = rangeRate.seconds.length > 0;
  const layout = designLayout(setup, models, withRanging, field?.count ?? 0, rangeRate.parameters);
  const { columnCount: ld, localCount } = layout;
  const basis = await LocalBasis.of(models, observations, layout, la);
  const sum = async (compress: boolean) => {
    const blocks = compress ? planCompression(grid, rangeRate.seconds, degree, filter) : undefined;
    const normals = la.allocate(ld * ld);
    const collector = new ResidualCollector(layout, blocks !== undefined);
    const weighting = new RowWeighting(observations, layout, blocks ? undefined : filter);
    let rows = 0;
    let reported = 0;
    const consume = async (batch: RowBatch) => {
      check();
      rows += batch.rows;
      collector.add(batch);
      onRows?.(batch, layout);
      weighting.apply(batch);
      basis?.apply(batch.rows, batch.data, ld);
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
      forEachRowBatch(models, set, layout, field?.partials, la, sink, onSegment);
    if (!blocks) {
      await evaluate(observations, consume);
      return { normals, collector, rows, truncation: 0, compressed: false };
    }
    const compressor = new RangeRateCompressor(
      blocks,
      models,
      observations,
      filter,
      layout,
      la,
      collector,
      consume,
    );
    await evaluate(compressor.virtual, (batch) => compressor.add(batch));
    await compressor.finish();
    return { normals, collector, rows, truncation: compressor.truncation, compressed: true };
  };
  let summed = await sum(setup.rowCompression !== false && field !== undefined && onRows === undefined);
  if (summed.truncation > MAX_TRUNCATION) summed = await sum(false);
  const { normals, collector } = summed;
  const rows = summed.rows + collector.droppedRows;
  if (rows <= localCount) {
    throw new ArcError(
      'too_few_observations',
      `${rows} observations for ${localCount} parameters of the arc`,
    );
  }
  if (basis) {
    const priors = priorRows(layout, models, la);
    basis.apply(localCount, priors, ld);
    await la.syrk(ld, localCount, 1, priors, ld, 1, normals, ld);
    // They constrain, but are no observations with a square sum.
    normals[ld * ld - 1] -= squareSum(priorRows(layout, models, la), ld);
  } else addPriors(layout, models, normals, ld);
  const rightHandSide = Float64Array.from({ length: localCount }, (_, i) => normals[i * ld + ld - 1]);
  factorizeLocal(localCount, normals, ld, layout.localNames);
  const residuals = collector.statistics(prepared, normals, ld, rightHandSide, basis);
  return {
    layout,
    arc: prepared,
    filter,
    basis,
    normals,
    rows,
    droppedSquares: collector.droppedSquares,
    compression: { applied: summed.compressed, rows: summed.rows, truncation: summed.truncation },
    residuals,
  };
}

/** The a-priori weights of the arc's own parameters as rows, one per parameter. */
function priorRows(layout: DesignLayout, models: PreparedArc['models'], la: LinearAlgebra): Float64Array {
  const { localCount, localWeights, columnCount: ld } = layout;
  const rows = la.allocate(localCount * ld);
  const calibration = models.flatMap((m) => Array.from(m.calibration));
  for (let i = 0; i < localCount; i++) {
    const root = Math.sqrt(localWeights[i]);
    rows[i * ld + i] = root;
    rows[i * ld + ld - 1] = -root * (calibration[i - layout.dynamicOffset] ?? 0);
  }
  return rows;
}

function squareSum(rows: Float64Array, ld: number): number {
  let sum = 0;
  for (let i = ld - 1; i < rows.length; i += ld) sum += rows[i] ** 2;
  return sum;
}
