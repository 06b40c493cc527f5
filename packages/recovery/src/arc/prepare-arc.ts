import { createEarthRotation, type EarthRotation } from '@gravity/geodesy';
import type { LinearAlgebra } from '@gravity/linalg';
import { ArcError } from '../errors.js';
import type { VarianceFactors } from '../stochastic/types.js';
import type { ArcObservations, RecoverySetup } from '../types.js';
import { computedRanging } from './computed-ranging.js';
import { initialState } from './initial-state.js';
import { type ObservationSet, prepareObservations } from './observation-set.js';
import { fitOrbit } from './orbit-fit.js';
import { type OrbitIntegrator, orbitIntegrators } from './orbit-threads.js';
import { type SatelliteModel, satelliteModels } from './satellite-model.js';
import { type ObservationWeights, screenObservations, selectObservations } from './screen-arc.js';

/** Orbits fitted to the positions, observations judged. */
export interface PreparedArc {
  readonly models: readonly SatelliteModel[];
  /** Without rejected ones. */
  readonly observations: ObservationSet;
  /** Seconds of the arc of rejected epochs: positions of each satellite, then the ranging. */
  readonly rejected: readonly Float64Array[];
  readonly orbitIterations: number;
}

/** Rounds of orbit fit and screening: the second fit is about clean positions, a third is a rarity. */
const MAX_ROUNDS = 5;

/**
 * Fits the orbits of an arc to its positions, each satellite on a thread of its own as far as `la.threads` allow, and
 * screens the observations where the setup asks for it.
 *
 * @throws ArcError of the first satellite that cannot be fitted
 */
export async function prepareArc(
  setup: RecoverySetup,
  arc: ArcObservations,
  la: LinearAlgebra,
  degree: number,
  factors: VarianceFactors | undefined,
  onSatellite: (index: number, count: number, satellite: string) => void,
): Promise<PreparedArc> {
  // Before the models of this thread, so that those of the others are made at the same time.
  const integrators = orbitIntegrators(setup, arc, degree, la.threads);
  try {
    return await prepare(setup, arc, la, degree, factors, integrators, onSatellite);
  } finally {
    for (const integrator of integrators) integrator.close();
  }
}

async function prepare(
  setup: RecoverySetup,
  arc: ArcObservations,
  la: LinearAlgebra,
  degree: number,
  factors: VarianceFactors | undefined,
  integrators: readonly OrbitIntegrator[],
  onSatellite: (index: number, count: number, satellite: string) => void,
): Promise<PreparedArc> {
  const rotation = createEarthRotation(setup.earthRotation);
  const duration = arc.endGpsSeconds - arc.startGpsSeconds;
  const all = prepareObservations(setup, arc, rotation, factors);
  const models = satelliteModels(setup, arc, rotation, degree);
  let orbitIterations = 0;
  const fit = async (observations: ObservationSet) => {
    const fits = await Promise.allSettled(
      models.map(async (model, k) => {
        onSatellite(k, models.length, model.arc.satellite);
        const first = firstState(setup, arc, model, rotation);
        return fitOrbit(setup, model, observations, k, first, la, integrators[k]);
      }),
    );
    for (const end of fits) {
      if (end.status === 'rejected') throw end.reason;
      orbitIterations = Math.max(orbitIterations, end.value);
    }
  };
  await fit(all);
  let shifted = withoutOffsets(all, models);
  const { screening } = setup;
  if (!screening || screening.method === 'none') {
    return { models, observations: shifted, rejected: [], orbitIterations };
  }
  let weights = await screenObservations(setup, models, shifted, screening, la);
  for (let round = 1; round < MAX_ROUNDS && weights.slice(0, models.length).some(hasZero); round++) {
    await fit(selectPositions(setup, duration, all, weights));
    shifted = withoutOffsets(all, models);
    const before = weights;
    weights = await screenObservations(setup, models, shifted, screening, la);
    if (models.every((_, k) => weights[k].every((w, i) => (w === 0) === (before[k][i] === 0)))) break;
  }
  const observations = selectObservations(setup, duration, shifted, weights);
  observations.positions.forEach(({ seconds }, k) => {
    if (seconds.length >= 4) return;
    const { satellite } = models[k].arc;
    throw new ArcError(
      'too_few_observations',
      `${satellite}: ${seconds.length} positions pass the screening`,
    );
  });
  const epochs = [...shifted.positions.map((p) => p.seconds), shifted.rangeRate.seconds];
  return {
    models,
    observations,
    rejected: weights.map((w, k) => epochs[k].filter((_, i) => w[i] === 0)),
    orbitIterations,
  };
}

function hasZero(weights: Float64Array): boolean {
  return weights.includes(0);
}

function selectPositions(
  setup: RecoverySetup,
  duration: number,
  all: ObservationSet,
  weights: ObservationWeights,
): ObservationSet {
  return selectObservations(setup, duration, all, weights.slice(0, all.positions.length));
}

function firstState(
  setup: RecoverySetup,
  arc: ArcObservations,
  model: SatelliteModel,
  rotation: EarthRotation,
): Float64Array {
  const { satellite, orbit } = model.arc;
  const { startGpsSeconds: start, endGpsSeconds: end } = arc;
  return initialState(satellite, orbit, start, end, setup.referenceField, rotation);
}

/** Ranges less the median of observed minus computed of their pass: hundreds of kilometres would cost digits. */
function withoutOffsets(observations: ObservationSet, models: readonly SatelliteModel[]): ObservationSet {
  const { rangeRate } = observations;
  if (rangeRate.type !== 'range') return observations;
  const { seconds, passes } = rangeRate;
  const value = rangeRate.value.slice();
  for (let p = 0; p < passes.length; p++) {
    const until = p + 1 < passes.length ? passes[p + 1] : Number.POSITIVE_INFINITY;
    const members = [...seconds.keys()].filter((i) => seconds[i] >= passes[p] && seconds[i] < until);
    if (members.length === 0) continue;
    const offsets = Float64Array.from(
      members,
      (i) => value[i] - computedRanging('range', models, seconds[i]),
    );
    const median = offsets.sort()[offsets.length >> 1];
    for (const i of members) value[i] -= median;
  }
  return { ...observations, rangeRate: { ...rangeRate, value } };
}
