import { AccelerationPartials } from '@gravity/geodesy';
import type { LinearAlgebra } from '@gravity/linalg';
import type { ArcOptions } from '../arc/accumulate.js';
import { type PreparedArc, prepareArc } from '../arc/prepare-arc.js';
import { rangingParameters } from '../arc/ranging-parameters.js';
import { RANGE_RATE_ROW } from '../arc/row-writer.js';
import { ArcError } from '../errors.js';
import type { ArcNormals, ArcObservations, RecoverySetup } from '../types.js';
import { validateInputs } from '../validate.js';
import { AccelerationSource } from './acceleration-observations.js';
import {
  type AccelerationLayout,
  accelerationRows,
  PairEvaluator,
  rangingDifference,
} from './acceleration-rows.js';
import { arcPieces, observationsOf } from './arc-pieces.js';
import { eliminateBoundary } from './boundary-elimination.js';
import { type IntegralOperator, integralOperator } from './integral-operator.js';
import { addResiduals, type KeptPiece, localColumns } from './kept-piece.js';
import { MIN_FIT_POSITIONS, ReferenceShortArc } from './reference-short-arc.js';
import { ResidualGroups } from './residual-groups.js';
import { eliminateLeading } from './schur.js';
import { DEFAULT_SHORT_ARC_SECONDS } from './short-arc-normals.js';
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
export async function computeAccelerationNormals(
  setup: RecoverySetup,
  arc: ArcObservations,
  la: LinearAlgebra,
  options: ArcOptions = {},
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
      options.onProgress?.(0.3 * (k / count), `orbit of ${satellite}`);
    },
  );
  const { models, observations } = prepared;
  const { grid } = models[0];
  const { layout, names } = accelerationLayout(setup, prepared, partials.ordering.count);
  const { pieceCount, columnCount, localCount } = layout;
  const ld = columnCount - pieceCount;
  const normals = la.allocate(ld * ld);
  const work = new WorkSpace(la);
  const operators = new Map<number, IntegralOperator>();
  const kept: KeptPiece[] = [];
  const source = new AccelerationSource(
    setup,
    observations.rangeRate,
    options.rangingNoise ?? setup.rangingNoise,
    la,
  );
  let rows = 0;
  let rounds = 0;
  const pieces = arcPieces(grid, setup.shortArcSeconds ?? DEFAULT_SHORT_ARC_SECONDS);
  for (const [p, piece] of pieces.entries()) {
    check();
    options.onProgress?.(0.3 + 0.7 * (p / pieces.length), 'observation equations');
    const set = observationsOf(observations, grid, piece);
    if (set.positions.some(({ seconds }) => seconds.length < MIN_FIT_POSITIONS)) continue;
    const length = piece.end - piece.first;
    const operator = operators.get(length) ?? integralOperator(grid.rule, length, grid.segmentSeconds);
    operators.set(length, operator);
    const orbits = models.map((model) => new ReferenceShortArc(model, operator, piece.first, la));
    for (const [k, orbit] of orbits.entries()) {
      rounds = Math.max(rounds, await orbit.fit(set.positions[k]));
    }
    const pair = new PairEvaluator(orbits);
    const difference = rangingDifference(set.rangeRate, pair);
    const observed = source.observations(set.rangeRate, difference);
    const m = observed.seconds.length;
    if (m <= pieceCount) continue;
    const data = await accelerationRows(pair, observed.seconds, observed.reduced, layout, partials, la, work);
    const columns = localColumns(m, data, columnCount, localCount);
    await source.whiten(set.rangeRate, observed, data, columnCount);
    const boundary = await eliminateBoundary(m, data, columnCount, pieceCount, PIECE_NAMES, la);
    await la.syrk(ld, m, 1, data.subarray(pieceCount), columnCount, 1, normals, ld);
    kept.push({ boundary, columns, kind: new Uint8Array(m).fill(RANGE_RATE_ROW) });
    rows += m;
    // Give cancel messages a chance between pieces.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const arcParameterCount = kept.length * pieceCount + names.length;
  if (rows <= arcParameterCount) {
    throw new ArcError(
      'too_few_observations',
      `${rows} range accelerations in ${kept.length} pieces for ${arcParameterCount} parameters of the arc`,
    );
  }
  layout.parameters?.weights.forEach((weight, i) => {
    normals[(layout.polynomialCount + i) * (ld + 1)] += weight;
  });
  const reduced = await eliminateLeading(normals, ld, names, la);
  const groups = new ResidualGroups();
  for (const piece of kept) addResiduals(groups, piece, reduced.local);
  const rangeRate = { ...observations.rangeRate, type: 'range_acceleration' as const, sigma: 1 };
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
    residuals: groups.statistics(prepared, { ...observations, rangeRate }),
    orbitIterations: Math.max(rounds, prepared.orbitIterations),
  };
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
