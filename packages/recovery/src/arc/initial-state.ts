import { type EarthRotation, type Geopotential, truncateGeopotential } from '@gravity/geodesy';
import { NodeForces, rotateBack } from '../dynamics/forces.js';
import { createNodeGrid } from '../dynamics/node-grid.js';
import { integrateOrbit } from '../dynamics/orbit.js';
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
  return gap === 0 ? state : propagateBack(state, orbit.gpsSeconds[stencil.first], gap, field, rotation);
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
  const [x, y, z] = [orbit.position[3 * i], orbit.position[3 * i + 1], orbit.position[3 * i + 2]];
  const [vx, vy, vz] = [orbit.velocity[3 * i], orbit.velocity[3 * i + 1], orbit.velocity[3 * i + 2]];
  if (orbit.frame === 'celestial') return Float64Array.of(x, y, z, vx, vy, vz);
  const r = new Float64Array(9);
  const rate = new Float64Array(9);
  const whole = Math.floor(orbit.gpsSeconds[i]);
  rotation.matrix(whole, orbit.gpsSeconds[i] - whole, r, rate);
  const p = rotateBack(r, x, y, z);
  const v = rotateBack(r, vx, vy, vz);
  const w = rotateBack(rate, x, y, z);
  return Float64Array.of(p[0], p[1], p[2], v[0] + w[0], v[1] + w[1], v[2] + w[2]);
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

/** Low-degree propagation against time: the same equations with t → −t and the velocity turned round. */
function propagateBack(
  state: Float64Array,
  epoch: number,
  gap: number,
  field: Geopotential,
  rotation: EarthRotation,
): Float64Array {
  const reversed: EarthRotation = {
    spec: rotation.spec,
    matrix(whole, offset, out) {
      const target = epoch - (whole + offset);
      const floor = Math.floor(target);
      rotation.matrix(floor, target - floor, out);
    },
  };
  const low = truncateGeopotential(field, 20);
  const grid = createNodeGrid(0, gap, low.maxDegree, reversed);
  const back = integrateOrbit(new NodeForces(grid, low), [
    state[0],
    state[1],
    state[2],
    -state[3],
    -state[4],
    -state[5],
  ]);
  const n = 3 * grid.segmentCount;
  return Float64Array.of(
    back.borderPosition[n],
    back.borderPosition[n + 1],
    back.borderPosition[n + 2],
    -back.borderVelocity[n],
    -back.borderVelocity[n + 1],
    -back.borderVelocity[n + 2],
  );
}
