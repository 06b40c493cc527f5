import type { LinearAlgebra } from '@gravity/linalg';
import type { ArcOptions } from '../arc/accumulate.js';
import type { PreparedArc } from '../arc/prepare-arc.js';
import { rangingParameters } from '../arc/ranging-parameters.js';
import { RANGE_RATE_ROW } from '../arc/row-writer.js';
import type { ArcNormals, ArcObservations, RecoverySetup } from '../types.js';
import { validateInputs } from '../validate.js';
import { AccelerationSource } from './acceleration-observations.js';
import {
  type AccelerationLayout,
  accelerationRows,
  PairEvaluator,
  rangingDifference,
} from './acceleration-rows.js';
import { ArcContext } from './arc-context.js';
import { PieceSystem } from './piece-system.js';
import { MIN_FIT_POSITIONS } from './reference-short-arc.js';
import { validateAlgorithm } from './validate-algorithm.js';
import { WorkSpace } from './work-space.js';

const PIECE_NAMES = ['ranging bias', 'ranging trend', 'ranging 1cpr cos', 'ranging 1cpr sin'];

/**
 * Normal equations of one arc by range accelerations: ρ̈ = e·(a₂ − a₁) + (|Δv|² − ρ̇²)/ρ, of which the second term and
 * the direction e are those of reference orbits (Rummel 1979). Rows are e·(∂a₂ − ∂a₁) at the epoch, without any
 * integral. Range rates are differentiated (`differentiatorPoints`) and weighted with the full covariance of the
 * derivatives of every unbroken run.
 *
 * What the coefficients do to the second term is left out: it comes in only as the orbits are fitted anew in the next
 * linearization. That it does so at all takes orbits that follow the observed positions closely: the arc is cut into
 * pieces (`shortArcSeconds`) with an orbit each. The errors of these orbits are slow and stand in
 * parameters of every piece: bias, trend and once per revolution; ranging parameters of the setup (in m/s²) take
 * their place where there are any. Calibration and empirical accelerations stay as the orbits of the whole arc left
 * them. Positions make the orbits, and give no rows; pieces with less than four of a satellite are left out.
 *
 * @throws ArcError with a reason when the arc cannot be used; RangeError for settings that make no sense
 */
export function computeAccelerationNormals(
  setup: RecoverySetup,
  arc: ArcObservations,
  la: LinearAlgebra,
  options: ArcOptions = {},
): Promise<ArcNormals> {
  return accelerationSystem(setup, arc, la, options, true);
}

/** The same, without any coefficients where only the residuals under the reference field are wanted. */
export async function accelerationSystem(
  setup: RecoverySetup,
  arc: ArcObservations,
  la: LinearAlgebra,
  options: ArcOptions,
  withField: boolean,
): Promise<ArcNormals> {
  validateInputs(setup, arc);
  validateAlgorithm(setup);
  if (arc.satellites.length < 2) {
    throw new RangeError("satellites: algorithm 'acceleration' needs a pair with ranging");
  }
  if (setup.rangingObservation === 'range') {
    throw new RangeError(
      "rangingObservation: algorithm 'acceleration' takes range_rate or range_acceleration",
    );
  }
  const context = await ArcContext.of(setup, arc, la, options, withField);
  const { partials, prepared } = context;
  const { observations } = prepared;
  const { layout, names } = accelerationLayout(setup, prepared, context.coefficientCount);
  const { pieceCount } = layout;
  const pieceNames = PIECE_NAMES.slice(0, pieceCount);
  const system = new PieceSystem(pieceNames, names, layout.coefficientCount, la);
  const noise = options.rangingNoise ?? setup.rangingNoise;
  const source = new AccelerationSource(setup, observations.rangeRate, noise, la);
  const work = new WorkSpace(la);
  for await (const {
    orbits,
    observations: { rangeRate },
  } of context.pieces(MIN_FIT_POSITIONS)) {
    const pair = new PairEvaluator(orbits);
    const observed = source.observations(rangeRate, rangingDifference(rangeRate, pair));
    const rows = observed.seconds.length;
    if (rows <= pieceCount) continue;
    const data = await accelerationRows(pair, observed.seconds, observed.reduced, layout, partials, la, work);
    const kind = new Uint8Array(rows).fill(RANGE_RATE_ROW);
    await system.add({ rows, data, kind }, () =>
      source.whiten(rangeRate, observed, data, layout.columnCount),
    );
  }
  layout.parameters?.weights.forEach((weight, i) => {
    system.addPrior(layout.polynomialCount + i, weight);
  });
  const rangeRate = { ...observations.rangeRate, type: 'range_acceleration' as const, sigma: 1 };
  return system.finish(arc, prepared, { ...observations, rangeRate }, context.orbitRounds);
}

/** Columns, and the names of the parameters of the whole arc. */
function accelerationLayout(
  setup: RecoverySetup,
  { models, observations: { rangeRate, positions } }: PreparedArc,
  coefficientCount: number,
): { readonly layout: AccelerationLayout; readonly names: readonly string[] } {
  const { rangingEmpirical, rangingParameters: asked } = setup;
  const polynomial = asked
    ? { none: [], bias: ['ranging bias'], bias_trend: ['ranging bias', 'ranging trend'] }[rangingEmpirical]
    : [];
  const [x, y, z] = positions[0].position;
  const period = 2 * Math.PI * Math.sqrt(Math.hypot(x, y, z) ** 3 / setup.referenceField.gm);
  const parameters =
    asked &&
    rangingParameters(
      { rangingEmpirical, rangingParameters: asked, rangingObservation: 'range_acceleration' },
      rangeRate.seconds,
      new Float64Array(1),
      models[0].grid.durationSeconds,
      period,
    );
  const names = [...polynomial, ...(parameters?.names ?? [])];
  const pieceCount = asked ? 0 : 4;
  const localCount = pieceCount + names.length;
  const layout = {
    pieceCount,
    polynomialCount: polynomial.length,
    parameters,
    localCount,
    coefficientCount,
    columnCount: localCount + coefficientCount + 1,
  } as const;
  return { layout, names };
}
