import { AccelerationPartials } from '@gravity/geodesy';
import type { LinearAlgebra } from '@gravity/linalg';
import type { ArcOptions } from '../arc/accumulate.js';
import { designLayout } from '../arc/design-layout.js';
import { rangingSigma } from '../arc/observation-set.js';
import { prepareArc } from '../arc/prepare-arc.js';
import { RangingFilter } from '../arc/ranging-filter.js';
import { RowWeighting } from '../arc/row-weighting.js';
import { ArcError } from '../errors.js';
import type { ArcNormals, ArcObservations, RecoverySetup } from '../types.js';
import { validateInputs } from '../validate.js';
import { arcPieces, observationsOf } from './arc-pieces.js';
import { eliminateBoundary } from './boundary-elimination.js';
import { type IntegralOperator, integralOperator } from './integral-operator.js';
import { addResiduals, type KeptPiece, localColumns } from './kept-piece.js';
import { ReferenceShortArc } from './reference-short-arc.js';
import { ResidualGroups } from './residual-groups.js';
import { eliminateLeading } from './schur.js';
import { shortArcRows } from './short-arc-rows.js';
import { validateAlgorithm } from './validate-algorithm.js';
import { WorkSpace } from './work-space.js';

export const DEFAULT_SHORT_ARC_SECONDS = 1800;
/** Positions of every satellite that a short arc needs for its boundary positions. */
const MIN_POSITIONS = 3;

/**
 * Normal equations of one arc by the integral equations of short arcs (Schneider 1968; Ilk; Mayer-Gürr 2006): the
 * arc is cut into short ones (`shortArcSeconds`), each with an orbit of its own through boundary positions, which are
 * its parameters and eliminated. Calibration and ranging parameters belong to the whole arc, as in `computeArcNormals`.
 *
 * Short arcs in which a satellite has less than three positions are left out. Correlated ranging noise is whitened
 * within short arcs. Rows are not compressed.
 *
 * @throws ArcError with a reason when the arc cannot be used; RangeError for settings that make no sense
 */
export async function computeShortArcNormals(
  setup: RecoverySetup,
  arc: ArcObservations,
  la: LinearAlgebra,
  options: ArcOptions = {},
): Promise<ArcNormals> {
  validateInputs(setup, arc);
  validateAlgorithm(setup);
  const { degreeMin, degreeMax, referenceField } = setup;
  const check = () => {
    if (options.signal?.aborted) throw new ArcError('cancelled', 'the computation was cancelled');
  };
  const partials = new AccelerationPartials(degreeMin, degreeMax, referenceField.gm, referenceField.radius);
  const prepared = await prepareArc(
    setup,
    arc,
    la,
    Math.max(referenceField.maxDegree, degreeMax),
    options.varianceFactors,
    (k, count, satellite) => {
      check();
      options.onProgress?.(0.1 * (k / count), `orbit of ${satellite}`);
    },
  );
  const { models, observations } = prepared;
  const { rangeRate } = observations;
  const { grid } = models[0];
  const withRanging = rangeRate.seconds.length > 0;
  const layout = designLayout(setup, models, withRanging, partials.ordering.count, rangeRate.parameters);
  const noise = options.rangingNoise ?? setup.rangingNoise;
  const boundaryCount = 6 * models.length;
  const names = models.flatMap(({ arc: { satellite } }) =>
    ['start x', 'start y', 'start z', 'end x', 'end y', 'end z'].map((name) => `${satellite} ${name}`),
  );
  const shared = layout.localCount - boundaryCount;
  const ld = layout.columnCount - boundaryCount;
  const normals = la.allocate(ld * ld);
  const work = new WorkSpace(la);
  const operators = new Map<number, IntegralOperator>();
  const kept: KeptPiece[] = [];
  let rows = 0;
  let rounds = 0;

  const pieces = arcPieces(grid, setup.shortArcSeconds ?? DEFAULT_SHORT_ARC_SECONDS);
  for (const [i, piece] of pieces.entries()) {
    check();
    options.onProgress?.(0.1 + 0.9 * (i / pieces.length), 'observation equations');
    const { first, end } = piece;
    const set = observationsOf(observations, grid, piece);
    if (set.positions.some(({ seconds }) => seconds.length < MIN_POSITIONS)) continue;
    const operator =
      operators.get(end - first) ?? integralOperator(grid.rule, end - first, grid.segmentSeconds);
    operators.set(end - first, operator);
    const orbits = models.map((model) => new ReferenceShortArc(model, operator, first, la));
    for (const [k, orbit] of orbits.entries()) {
      rounds = Math.max(rounds, await orbit.fit(set.positions[k]));
    }
    const batch = await shortArcRows(orbits, set, layout, partials, la, work);
    const columns = localColumns(batch.rows, batch.data, layout.columnCount, layout.localCount);
    const sigma = withRanging ? rangingSigma(setup) : 1;
    new RowWeighting(set, layout, RangingFilter.of(set.rangeRate, noise, sigma)).apply(batch);
    const boundary = await eliminateBoundary(
      batch.rows,
      batch.data,
      layout.columnCount,
      boundaryCount,
      names,
      la,
    );
    const rest = batch.data.subarray(boundaryCount);
    await la.syrk(ld, batch.rows, 1, rest, layout.columnCount, 1, normals, ld);
    kept.push({ boundary, columns, kind: batch.kind });
    rows += batch.rows;
    // Give cancel messages a chance between short arcs.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const arcParameterCount = kept.length * boundaryCount + shared;
  if (rows <= arcParameterCount) {
    throw new ArcError(
      'too_few_observations',
      `${rows} observations in ${kept.length} short arcs for ${arcParameterCount} parameters of the arc`,
    );
  }
  const sharedNames = layout.localNames.slice(boundaryCount);
  const calibration = models.flatMap((m) => Array.from(m.calibration));
  for (let i = 0; i < shared; i++) {
    const weight = layout.localWeights[boundaryCount + i];
    normals[i * ld + i] += weight;
    normals[i * ld + ld - 1] -= weight * (calibration[i - layout.rangingCount] ?? 0);
  }
  const reduced = await eliminateLeading(normals, ld, sharedNames, la);
  const groups = new ResidualGroups();
  for (const piece of kept) addResiduals(groups, piece, reduced.local);
  return {
    startGpsSeconds: arc.startGpsSeconds,
    endGpsSeconds: arc.endGpsSeconds,
    parameterCount: layout.coefficientCount,
    matrix: reduced.matrix,
    rightHandSide: reduced.rightHandSide,
    weightedSquareSum: reduced.weightedSquareSum,
    observationCount: rows,
    compression: { applied: false, rows, truncation: 0 },
    arcParameterCount,
    residuals: groups.statistics(prepared, observations),
    orbitIterations: Math.max(rounds, prepared.orbitIterations),
  };
}
