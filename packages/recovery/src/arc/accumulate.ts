import type { LinearAlgebra } from '@gravity/linalg';
import { ArcError } from '../errors.js';
import type { NoiseModel, VarianceFactors } from '../stochastic/types.js';
import type { ArcNormals, ArcObservations, RecoverySetup, ResidualStatistics } from '../types.js';
import { bandOfArc, DEFAULT_POSITION_TRUNCATION } from './arc-band.js';
import { planCompression } from './compression-plan.js';
import { forEachRowBatch, type RowBatch } from './design.js';
import { type DesignLayout, designLayout } from './design-layout.js';
import { eliminationRows } from './elimination.js';
import type { FieldPartials } from './field-partials.js';
import { LocalBasis } from './local-basis.js';
import { factorizeLocal } from './local-solve.js';
import { type ObservationSet, rangingSigma } from './observation-set.js';
import { planPositions } from './position-plan.js';
import { type PreparedArc, prepareArc } from './prepare-arc.js';
import { RangeRateCompressor } from './range-rate-compressor.js';
import { RangingFilter } from './ranging-filter.js';
import { ResidualCollector } from './residuals.js';
import { RowWeighting } from './row-weighting.js';
import { addPriors } from './screen-arc.js';
import { Stopwatch } from './stopwatch.js';

/** Relative truncation of interpolated rows above which the arc is done again with all rows. */
const MAX_TRUNCATION = 1e-8;
/** Part of the normals in ranging rows that are left out, above which all of them are taken. */
const MAX_LEFT_OUT = 1e-10;
/** The estimate of what positions leave out may be wrong by this factor before they are all taken. */
const LEEWAY = 4;

/** How rows are compressed. */
interface Compression {
  readonly ranging: boolean;
  /** Only the rows that hold what the band has. */
  readonly tight: boolean;
  readonly positions: boolean;
}

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
  /** See `eliminationRows`; only with columns of the field. */
  readonly elimination: Float64Array | undefined;
  /** Observations, before any compression. */
  readonly rows: number;
  readonly droppedSquares: number;
  readonly compression: ArcNormals['compression'];
  readonly residuals: readonly ResidualStatistics[];
  /** Seconds of the stages. */
  readonly stages: Record<string, number>;
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
  const watch = new Stopwatch();
  const onSatellite = (k: number, count: number, satellite: string) => {
    check();
    options.onProgress?.(0.1 * (k / count), `orbit of ${satellite}`);
  };
  const prepared = await watch.time('orbits', () =>
    prepareArc(setup, arc, la, degree, options.varianceFactors, onSatellite),
  );
  const { models, observations } = prepared;
  const { rangeRate } = observations;
  const { grid } = models[0];
  const noise = options.rangingNoise ?? setup.rangingNoise;
  const filter = RangingFilter.of(rangeRate, noise, rangeRate.seconds.length > 0 ? rangingSigma(setup) : 1);
  const withRanging = rangeRate.seconds.length > 0;
  const layout = designLayout(setup, models, withRanging, field?.count ?? 0, rangeRate.parameters);
  const { columnCount: ld, localCount } = layout;
  const basis = await watch.time('local basis', () => LocalBasis.of(models, observations, layout, la));
  const band = bandOfArc(setup, models, observations, degree);

  /** Sums all rows into normal equations. */
  const sum = async ({ ranging, tight, positions }: Compression) => {
    const blocks = ranging
      ? await watch.time('compression', () => planCompression(grid, rangeRate.seconds, band, la, filter))
      : undefined;
    const positionBlocks = observations.positions.map((set) =>
      positions && blocks ? planPositions(grid, set, band.positionHertz) : undefined,
    );
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
      await watch.time('rank update', () => la.syrk(ld, batch.rows, 1, batch.data, ld, 1, normals, ld));
      // Give cancel messages a chance between batches.
      await new Promise((resolve) => setImmediate(resolve));
    };
    const onSegment = (segment: number, count: number) => {
      if (segment - reported < count / 50 && segment < count) return;
      reported = segment;
      options.onProgress?.(0.1 + 0.9 * (segment / count), 'observation equations');
    };
    const evaluate = (set: ObservationSet, sink: (batch: RowBatch) => Promise<void>) =>
      forEachRowBatch(models, set, layout, field?.partials, la, sink, onSegment, watch);
    if (!blocks) {
      await evaluate(observations, consume);
      return { normals, collector, rows };
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
      tight,
      positionBlocks,
    );
    await evaluate(compressor.virtual, (batch) => compressor.add(batch));
    await compressor.finish();
    // Where positions lose information on purpose, their observations go with their columns: the one without the other
    // would be magnified in whatever ranging does not determine.
    const rest = setup.positionTruncation ? compressor.leftOut.slice(0, 1) : compressor.leftOut;
    for (const { products } of rest) {
      const row = Float64Array.from(products);
      basis?.apply(1, row, ld);
      for (let c = 0; c < ld - 1; c++) normals[c * ld + ld - 1] += row[c];
    }
    return { normals, collector, rows, compressor };
  };

  /** Normal equations with the arc's own parameters factored. */
  const solve = async (compression: Compression): Promise<Accumulated | Compression> => {
    const { normals, collector, rows: accumulated, compressor } = await sum(compression);
    if (compressor && compressor.truncation > MAX_TRUNCATION) return NO_COMPRESSION;
    const rows = accumulated + collector.droppedRows;
    if (rows <= localCount) {
      throw new ArcError(
        'too_few_observations',
        `${rows} observations for ${localCount} parameters of the arc`,
      );
    }
    const since = performance.now();
    if (basis) {
      const priors = priorRows(layout, models, la);
      basis.apply(localCount, priors, ld);
      await la.syrk(ld, localCount, 1, priors, ld, 1, normals, ld);
      // They constrain, but are no observations with a square sum.
      normals[ld * ld - 1] -= squareSum(priorRows(layout, models, la), ld);
    } else addPriors(layout, models, normals, ld);
    const rightHandSide = Float64Array.from({ length: localCount }, (_, i) => normals[i * ld + ld - 1]);
    const localSquares = Float64Array.from(
      { length: localCount },
      (_, i) => basis?.square(i) ?? normals[i * ld + i],
    );
    factorizeLocal(localCount, normals, ld, layout.localNames);
    const elimination = field ? eliminationRows(normals, ld, localCount, la) : undefined;
    let leftOut = 0;
    let cancellation = 1;
    const diagonal = elimination && reducedDiagonal(normals, elimination, ld, localCount);
    for (let c = localCount; diagonal && c < ld - 1; c++) {
      if (diagonal[c] > 0) cancellation = Math.max(cancellation, normals[c * ld + c] / diagonal[c]);
    }
    if (compressor && diagonal) {
      diagonal.set(localSquares);
      const [ofRanging, ofPositions] = compressor.leftOut.map(({ squares }) => largest(squares, diagonal));
      leftOut = Math.max(ofRanging, ofPositions);
      const tooMuch = {
        ranging: ofRanging > MAX_LEFT_OUT,
        positions:
          ofPositions >
          LEEWAY * Math.max(MAX_LEFT_OUT, setup.positionTruncation ?? DEFAULT_POSITION_TRUNCATION),
      };
      if (tooMuch.ranging || tooMuch.positions) {
        return {
          ranging: true,
          tight: compression.tight && !tooMuch.ranging,
          positions: compression.positions && !tooMuch.positions,
        };
      }
    }
    const residuals = collector.statistics(prepared, normals, ld, rightHandSide, basis);
    watch.add('local parameters', since);
    return {
      layout,
      arc: prepared,
      filter,
      basis,
      normals,
      elimination,
      rows,
      droppedSquares: collector.droppedSquares,
      compression: {
        applied: compressor !== undefined,
        rows: accumulated,
        truncation: compressor?.truncation ?? 0,
        ...(elimination && { cancellation }),
        ...(compressor ? { leftOut, positions: compressor.projectsPositions } : {}),
      },
      residuals,
      stages: watch.seconds,
    };
  };
  const compress = setup.rowCompression !== false && field !== undefined && onRows === undefined;
  let built = await solve(compress ? FULL_COMPRESSION : NO_COMPRESSION);
  while (!('normals' in built)) built = await solve(built);
  return built;
}

const FULL_COMPRESSION: Compression = { ranging: true, tight: true, positions: true };
const NO_COMPRESSION: Compression = { ranging: false, tight: false, positions: false };

/** Diagonal of the normals after the elimination; the local part is left empty. */
function reducedDiagonal(
  normals: Float64Array,
  elimination: Float64Array,
  ld: number,
  localCount: number,
): Float64Array {
  const width = ld - localCount;
  const diagonal = new Float64Array(ld - 1);
  for (let c = localCount; c < ld - 1; c++) {
    let value = normals[c * ld + c];
    for (let k = 0; k < localCount; k++) value -= elimination[k * width + c - localCount] ** 2;
    diagonal[c] = value;
  }
  return diagonal;
}

function largest(squares: Float64Array, diagonal: Float64Array): number {
  let most = 0;
  for (let c = 0; c < diagonal.length; c++) {
    if (squares[c] > 0) most = Math.max(most, squares[c] / Math.max(diagonal[c], Number.MIN_VALUE));
  }
  return most;
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
