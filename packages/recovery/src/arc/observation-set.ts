import { createEarthRotation, type EarthRotation } from '@gravity/geodesy';
import { rotateBack } from '../dynamics/forces.js';
import { ArcError } from '../errors.js';
import type { VarianceFactors } from '../stochastic/types.js';
import type { ArcObservations, RangingObservation, RecoverySetup, StateSeries } from '../types.js';
import { type RangingParameters, rangingParameters } from './ranging-parameters.js';

/** Positions of one satellite in the celestial frame. */
export interface PositionSet {
  readonly seconds: Float64Array;
  readonly position: Float64Array;
  /** Standard deviation of one coordinate, m. */
  readonly sigma: number;
  /** 0…1 of each epoch, from robust estimation; all 1 when absent. */
  readonly weights?: Float64Array;
}

export interface RangingSet {
  readonly type: RangingObservation;
  readonly seconds: Float64Array;
  readonly value: Float64Array;
  readonly sigma: number;
  /** 0…1 of each epoch, from robust estimation; all 1 when absent. */
  readonly weights?: Float64Array;
  /** Seconds at which ranges begin with another bias, the first 0. */
  readonly passes: Float64Array;
  /** Parameters whose columns are not smooth over the arc. */
  readonly parameters?: RangingParameters;
}

/** Observations of one arc on one time axis: seconds since the start of the arc. */
export interface ObservationSet {
  readonly positions: readonly PositionSet[];
  /** Of whatever type the setup has; range rates by default. */
  readonly rangeRate: RangingSet;
}

export const NO_RANGING: RangingSet = {
  type: 'range_rate',
  seconds: new Float64Array(0),
  value: new Float64Array(0),
  sigma: 1,
  passes: new Float64Array(0),
};

/** Ranges after gaps longer than this begin with another bias. */
const PASS_GAP_SECONDS = 60;

/**
 * Observations inside the arc, with their standard deviations.
 *
 * @param factors variances in units of those of the setup
 */
export function prepareObservations(
  setup: RecoverySetup,
  arc: ArcObservations,
  rotation: EarthRotation = createEarthRotation(setup.earthRotation),
  factors: VarianceFactors = {},
): ObservationSet {
  const duration = arc.endGpsSeconds - arc.startGpsSeconds;
  const positions = arc.satellites.map((satellite) => {
    const { gpsSeconds, position } = satellite.orbit;
    checkSeries(`${satellite.satellite} orbit`, gpsSeconds, position, 3);
    const chosen = thin(gpsSeconds, arc.startGpsSeconds, duration, setup.positionSamplingSeconds);
    if (chosen.length < 4) {
      throw new ArcError(
        'too_few_observations',
        `${satellite.satellite}: ${chosen.length} positions in the arc, at least 4 are needed`,
      );
    }
    return {
      seconds: Float64Array.from(chosen, (i) => gpsSeconds[i] - arc.startGpsSeconds),
      position: celestialPositions(satellite.orbit, chosen, rotation),
      sigma: setup.sigmaPosition * Math.sqrt(factors.positions?.[satellite.satellite] ?? 1),
    };
  });
  return { positions, rangeRate: rangingSet(setup, arc, positions[0], factors.ranging ?? 1) };
}

function rangingSet(
  setup: RecoverySetup,
  arc: ArcObservations,
  firstPositions: PositionSet,
  factor: number,
): RangingSet {
  const duration = arc.endGpsSeconds - arc.startGpsSeconds;
  const inside = (t: number) => t >= 0 && t <= duration;
  const type = setup.rangingObservation ?? 'range_rate';
  const seconds: number[] = [];
  const value: number[] = [];
  if (arc.ranging && arc.satellites.length === 2) {
    const { gpsSeconds, rangeRate, range, rangeAcceleration, instrument } = arc.ranging;
    const observed = { range_rate: rangeRate, range, range_acceleration: rangeAcceleration }[type];
    const label = type.replace('_', ' ');
    if (!observed) throw new ArcError('bad_series', `${instrument}: there is no ${label} to take`);
    checkSeries(`${instrument} ${label}`, gpsSeconds, observed, 1);
    for (let i = 0; i < gpsSeconds.length; i++) {
      const t = gpsSeconds[i] - arc.startGpsSeconds;
      if (!inside(t)) continue;
      seconds.push(t);
      value.push(observed[i]);
    }
  }
  if (seconds.length === 0) return NO_RANGING;
  const breaks = Array.from(arc.ranging?.breaks ?? [], (t) => t - arc.startGpsSeconds).filter(inside);
  const afterGaps = seconds.filter((t, i) => i > 0 && t - seconds[i - 1] > PASS_GAP_SECONDS);
  const set: RangingSet = {
    type,
    seconds: Float64Array.from(seconds),
    value: Float64Array.from(value),
    sigma: rangingSigma(setup) * Math.sqrt(factor),
    passes: Float64Array.from(new Set([0, ...breaks, ...afterGaps])).sort(),
  };
  return withParameters(setup, duration, firstPositions, set);
}

/** The set with its parameters, as many as its observations allow. */
export function withParameters(
  setup: RecoverySetup,
  durationSeconds: number,
  { position }: Pick<PositionSet, 'position'>,
  set: RangingSet,
): RangingSet {
  // Kepler's period at the first radius: pieces of a revolution need no more.
  const radius = Math.hypot(position[0], position[1], position[2]);
  const period = 2 * Math.PI * Math.sqrt(radius ** 3 / setup.referenceField.gm);
  const parameters = rangingParameters(setup, set.seconds, set.passes, durationSeconds, period);
  return parameters ? { ...set, parameters } : set;
}

/** Standard deviation of the observations that a setup takes. @throws RangeError when it is not given */
export function rangingSigma(
  setup: Pick<
    RecoverySetup,
    'rangingObservation' | 'sigmaRangeRate' | 'sigmaRange' | 'sigmaRangeAcceleration'
  >,
): number {
  const type = setup.rangingObservation ?? 'range_rate';
  if (type === 'range_rate') return setup.sigmaRangeRate;
  const sigma = type === 'range' ? setup.sigmaRange : setup.sigmaRangeAcceleration;
  if (sigma === undefined) {
    throw new RangeError(
      `${type === 'range' ? 'sigmaRange' : 'sigmaRangeAcceleration'} is needed for ${type}`,
    );
  }
  return sigma;
}

function checkSeries(name: string, epochs: Float64Array, values: Float64Array, width: number): void {
  if (values.length !== width * epochs.length) {
    throw new ArcError('bad_series', `${name}: ${values.length} values for ${epochs.length} epochs`);
  }
  for (let i = 0; i < epochs.length; i++) {
    if (i > 0 && !(epochs[i] > epochs[i - 1])) {
      throw new ArcError('bad_series', `${name}: epochs are not strictly increasing at record ${i + 1}`);
    }
  }
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new ArcError('bad_series', `${name}: value ${Math.floor(i / width) + 1} is not finite`);
    }
  }
}

/** Records at multiples of the sampling; where the data keep another raster, records spaced by it. */
function thin(gpsSeconds: Float64Array, start: number, duration: number, sampling: number): number[] {
  const inside: number[] = [];
  const raster: number[] = [];
  for (let i = 0; i < gpsSeconds.length; i++) {
    const t = gpsSeconds[i] - start;
    if (t < 0 || t > duration) continue;
    inside.push(i);
    if (Math.abs(gpsSeconds[i] / sampling - Math.round(gpsSeconds[i] / sampling)) * sampling < 1e-6)
      raster.push(i);
  }
  if (raster.length >= Math.min(4, inside.length)) return raster;
  let last = Number.NEGATIVE_INFINITY;
  return inside.filter((i) => {
    if (gpsSeconds[i] - last < sampling - 1e-6) return false;
    last = gpsSeconds[i];
    return true;
  });
}

function celestialPositions(
  orbit: StateSeries,
  chosen: readonly number[],
  rotation: EarthRotation,
): Float64Array {
  const out = new Float64Array(3 * chosen.length);
  const r = new Float64Array(9);
  for (let k = 0; k < chosen.length; k++) {
    const i = chosen[k];
    const [x, y, z] = [orbit.position[3 * i], orbit.position[3 * i + 1], orbit.position[3 * i + 2]];
    if (orbit.frame === 'celestial') {
      out.set([x, y, z], 3 * k);
    } else {
      const whole = Math.floor(orbit.gpsSeconds[i]);
      rotation.matrix(whole, orbit.gpsSeconds[i] - whole, r);
      out.set(rotateBack(r, x, y, z), 3 * k);
    }
  }
  return out;
}
