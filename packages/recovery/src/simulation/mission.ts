import {
  celestialToTerrestrial,
  createEarthRotation,
  type EarthRotation,
  type EarthRotationSpec,
  type Geopotential,
} from '@gravity/geodesy';
import { propagateBackward } from '../dynamics/backward.js';
import { NodeForces } from '../dynamics/forces.js';
import { createNodeGrid, type NodeGrid } from '../dynamics/node-grid.js';
import { accelerationAt, integrateOrbit, stateAt, type Trajectory } from '../dynamics/orbit.js';
import { rangeAndRate } from '../dynamics/range-rate.js';
import { ArcForces } from '../forces/arc-forces.js';
import type { ForceModel } from '../forces/force-model.js';
import { varyingDegree } from '../forces/stokes-sources.js';
import { lineOfSightAttitude, quaternionOf } from './attitude.js';
import { GaussianNoise } from './random.js';

const SPEED_OF_LIGHT = 299_792_458;
const DAY = 86_400;

/** A pair of satellites on one orbit, one behind the other. */
export interface MissionSpec {
  readonly satellites: readonly [string, string];
  /** Whole GPS seconds at which day 1 begins. */
  readonly startGpsSeconds: number;
  readonly days: number;
  readonly trueField: Geopotential;
  readonly earthRotation: EarthRotationSpec;
  /** Forces beside the true field; none when absent. */
  readonly forces?: ForceModel;
  /** State of the first satellite at the start, celestial frame (m, m/s); default GRACE_C_INITIAL_STATE. */
  readonly initialState?: ArrayLike<number>;
  /** The second satellite passes the same points of the orbit this many seconds later; default 29 (220 km). */
  readonly separationSeconds?: number;
  /** With drag-like forces, accelerometer and star camera data; default true. */
  readonly nonGravitational?: boolean;
  readonly sampling?: {
    readonly orbitSeconds?: number;
    readonly rangingSeconds?: number;
    readonly accelerometerSeconds?: number;
  };
  readonly noise?: {
    /** m/s */
    readonly rangeRate?: number;
    /** m per coordinate */
    readonly position?: number;
    /** m/s² per axis */
    readonly accelerometer?: number;
  };
  readonly seed?: number;
}

export interface SimulatedSatelliteDay {
  readonly satellite: string;
  readonly gpsSeconds: Float64Array;
  /** Terrestrial frame, m and m/s, with noise. */
  readonly position: Float64Array;
  readonly velocity: Float64Array;
  /** Celestial frame, without noise. */
  readonly celestialPosition: Float64Array;
  readonly celestialVelocity: Float64Array;
  readonly accelerometerGpsSeconds: Float64Array;
  /** Science reference frame, m/s², as measured: (true − bias)/scale. */
  readonly linearAcceleration: Float64Array;
  readonly quaternion: Float64Array;
}

export interface SimulatedDay {
  readonly day: number;
  readonly startGpsSeconds: number;
  readonly satellites: readonly [SimulatedSatelliteDay, SimulatedSatelliteDay];
  readonly ranging: {
    readonly gpsSeconds: Float64Array;
    /** Instantaneous (corrected) range, m, plus the bias `rangeBias`. */
    readonly range: Float64Array;
    readonly rangeBias: number;
    readonly rangeRate: Float64Array;
    readonly rangeAcceleration: Float64Array;
    /** Light-time corrections to be added to the measurement; subtract them to get what the file holds. */
    readonly lightTimeRange: Float64Array;
    readonly lightTimeRate: Float64Array;
    readonly lightTimeAcceleration: Float64Array;
    /** Constant antenna-centre correction, m. */
    readonly antennaRange: number;
  };
}

/** GRACE-C on 2021-07-17, 0h GPS, ICRF: first record of the reduced-dynamic arc of GEORB v1.7.4.9. */
export const GRACE_C_INITIAL_STATE: readonly number[] = [
  -656550.3366026388, -6461647.47768669, -2223284.1313517545, 374.7339834976, 2435.6052548548,
  -7216.6093084103,
];

/** Truth of the simulated accelerometers: sizes as in real ACT1B records of 2023-06-01. */
export const SIMULATED_ACCELEROMETER = {
  bias: [-2.8e-7, -1.065e-5, -1.8e-7],
  scale: [1, 1, 1],
} as const;

/**
 * Simulates a mission day by day: the same equations of motion as the recovery, from a true field.
 * Non-gravitational accelerations are a smooth drag-like function of time in the science frame.
 */
export function* simulateMission(spec: MissionSpec): Generator<SimulatedDay, void, void> {
  if (!Number.isInteger(spec.startGpsSeconds)) throw new RangeError('startGpsSeconds must be whole seconds');
  if (!Number.isInteger(spec.days) || spec.days < 1) throw new RangeError('days must be a positive integer');
  const rotation = createEarthRotation(spec.earthRotation);
  const noise = new GaussianNoise(spec.seed ?? 20180522);
  const { trueField } = spec;
  const degree = Math.max(trueField.maxDegree, varyingDegree(spec.forces, trueField));
  const separation = spec.separationSeconds ?? 29;
  const first = Float64Array.from(spec.initialState ?? GRACE_C_INITIAL_STATE);
  // The second satellite is where the first was `separation` ago.
  let states = [first, propagateBackward(trueField, rotation, spec.startGpsSeconds, first, separation)];
  for (let day = 0; day < spec.days; day++) {
    const start = spec.startGpsSeconds + day * DAY;
    const grid = createNodeGrid(start, start + DAY, degree, rotation);
    const varying = spec.forces ? new ArcForces(spec.forces, trueField, grid, rotation) : undefined;
    const forcesOf = (extra?: Float64Array) => new NodeForces(grid, trueField, extra, varying);
    const nominal = states.map((state) => integrateOrbit(forcesOf(), state));
    const orbits =
      spec.nonGravitational === false
        ? nominal
        : states.map((state, k) => integrateOrbit(forcesOf(nodeAccelerations(grid, nominal, k)), state));
    yield sampleDay(spec, rotation, day, grid, orbits, nominal, noise);
    const n = 3 * grid.segmentCount;
    states = orbits.map((o) =>
      Float64Array.of(...o.borderPosition.subarray(n, n + 3), ...o.borderVelocity.subarray(n, n + 3)),
    );
  }
}

/** Non-gravitational acceleration in the science reference frame, m/s²: drag with its once-per-revolution swing. */
function drag(gpsSeconds: number, satellite: number, out: Float64Array): void {
  const u = (2 * Math.PI * gpsSeconds) / 5640 + 0.03 * satellite;
  const day = (2 * Math.PI * gpsSeconds) / DAY;
  const size = 4e-8 * (1 + 0.45 * Math.cos(u) + 0.12 * Math.cos(2 * u + 0.7) + 0.1 * Math.sin(day));
  // The first satellite looks back at its partner, the second forward: drag points along +x of the first.
  out[0] = satellite === 0 ? size : -size;
  out[1] = 6e-9 * Math.sin(u + 1.1) + 2e-9 * Math.cos(day);
  out[2] = 1.2e-8 * Math.cos(u - 0.4);
}

function nodeAccelerations(grid: NodeGrid, nominal: readonly Trajectory[], k: number): Float64Array {
  const out = new Float64Array(3 * grid.nodeCount);
  const [own, partner] = [nominal[k].position, nominal[1 - k].position];
  const m = new Float64Array(9);
  const a = new Float64Array(3);
  for (let i = 0; i < grid.nodeCount; i++) {
    lineOfSightAttitude(own.subarray(3 * i, 3 * i + 3), partner.subarray(3 * i, 3 * i + 3), m);
    drag(grid.startGpsSeconds + grid.nodeSeconds[i], k, a);
    for (let c = 0; c < 3; c++) out[3 * i + c] = m[c] * a[0] + m[3 + c] * a[1] + m[6 + c] * a[2];
  }
  return out;
}

function sampleDay(
  spec: MissionSpec,
  rotation: EarthRotation,
  day: number,
  grid: NodeGrid,
  orbits: readonly Trajectory[],
  nominal: readonly Trajectory[],
  noise: GaussianNoise,
): SimulatedDay {
  const start = grid.startGpsSeconds;
  const orbitStep = spec.sampling?.orbitSeconds ?? 1;
  const satellites = orbits.map((orbit, k) =>
    sampleSatellite(spec, rotation, start, orbitStep, orbit, nominal[k], nominal[1 - k], k, noise),
  );
  return {
    day,
    startGpsSeconds: start,
    satellites: [satellites[0], satellites[1]],
    ranging: sampleRanging(spec, start, orbits, noise),
  };
}

function sampleSatellite(
  spec: MissionSpec,
  rotation: EarthRotation,
  start: number,
  step: number,
  orbit: Trajectory,
  own: Trajectory,
  partner: Trajectory,
  k: number,
  noise: GaussianNoise,
): SimulatedSatelliteDay {
  const count = Math.floor(DAY / step);
  const gpsSeconds = Float64Array.from({ length: count }, (_, i) => start + i * step);
  const arrays = Array.from({ length: 4 }, () => new Float64Array(3 * count));
  const [position, velocity, celestialPosition, celestialVelocity] = arrays;
  const state = new Float64Array(6);
  const r = new Float64Array(9);
  const sigma = spec.noise?.position ?? 0;
  for (let i = 0; i < count; i++) {
    stateAt(orbit, i * step, state);
    celestialPosition.set(state.subarray(0, 3), 3 * i);
    celestialVelocity.set(state.subarray(3), 3 * i);
    const whole = Math.floor(start + i * step);
    celestialToTerrestrial(rotation, whole, start + i * step - whole, state, state);
    for (let c = 0; c < 3; c++) {
      position[3 * i + c] = state[c] + (sigma > 0 ? sigma * noise.next() : 0);
      velocity[3 * i + c] = state[3 + c];
    }
  }
  const accStep = spec.sampling?.accelerometerSeconds ?? 1;
  const accCount = spec.nonGravitational === false ? 0 : Math.floor(DAY / accStep);
  const accelerometerGpsSeconds = Float64Array.from({ length: accCount }, (_, i) => start + i * accStep);
  const linearAcceleration = new Float64Array(3 * accCount);
  const quaternion = new Float64Array(4 * accCount);
  const mate = new Float64Array(6);
  const a = new Float64Array(3);
  const accSigma = spec.noise?.accelerometer ?? 0;
  for (let i = 0; i < accCount; i++) {
    stateAt(own, i * accStep, state);
    stateAt(partner, i * accStep, mate);
    lineOfSightAttitude(state, mate, r);
    quaternionOf(r, quaternion, 4 * i);
    drag(start + i * accStep, k, a);
    for (let c = 0; c < 3; c++) {
      const { bias, scale } = SIMULATED_ACCELEROMETER;
      linearAcceleration[3 * i + c] =
        (a[c] + bias[c]) / scale[c] + (accSigma > 0 ? accSigma * noise.next() : 0);
    }
  }
  return {
    satellite: spec.satellites[k],
    gpsSeconds,
    position,
    velocity,
    celestialPosition,
    celestialVelocity,
    accelerometerGpsSeconds,
    linearAcceleration,
    quaternion,
  };
}

function sampleRanging(
  spec: MissionSpec,
  start: number,
  orbits: readonly Trajectory[],
  noise: GaussianNoise,
): SimulatedDay['ranging'] {
  const step = spec.sampling?.rangingSeconds ?? 5;
  const count = Math.floor(DAY / step);
  const gpsSeconds = Float64Array.from({ length: count }, (_, i) => start + i * step);
  const arrays = Array.from({ length: 6 }, () => new Float64Array(count));
  const [range, rangeRate, rangeAcceleration, lightTimeRange, lightTimeRate, lightTimeAcceleration] = arrays;
  const states = [new Float64Array(6), new Float64Array(6)];
  const accelerations = [new Float64Array(3), new Float64Array(3)];
  const sigma = spec.noise?.rangeRate ?? 0;
  for (let i = 0; i < count; i++) {
    orbits.forEach((orbit, k) => {
      stateAt(orbit, i * step, states[k]);
      accelerationAt(orbit, i * step, accelerations[k]);
    });
    const [a, b] = states;
    const { range: rho, rangeRate: rate } = rangeAndRate(a, b);
    let speed = 0;
    let pull = 0;
    for (let c = 0; c < 3; c++) {
      const d = b[c] - a[c];
      const v = b[3 + c] - a[3 + c];
      speed += v * v;
      pull += d * (accelerations[1][c] - accelerations[0][c]);
    }
    const acceleration = (speed - rate * rate + pull) / rho;
    range[i] = rho;
    rangeRate[i] = rate + (sigma > 0 ? sigma * noise.next() : 0);
    rangeAcceleration[i] = acceleration;
    // Leading term of the dual one-way light time, ρρ̇/c, and its derivatives.
    lightTimeRange[i] = (rho * rate) / SPEED_OF_LIGHT;
    lightTimeRate[i] = (rate * rate + rho * acceleration) / SPEED_OF_LIGHT;
    lightTimeAcceleration[i] = (3 * rate * acceleration) / SPEED_OF_LIGHT;
  }
  return {
    gpsSeconds,
    range,
    rangeBias: -575_289.2,
    rangeRate,
    rangeAcceleration,
    lightTimeRange,
    lightTimeRate,
    lightTimeAcceleration,
    antennaRange: 2.8888,
  };
}
