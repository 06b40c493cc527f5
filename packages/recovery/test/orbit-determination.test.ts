import { createEarthRotation } from '@gravity/geodesy';
import { createLinearAlgebra, type LinearAlgebra } from '@gravity/linalg';
import {
  type ArcObservations,
  createNodeGrid,
  determineOrbit,
  GaussianNoise,
  GRACE_C_INITIAL_STATE,
  integrateOrbit,
  NodeForces,
  nodeVelocities,
  type OrbitSetup,
  orbitAxes,
  simulateMission,
  stateAt,
  type Trajectory,
} from '@gravity/recovery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arcOf, CONSTANT_ROTATION, kaulaField, setupFor } from './support.js';

const START = 738849600;
const SECONDS = 6 * 3600;
const STEP = 30;
const field = kaulaField(20);
const rotation = createEarthRotation(CONSTANT_ROTATION);
const setup: OrbitSetup = setupFor(field, { positionSamplingSeconds: STEP, accelerometerBias: 'none' });
let la: LinearAlgebra;
beforeAll(async () => {
  la = await createLinearAlgebra({ threads: 1 });
});
afterAll(() => la.close());

/** Observed positions of a trajectory with noise, and velocities good to a metre per second. */
function observe(trajectory: Trajectory, sigma: number, seed = 5): ArcObservations {
  const noise = new GaussianNoise(seed);
  const count = SECONDS / STEP + 1;
  const gpsSeconds = Float64Array.from({ length: count }, (_, i) => START + i * STEP);
  const position = new Float64Array(3 * count);
  const velocity = new Float64Array(3 * count);
  const state = new Float64Array(6);
  for (let i = 0; i < count; i++) {
    stateAt(trajectory, i * STEP, state);
    for (let c = 0; c < 3; c++) {
      position[3 * i + c] = state[c] + sigma * noise.next();
      velocity[3 * i + c] = state[3 + c] + noise.next();
    }
  }
  const orbit = { frame: 'celestial' as const, gpsSeconds, position, velocity };
  return {
    startGpsSeconds: START,
    endGpsSeconds: START + SECONDS,
    satellites: [{ satellite: 'SIM-A', orbit }],
  };
}

const grid = createNodeGrid(START, START + SECONDS, 20, rotation);
const free = integrateOrbit(new NodeForces(grid, field), GRACE_C_INITIAL_STATE);
const largest = (a: readonly number[]) => Math.max(...a.map(Math.abs));

describe('orbit determination', () => {
  it('finds the orbit of noisy positions, with the errors its covariance tells', async () => {
    const result = await determineOrbit(setup, observe(free, 0.01), la);
    const [{ initialState, covariance, positions, celestial, terrestrial }] = result.satellites;
    expect(result.sigma0).toBeGreaterThan(0.95);
    expect(result.sigma0).toBeLessThan(1.05);
    expect(positions.rejected).toBe(0);
    // 721 epochs · 3: 1 cm to 2 %, per axis of either frame 4 %.
    for (const rms of [...positions.celestial.rms, ...positions.orbital.rms]) {
      expect(rms).toBeGreaterThan(0.009);
      expect(rms).toBeLessThan(0.011);
    }
    // Error in units of the covariance, eᵀC⁻¹e: chi-square of 6 degrees of freedom, 99.9 % below 22.5.
    const error = initialState.map((x, i) => x - GRACE_C_INITIAL_STATE[i]);
    const size = quadraticForm(covariance, error);
    expect(size).toBeLessThan(22.5);
    expect(size).toBeGreaterThan(0.3);
    // 26 revolutions of 1 cm/√721: millimetres.
    const truth = new Float64Array(6);
    let worst = 0;
    for (let i = 0; i < celestial.gpsSeconds.length; i += 20) {
      stateAt(free, celestial.gpsSeconds[i] - START, truth);
      for (let c = 0; c < 3; c++) worst = Math.max(worst, Math.abs(truth[c] - celestial.position[3 * i + c]));
    }
    expect(worst).toBeLessThan(0.003);
    const turned = new Float64Array(9);
    rotation.matrix(START + 600, 0, turned);
    const i = 3 * (600 / STEP);
    const [x, y, z] = celestial.position.subarray(i, i + 3);
    expect(terrestrial.position[i]).toBeCloseTo(turned[0] * x + turned[1] * y + turned[2] * z, 6);
  });

  const gross = [
    [17, 0, 0.2],
    [18, 1, -0.4],
    [19, 2, 3],
    [200, 0, 1200],
    [321, 1, 0.11],
    [500, 2, -0.09],
    [700, 0, 25],
  ] as const;
  const methods = [{ method: 'clip' }, { method: 'igg' }, { method: 'huber' }] as const;
  it.each(methods)('reports the outliers put in and no others ($method)', async (screening) => {
    const arc = observe(free, 0.01);
    const { position } = arc.satellites[0].orbit;
    for (const [epoch, axis, meters] of gross) position[3 * epoch + axis] += meters;
    const result = await determineOrbit(setup, arc, la, { screening });
    const [{ positions, initialState }] = result.satellites;
    const found = positions.outliers
      .filter(({ size }) => size > 5)
      .map(({ gpsSeconds }) => (gpsSeconds - START) / STEP);
    expect(found).toEqual(gross.map(([epoch]) => epoch));
    if (screening.method === 'clip') {
      expect(positions.outliers.length).toBe(gross.length);
      expect(positions.rejected).toBe(gross.length);
      expect(positions.max).toBeLessThan(0.05);
    }
    for (const { gpsSeconds, residual } of positions.outliers.filter(({ size }) => size > 5)) {
      const put = gross.find(([epoch]) => epoch === (gpsSeconds - START) / STEP);
      // Noise of 1 cm and the orbit's own error.
      if (put) expect(Math.abs(residual[put[1]] - put[2])).toBeLessThan(0.05);
    }
    expect(largest([0, 1, 2].map((c) => initialState[c] - GRACE_C_INITIAL_STATE[c]))).toBeLessThan(0.004);
  });

  it('without screening the same outliers spoil it', async () => {
    const arc = observe(free, 0.01);
    const { position } = arc.satellites[0].orbit;
    for (const [epoch, axis, meters] of gross) position[3 * epoch + axis] += meters;
    const result = await determineOrbit(setup, arc, la, { screening: { method: 'none' } });
    const [{ initialState }] = result.satellites;
    expect(largest([0, 1, 2].map((c) => initialState[c] - GRACE_C_INITIAL_STATE[c]))).toBeGreaterThan(0.1);
  });

  it('recovers empirical accelerations', async () => {
    // Truth in radial, along, cross: constant, cosine and sine of the argument of latitude; m/s².
    const truth = [
      [3e-9, -4e-9, 2e-9],
      [-1e-8, 2e-8, 7e-9],
      [5e-9, -6e-9, -9e-9],
    ];
    const pushed = pushedOrbit((phase, _t) =>
      [0, 1, 2].map((c) => truth[0][c] + truth[1][c] * Math.cos(phase) + truth[2][c] * Math.sin(phase)),
    );
    const empirical: OrbitSetup = { ...setup, empiricalAccelerations: [{}, { cyclesPerRevolution: 1 }] };
    const result = await determineOrbit(empirical, observe(pushed, 0), la, { tolerance: 1e-5 });
    const [{ parameters, positions }] = result.satellites;
    expect(parameters.map((p) => p.name)).toEqual([
      ...['radial', 'along', 'cross'].map((d) => `empirical ${d}`),
      ...['radial', 'along', 'cross'].flatMap((d) => [`empirical ${d} 1cpr cos`, `empirical ${d} 1cpr sin`]),
    ]);
    const expected = [...truth[0], ...[0, 1, 2].flatMap((c) => [truth[1][c], truth[2][c]])];
    // Radial 1/rev and constants are told apart by small effects only: rounding of positions (1e-9 m) allows 1e-13.
    parameters.forEach(({ value, name }, i) => {
      expect(Math.abs(value - expected[i]), name).toBeLessThan(1e-12);
    });
    expect(positions.max).toBeLessThan(1e-6);
    // Without them the orbit does not fit.
    const bare = await determineOrbit(setup, observe(pushed, 0), la, { screening: { method: 'none' } });
    expect(bare.satellites[0].positions.max).toBeGreaterThan(0.1);
  });

  it('recovers piecewise accelerations, and a tight constraint keeps them at zero', async () => {
    const pieces = [2e-9, -3e-9, 1e-9, 4e-9, -2e-9, 5e-10];
    const pushed = pushedOrbit((_phase, t) => [0, pieces[Math.floor(t / 3600)], 0]);
    const spec = { directions: ['along'] as const, pieceSeconds: 3600 };
    const fit = (sigma: number) =>
      determineOrbit({ ...setup, empiricalAccelerations: [{ ...spec, sigma }] }, observe(pushed, 1e-5), la, {
        tolerance: 1e-6,
      });
    const { parameters } = (await fit(1e-6)).satellites[0];
    expect(parameters.length).toBe(6);
    parameters.forEach(({ value, sigma }, i) => {
      // 10 µm of noise determine an hour's acceleration to about 1e-13.
      expect(Math.abs(value - pieces[i])).toBeLessThan(5e-12);
      expect(Math.abs(value - pieces[i]) / sigma).toBeLessThan(5);
    });
    const tight = (await fit(1e-16)).satellites[0];
    for (const { value } of tight.parameters) expect(Math.abs(value)).toBeLessThan(1e-12);
    expect(tight.positions.celestial.rms[0]).toBeGreaterThan(1e-3);
  });

  it('uses range rates of a pair, with the accelerometers calibrated', async () => {
    const [day] = simulateMission({
      satellites: ['SIM-A', 'SIM-B'],
      startGpsSeconds: START,
      days: 1,
      trueField: field,
      earthRotation: CONSTANT_ROTATION,
      sampling: { orbitSeconds: 60, accelerometerSeconds: 10 },
      noise: { rangeRate: 2e-7, position: 0.02 },
    });
    const arc = arcOf(day, SECONDS);
    arc.ranging?.rangeRate.set([arc.ranging.rangeRate[100] + 5e-6], 100);
    const pair = setupFor(field, { sigmaRangeRate: 2e-7, sigmaPosition: 0.02, rangingEmpirical: 'bias' });
    const result = await determineOrbit(pair, arc, la);
    expect(result.satellites.map((s) => s.satellite)).toEqual(['SIM-A', 'SIM-B']);
    expect(result.rangeRate?.outliers.map((o) => o.gpsSeconds)).toEqual([START + 500]);
    // 4320 range rates of 0.2 µm/s: 1 %, with room for the parameters.
    expect(result.rangeRate?.rms).toBeGreaterThan(1.9e-7);
    expect(result.rangeRate?.rms).toBeLessThan(2.1e-7);
    expect(result.sigma0).toBeGreaterThan(0.96);
    expect(result.sigma0).toBeLessThan(1.04);
    const [bias] = result.rangingParameters;
    expect(Math.abs(bias.value)).toBeLessThan(4 * bias.sigma);
    const y = result.satellites[0].parameters.find((p) => p.name === 'accelerometer bias_y');
    // a_true = measured·1 + bias; SIMULATED_ACCELEROMETER.
    expect(Math.abs((y?.value ?? 0) - 1.065e-5)).toBeLessThan(4 * (y?.sigma ?? 0));
    const alone = await determineOrbit(pair, arc, la, { rangeRate: false });
    expect(alone.rangeRate).toBeUndefined();
  });

  it('refuses what it cannot use', async () => {
    const arc = observe(free, 0.01);
    await expect(
      determineOrbit({ ...setup, empiricalAccelerations: [{ pieceSeconds: 0 }] }, arc, la),
    ).rejects.toThrow(/empiricalAccelerations\[0\]\.pieceSeconds must be positive/);
    await expect(determineOrbit({ ...setup, sigmaPosition: 0 }, arc, la)).rejects.toThrow(/sigmaPosition/);
    await expect(determineOrbit(setup, arc, la, { maxIterations: 1 })).rejects.toThrow(/after 1 iterations/);
    await expect(determineOrbit(setup, arc, la, { signal: AbortSignal.abort() })).rejects.toThrow(
      /cancelled/,
    );
  });
});

/** Orbit under an acceleration given in radial, along, cross as a function of argument of latitude and time. */
function pushedOrbit(acceleration: (phase: number, seconds: number) => number[]): Trajectory {
  let orbit = free;
  for (let pass = 0; pass < 6; pass++) {
    const velocity = nodeVelocities(orbit);
    const extra = new Float64Array(3 * grid.nodeCount);
    const axes = new Float64Array(9);
    for (let i = 0; i < grid.nodeCount; i++) {
      const phase = orbitAxes(
        orbit.position.subarray(3 * i, 3 * i + 3),
        velocity.subarray(3 * i, 3 * i + 3),
        axes,
      );
      const a = acceleration(phase, grid.nodeSeconds[i]);
      for (let c = 0; c < 3; c++) extra[3 * i + c] = axes[c] * a[0] + axes[3 + c] * a[1] + axes[6 + c] * a[2];
    }
    orbit = integrateOrbit(new NodeForces(grid, field, extra), GRACE_C_INITIAL_STATE);
  }
  return orbit;
}

/** eᵀC⁻¹e by Gaussian elimination on a scaled copy. */
function quadraticForm(covariance: Float64Array, error: ArrayLike<number>): number {
  const n = 6;
  const scale = Array.from({ length: n }, (_, i) => Math.sqrt(covariance[7 * i]));
  const a = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n + 1 }, (_, j) =>
      j < n ? covariance[6 * i + j] / scale[i] / scale[j] : error[i] / scale[i],
    ),
  );
  for (let k = 0; k < n; k++) {
    for (let i = k + 1; i < n; i++) {
      const factor = a[i][k] / a[k][k];
      for (let j = k; j <= n; j++) a[i][j] -= factor * a[k][j];
    }
  }
  // With C = LDLᵀ the reduced right-hand side is L⁻¹e.
  return a.reduce((sum, row, k) => sum + row[n] ** 2 / row[k], 0);
}
