import type { LinearAlgebra } from '@gravity/linalg';
import type { ArcOptions } from '../arc/accumulate.js';
import { designLayout } from '../arc/design-layout.js';
import { rangingSigma } from '../arc/observation-set.js';
import { RangingFilter } from '../arc/ranging-filter.js';
import { RowWeighting } from '../arc/row-weighting.js';
import type { ArcNormals, ArcObservations, RecoverySetup } from '../types.js';
import { validateInputs } from '../validate.js';
import { ArcContext } from './arc-context.js';
import { PieceSystem } from './piece-system.js';
import { shortArcRows } from './short-arc-rows.js';
import { validateAlgorithm } from './validate-algorithm.js';
import { WorkSpace } from './work-space.js';

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
export function computeShortArcNormals(
  setup: RecoverySetup,
  arc: ArcObservations,
  la: LinearAlgebra,
  options: ArcOptions = {},
): Promise<ArcNormals> {
  return shortArcSystem(setup, arc, la, options, true);
}

/** The same, without any coefficients where only the residuals under the reference field are wanted. */
export async function shortArcSystem(
  setup: RecoverySetup,
  arc: ArcObservations,
  la: LinearAlgebra,
  options: ArcOptions,
  withField: boolean,
): Promise<ArcNormals> {
  validateInputs(setup, arc);
  validateAlgorithm(setup);
  const context = await ArcContext.of(setup, arc, la, options, withField);
  const { partials, coefficientCount, prepared } = context;
  const { models, observations } = prepared;
  const { rangeRate } = observations;
  const withRanging = rangeRate.seconds.length > 0;
  const layout = designLayout(setup, models, withRanging, coefficientCount, rangeRate.parameters);
  const boundaryNames = models.flatMap(({ arc: { satellite } }) =>
    ['start x', 'start y', 'start z', 'end x', 'end y', 'end z'].map((name) => `${satellite} ${name}`),
  );
  const arcNames = layout.localNames.slice(boundaryNames.length);
  const system = new PieceSystem(boundaryNames, arcNames, coefficientCount, la);
  const noise = options.rangingNoise ?? setup.rangingNoise;
  const sigma = withRanging ? rangingSigma(setup) : 1;
  const work = new WorkSpace(la);
  for await (const { orbits, observations: set } of context.pieces(MIN_POSITIONS)) {
    const batch = await shortArcRows(orbits, set, layout, partials, la, work);
    const filter = RangingFilter.of(set.rangeRate, noise, sigma);
    await system.add(batch, () => new RowWeighting(set, layout, filter).apply(batch));
  }
  const calibration = models.flatMap((m) => Array.from(m.calibration));
  arcNames.forEach((_, i) => {
    const weight = layout.localWeights[boundaryNames.length + i];
    system.addPrior(i, weight, calibration[i - layout.rangingCount]);
  });
  return system.finish(arc, prepared, observations, context.orbitRounds);
}
