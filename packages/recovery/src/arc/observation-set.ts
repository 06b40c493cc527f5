import { createEarthRotation, type EarthRotation } from '@gravity/geodesy';
import { rotateBack } from '../dynamics/forces.js';
import { ArcError } from '../errors.js';
import type { ArcObservations, RecoverySetup, StateSeries } from '../types.js';

/** Positions of one satellite in the celestial frame. */
export interface PositionSet {
  readonly seconds: Float64Array;
  readonly position: Float64Array;
}

/** Observations of one arc on one time axis: seconds since the start of the arc. */
export interface ObservationSet {
  readonly positions: readonly PositionSet[];
  readonly rangeRate: { readonly seconds: Float64Array; readonly value: Float64Array };
}

export function prepareObservations(
  setup: RecoverySetup,
  arc: ArcObservations,
  rotation: EarthRotation = createEarthRotation(setup.earthRotation),
): ObservationSet {
  const duration = arc.endGpsSeconds - arc.startGpsSeconds;
  const inside = (t: number) => t >= 0 && t <= duration;
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
    };
  });
  const seconds: number[] = [];
  const value: number[] = [];
  if (arc.ranging && arc.satellites.length === 2) {
    const { gpsSeconds, rangeRate, instrument } = arc.ranging;
    checkSeries(`${instrument} range rate`, gpsSeconds, rangeRate, 1);
    for (let i = 0; i < gpsSeconds.length; i++) {
      const t = gpsSeconds[i] - arc.startGpsSeconds;
      if (!inside(t)) continue;
      seconds.push(t);
      value.push(rangeRate[i]);
    }
  }
  return {
    positions,
    rangeRate: { seconds: Float64Array.from(seconds), value: Float64Array.from(value) },
  };
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
