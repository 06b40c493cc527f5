import { AccelerationPartials } from '@gravity/geodesy';
import type { LinearAlgebra } from '@gravity/linalg';
import type { ArcOptions } from '../arc/accumulate.js';
import { prepareArc } from '../arc/prepare-arc.js';
import { type RangingParameters, rangingParameters } from '../arc/ranging-parameters.js';
import { RANGE_RATE_ROW } from '../arc/row-writer.js';
import type { SatelliteModel } from '../arc/satellite-model.js';
import { rotate } from '../dynamics/forces.js';
import { fractionIn, locate } from '../dynamics/node-grid.js';
import { stateAt } from '../dynamics/orbit.js';
import { ArcError } from '../errors.js';
import { interpolationWeights } from '../integration/gauss-legendre.js';
import type { ArcNormals, ArcObservations, RangingParameter, RecoverySetup } from '../types.js';
import { validateInputs } from '../validate.js';
import { accelerationObservations } from './acceleration-observations.js';
import { ResidualGroups } from './residual-groups.js';
import { eliminateLeading } from './schur.js';
import { validateAlgorithm } from './validate-algorithm.js';
import { WorkSpace } from './work-space.js';

/** What stands for the errors of the reference orbits where the setup names no ranging parameters. */
const DEFAULT_PARAMETERS: readonly RangingParameter[] = [
  { term: 'bias', pieceSeconds: 'revolution' },
  { term: 'trend', pieceSeconds: 'revolution' },
  { term: 'periodic', pieceSeconds: 'revolution' },
];

/**
 * Normal equations of one arc by range accelerations: ρ̈ = e·(a₂ − a₁) + (|Δv|² − ρ̇²)/ρ, of which the second term and
 * the direction e are those of orbits fitted to the positions under the reference field (Rummel 1979). Rows are
 * e·(∂a₂ − ∂a₁) at the epoch, without any integral; what the coefficients do to the second term is left out, and comes
 * in only as the orbits are fitted anew in the next linearization. Range rates are differentiated
 * (`differentiatorPoints`) and weighted with the full covariance of the derivatives of every unbroken run.
 *
 * Parameters of the arc are the ranging parameters of the setup (in m/s²), by default bias, trend and once per
 * revolution for every revolution. Calibration and empirical accelerations stay as the fit of the orbits left them.
 * Positions make the orbits, and give no rows.
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
    throw new RangeError("algorithm: 'acceleration' needs a pair of satellites with ranging");
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
  const observed = accelerationObservations(setup, prepared, options.rangingNoise ?? setup.rangingNoise);
  const rows = observed.seconds.length;
  const parameters = arcParameters(
    setup,
    observed.seconds,
    prepared.observations.positions[0].position,
    models,
  );
  const polynomial = setup.rangingParameters
    ? { none: [], bias: ['ranging bias'], bias_trend: ['ranging bias', 'ranging trend'] }[
        setup.rangingEmpirical
      ]
    : [];
  const names = [...polynomial, ...(parameters?.names ?? [])];
  const count = partials.ordering.count;
  const ld = names.length + count + 1;
  if (rows <= names.length) {
    throw new ArcError(
      'too_few_observations',
      `${rows} range accelerations for ${names.length} parameters of the arc`,
    );
  }
  const normals = la.allocate(ld * ld);
  const work = new WorkSpace(la);
  const local = new Float64Array(rows * (names.length + 1));
  const state = new Float64Array(6);
  for (let first = 0; first < rows; ) {
    check();
    options.onProgress?.(0.3 + 0.7 * (first / rows), 'observation equations');
    const { segment } = locate(grid, observed.seconds[first]);
    let end = first;
    while (end < rows && locate(grid, observed.seconds[end]).segment === segment) end++;
    const m = end - first;
    const data = work.zeros('data', m * ld);
    await coefficientColumns(
      models,
      segment,
      observed.seconds.subarray(first, end),
      partials,
      la,
      work,
      data,
      ld,
      names.length,
    );
    for (let i = 0; i < m; i++) {
      const t = observed.seconds[first + i];
      const row = data.subarray(i * ld, (i + 1) * ld);
      if (polynomial.length > 0) row[0] = 1;
      if (polynomial.length > 1) row[1] = (2 * t) / grid.durationSeconds - 1;
      stateAt(models[0].trajectory!, t, state);
      parameters?.write(t, state, 1, row, polynomial.length);
      row[ld - 1] = observed.reduced[first + i];
      local.set(row.subarray(0, names.length), (first + i) * (names.length + 1));
      local[(first + i + 1) * (names.length + 1) - 1] = row[ld - 1];
      observed.filter.next(row);
    }
    await la.syrk(ld, m, 1, data, ld, 1, normals, ld);
    first = end;
    // Give cancel messages a chance between segments.
    await new Promise((resolve) => setImmediate(resolve));
  }
  parameters?.weights.forEach((weight, i) => {
    normals[(polynomial.length + i) * (ld + 1)] += weight;
  });
  const reduced = await eliminateLeading(normals, ld, names, la);
  const groups = new ResidualGroups();
  for (let i = 0; i < rows; i++) {
    const row = local.subarray(i * (names.length + 1), (i + 1) * (names.length + 1));
    let v = row[names.length];
    for (let p = 0; p < names.length; p++) v -= row[p] * reduced.local[p];
    groups.add(RANGE_RATE_ROW, v);
  }
  const rangeRate = { ...observations.rangeRate, type: 'range_acceleration' as const, sigma: 1 };
  return {
    startGpsSeconds: arc.startGpsSeconds,
    endGpsSeconds: arc.endGpsSeconds,
    parameterCount: count,
    matrix: reduced.matrix,
    rightHandSide: reduced.rightHandSide,
    weightedSquareSum: reduced.weightedSquareSum,
    observationCount: rows,
    compression: { applied: false, rows, truncation: 0 },
    arcParameterCount: names.length,
    residuals: groups.statistics(prepared, { ...observations, rangeRate }),
    orbitIterations: prepared.orbitIterations,
  };
}

function arcParameters(
  setup: RecoverySetup,
  seconds: Float64Array,
  position: Float64Array,
  models: readonly SatelliteModel[],
): RangingParameters | undefined {
  const radius = Math.hypot(position[0], position[1], position[2]);
  const period = 2 * Math.PI * Math.sqrt(radius ** 3 / setup.referenceField.gm);
  const { rangingParameters: asked = DEFAULT_PARAMETERS, rangingEmpirical } = setup;
  const spec = {
    rangingParameters: asked,
    rangingEmpirical,
    rangingObservation: 'range_acceleration' as const,
  };
  return rangingParameters(spec, seconds, new Float64Array(1), models[0].grid.durationSeconds, period);
}

/** e·(∂a₂ − ∂a₁) at epochs of one segment, from the partials at its nodes by the collocation polynomial. */
async function coefficientColumns(
  models: readonly SatelliteModel[],
  segment: number,
  seconds: Float64Array,
  partials: AccelerationPartials,
  la: LinearAlgebra,
  work: WorkSpace,
  data: Float64Array,
  ld: number,
  offset: number,
): Promise<void> {
  const { grid } = models[0];
  const { q } = grid.rule;
  const { count } = partials.ordering;
  const m = seconds.length;
  const inner = 6 * q;
  const left = work.take('left', m * inner);
  const right = work.take('right', inner * count);
  const states = models.map(() => new Float64Array(6));
  seconds.forEach((t, i) => {
    models.forEach((model, k) => {
      stateAt(model.trajectory!, t, states[k]);
    });
    const [a, b] = states;
    const range = Math.hypot(b[0] - a[0], b[1] - a[1], b[2] - a[2]);
    const interpolation = interpolationWeights(grid.rule, fractionIn(grid, segment, t));
    for (let j = 0; j < q; j++) {
      const r = 9 * (segment * q + j);
      const e = rotate(
        grid.rotation.subarray(r, r + 9),
        (b[0] - a[0]) / range,
        (b[1] - a[1]) / range,
        (b[2] - a[2]) / range,
      );
      for (let c = 0; c < 3; c++) {
        left[i * inner + 3 * j + c] = -interpolation[j] * e[c];
        left[i * inner + 3 * (q + j) + c] = interpolation[j] * e[c];
      }
    }
  });
  models.forEach((model, k) => {
    const { position } = model.trajectory!;
    for (let j = 0; j < q; j++) {
      const node = segment * q + j;
      const [x, y, z] = rotate(
        grid.rotation.subarray(9 * node, 9 * node + 9),
        position[3 * node],
        position[3 * node + 1],
        position[3 * node + 2],
      );
      partials.evaluate(x, y, z, right, 3 * (k * q + j) * count, count);
    }
  });
  await la.gemm(false, false, m, count, inner, 1, left, inner, right, count, 1, data.subarray(offset), ld);
}
