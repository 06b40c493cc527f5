import {
  type EarthRotation,
  type Geopotential,
  terrestrialToCelestial,
  truncateGeopotential,
} from '@gravity/geodesy';
import { propagateBackward } from '../dynamics/backward.js';
import { ArcError } from '../errors.js';
import type { StateSeries } from '../types.js';

const STENCIL = 9;
const MIN_STENCIL = 5;
/** Nine points this far apart span half a revolution, the most a polynomial can follow. */
const MAX_STENCIL_STEP_SECONDS = 300;

/**
 * A first state (celestial, 6 values) at the start of an arc from its first observed states.
 * Velocities that are absent (NaN or zero) are taken from the slope of the positions.
 */
export function initialState(
  name: string,
  orbit: StateSeries,
  startGpsSeconds: number,
  endGpsSeconds: number,
  field: Geopotential,
  rotation: EarthRotation,
): Float64Array {
  let first = 0;
  while (first < orbit.gpsSeconds.length && orbit.gpsSeconds[first] < startGpsSeconds) first++;
  if (first >= orbit.gpsSeconds.length || orbit.gpsSeconds[first] > endGpsSeconds) {
    throw new ArcError('no_orbit', `${name}: no orbit data in the arc`);
  }
  // Looked at as given: in a rotating frame a missing velocity would turn into that of the frame.
  const given = Math.hypot(...orbit.velocity.subarray(3 * first, 3 * first + 3));
  const hasVelocity = given > 100;
  const stencil = hasVelocity ? { first, count: 0 } : positionStencil(name, orbit, first, endGpsSeconds);
  const state = celestialState(orbit, stencil.first, rotation);
  if (!hasVelocity) velocityFromPositions(orbit, stencil, rotation, state);
  const radius = Math.hypot(state[0], state[1], state[2]);
  const circular = Math.sqrt(field.gm / radius);
  const speed = Math.hypot(state[3], state[4], state[5]);
  if (!(radius > 6.3e6 && radius < 5e7) || !(speed > 0.5 * circular && speed < 1.42 * circular)) {
    throw new ArcError(
      'bad_series',
      `${name}: radius ${radius.toExponential(3)} m and speed ${speed.toExponential(3)} m/s at the first epoch are no ` +
        'satellite orbit: are positions in m, velocities in m/s, and is the frame the one that was stated?',
    );
  }
  const gap = orbit.gpsSeconds[stencil.first] - startGpsSeconds;
  if (gap === 0) return state;
  // A first guess: low degrees do.
  return propagateBackward(
    truncateGeopotential(field, 20),
    rotation,
    orbit.gpsSeconds[stencil.first],
    state,
    gap,
  );
}

interface Stencil {
  readonly first: number;
  readonly count: number;
}

/** The first run of positions close enough together for their slope to be a velocity. */
function positionStencil(name: string, orbit: StateSeries, from: number, endGpsSeconds: number): Stencil {
  const { gpsSeconds } = orbit;
  for (let first = from; first < gpsSeconds.length && gpsSeconds[first] <= endGpsSeconds; first++) {
    let count = 1;
    while (
      count < STENCIL &&
      first + count < gpsSeconds.length &&
      gpsSeconds[first + count] - gpsSeconds[first + count - 1] <= MAX_STENCIL_STEP_SECONDS
    ) {
      count++;
    }
    if (count >= MIN_STENCIL) return { first, count };
  }
  throw new ArcError(
    'no_orbit',
    `${name}: no velocities, and no ${MIN_STENCIL} positions in a row at most ${MAX_STENCIL_STEP_SECONDS} s apart to take them from`,
  );
}

function celestialState(orbit: StateSeries, i: number, rotation: EarthRotation): Float64Array {
  const state = Float64Array.of(
    ...orbit.position.subarray(3 * i, 3 * i + 3),
    ...orbit.velocity.subarray(3 * i, 3 * i + 3),
  );
  if (orbit.frame === 'celestial') return state;
  const whole = Math.floor(orbit.gpsSeconds[i]);
  return terrestrialToCelestial(rotation, whole, orbit.gpsSeconds[i] - whole, state, state);
}

function velocityFromPositions(
  orbit: StateSeries,
  { first, count }: Stencil,
  rotation: EarthRotation,
  state: Float64Array,
): void {
  const t0 = orbit.gpsSeconds[first];
  for (let c = 0; c < 3; c++) state[3 + c] = 0;
  for (let i = 0; i < count; i++) {
    const ti = orbit.gpsSeconds[first + i] - t0;
    // Derivative at t0 of the Lagrange polynomial i.
    let slope = 0;
    for (let k = 0; k < count; k++) {
      if (k === i) continue;
      const tk = orbit.gpsSeconds[first + k] - t0;
      let product = 1 / (ti - tk);
      for (let j = 0; j < count; j++) {
        if (j === i || j === k) continue;
        const tj = orbit.gpsSeconds[first + j] - t0;
        product *= -tj / (ti - tj);
      }
      slope += product;
    }
    const p = celestialState(
      { ...orbit, velocity: new Float64Array(orbit.position.length) },
      first + i,
      rotation,
    );
    for (let c = 0; c < 3; c++) state[3 + c] += slope * p[c];
  }
}
