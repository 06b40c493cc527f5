import type { EarthRotationSpec, Geopotential } from '@gravity/geodesy';
import { createLinearAlgebra, type LinearAlgebra } from '@gravity/linalg';
import {
  type ArcObservations,
  addArcNormals,
  computeNormals,
  emptyNormals,
  type ForceModel,
  GaussianNoise,
  type RecoverySetup,
  type RecoverySolution,
  simulateMission,
  solveNormals,
} from '@gravity/recovery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allForces, FORCE_START, iersRotation } from '../force-support.js';
import {
  arcOf,
  CONSTANT_ROTATION,
  formalErrorPerDegree,
  geoidErrorPerDegree,
  kaulaField,
  perturbed,
  setupFor,
} from '../support.js';

const DEGREE = 12;
const truth = kaulaField(DEGREE);
const prior = perturbed(truth);
let la: LinearAlgebra;
beforeAll(async () => {
  la = await createLinearAlgebra({ threads: 1 });
});
afterAll(() => la.close());

interface Mission {
  readonly earthRotation?: EarthRotationSpec;
  readonly forces?: ForceModel;
  readonly nonGravitational?: boolean;
  readonly noise?: { readonly rangeRate: number; readonly position: number };
  readonly seed?: number;
}

/** One arc of a day. */
function observe(mission: Mission = {}): ArcObservations {
  const [day] = simulateMission({
    satellites: ['SIM-A', 'SIM-B'],
    startGpsSeconds: mission.forces ? FORCE_START : 738849600,
    days: 1,
    trueField: truth,
    earthRotation: CONSTANT_ROTATION,
    nonGravitational: false,
    sampling: { orbitSeconds: 60, rangingSeconds: 10, accelerometerSeconds: 10 },
    ...mission,
  });
  return arcOf(day, 86_100);
}

async function solve(setup: RecoverySetup, arc: ArcObservations, kaula = 1e-5): Promise<RecoverySolution> {
  const total = emptyNormals(setup, la);
  addArcNormals(total, await computeNormals(setup, arc, la));
  return solveNormals(setup, total, { kaula, tikhonov: 0 }, la, { priorField: prior });
}

/** Fields of so many linearizations one after the other. */
async function recover(
  change: Partial<RecoverySetup>,
  arc: ArcObservations,
  linearizations: number,
): Promise<readonly Geopotential[]> {
  const fields = [prior];
  for (let i = 0; i < linearizations; i++) {
    const setup = setupFor(fields[i], { accelerometerBias: 'none', ...change });
    fields.push((await solve(setup, arc)).field);
  }
  return fields.slice(1);
}

const largest = (field: Geopotential, from = 2) =>
  Math.max(...geoidErrorPerDegree(field, truth).subarray(from));

describe('short arcs without noise', () => {
  it('give the field back after one linearization', async () => {
    const arc = observe();
    expect(largest(prior)).toBeGreaterThan(0.01);
    // The goal of the issue is 1e-6 m after two; measured 5e-8 m after one, the level of the variational solution.
    const [half] = await recover({ algorithm: 'short_arc' }, arc, 1);
    expect(largest(half)).toBeLessThan(2e-7);
    const [hour] = await recover({ algorithm: 'short_arc', shortArcSeconds: 3600 }, arc, 1);
    expect(largest(hour)).toBeLessThan(2e-7);
  });

  it('give it back under all forces', async () => {
    const forces = await allForces(1);
    const earthRotation = iersRotation();
    const arc = observe({ forces, earthRotation });
    const fields = await recover({ algorithm: 'short_arc', forces, earthRotation }, arc, 2);
    expect(largest(fields[1])).toBeLessThan(3e-7);
    // Forces left out are seen: the loop is not blind to them.
    const [without] = await recover({ algorithm: 'short_arc', earthRotation }, arc, 1);
    expect(largest(without)).toBeGreaterThan(1e-3);
  });

  it('give it back with accelerometers to be calibrated', async () => {
    const arc = observe({ nonGravitational: true });
    const change = { algorithm: 'short_arc', accelerometerBias: 'constant' } as const;
    const fields = await recover(change, arc, 2);
    // Interpolation of the accelerometer data to the nodes is in it.
    expect(largest(fields[1])).toBeLessThan(1e-6);
  });
});

describe('range accelerations without noise', () => {
  it('approach the field, every linearization by a part', async () => {
    const fields = await recover({ algorithm: 'acceleration' }, observe(), 4);
    const errors = [prior, ...fields].map((f) => geoidErrorPerDegree(f, truth));
    const norm = (e: Float64Array, from: number) =>
      Math.sqrt(e.subarray(from).reduce((sum, v) => sum + v * v, 0));
    // The second term of the range acceleration is that of orbits under the field before: factors of 0.5 to 0.8 are
    // measured. What is left after four is a tenth of the prior error, and no more is claimed.
    for (let i = 2; i < errors.length; i++) {
      expect(norm(errors[i], 2) / norm(errors[i - 1], 2), `linearization ${i}`).toBeLessThan(0.8);
      expect(norm(errors[i], 4) / norm(errors[i - 1], 4), `linearization ${i}`).toBeLessThan(0.8);
    }
    expect(norm(errors[4], 2)).toBeLessThan(0.25 * norm(errors[0], 2));
    // The limit of the method, by four orders above the others: should this fail, docs/recovery.md is too modest.
    expect(norm(errors[4], 2)).toBeGreaterThan(1e-6);
  });
});

describe('with 0.2 µm/s and 2 cm', () => {
  const noisy = { sigmaRangeRate: 2e-7, sigmaPosition: 0.02, accelerometerBias: 'none' } as const;

  it('the three algorithms agree within their formal errors', async () => {
    const arc = observe({ noise: { rangeRate: 2e-7, position: 0.02 }, seed: 3 });
    const solutions: Record<string, RecoverySolution> = {};
    for (const algorithm of ['variational', 'short_arc', 'acceleration'] as const) {
      solutions[algorithm] = await solve(setupFor(truth, { ...noisy, algorithm }), arc, 0);
      // 8000 observations: unit weight to a percent, and so the weights of all of them are right.
      expect(Math.abs(solutions[algorithm].sigma0 - 1), algorithm).toBeLessThan(0.04);
    }
    const { variational, short_arc, acceleration } = solutions;
    for (const [a, b] of [
      [variational, short_arc],
      [variational, acceleration],
      [short_arc, acceleration],
    ]) {
      const [fa, fb] = [formalErrorPerDegree(a.field), formalErrorPerDegree(b.field)];
      geoidErrorPerDegree(a.field, b.field).forEach((difference, n) => {
        // A degree has 2n+1 correlated errors: twice the formal one is one or two in a hundred.
        if (n >= 2) expect(difference, `degree ${n}`).toBeLessThan(2.5 * Math.hypot(fa[n], fb[n]));
      });
    }
    // What free boundary positions and pieces cost.
    const [v, s, a] = [variational, short_arc, acceleration].map(({ field }) => formalErrorPerDegree(field));
    for (let n = 2; n <= DEGREE; n++) {
      expect(s[n]).toBeGreaterThan(v[n]);
      expect(a[n]).toBeGreaterThan(s[n]);
    }
  });

  it('errors of short arcs are as large as the formal ones', async () => {
    const square = new Float64Array(DEGREE + 1);
    let formal: Float64Array = new Float64Array(DEGREE + 1);
    const realizations = 4;
    for (let seed = 11; seed < 11 + realizations; seed++) {
      const arc = observe({ noise: { rangeRate: 2e-7, position: 0.02 }, seed });
      const { field } = await solve(setupFor(truth, { ...noisy, algorithm: 'short_arc' }), arc, 0);
      geoidErrorPerDegree(field, truth).forEach((e, n) => {
        square[n] += e * e;
      });
      formal = formalErrorPerDegree(field);
    }
    // All degrees together, each in units of its formal error: four times 165 coefficients, correlated.
    let sum = 0;
    for (let n = 2; n <= DEGREE; n++) sum += square[n] / realizations / formal[n] ** 2;
    const ratio = Math.sqrt(sum / (DEGREE - 1));
    expect(ratio).toBeGreaterThan(0.7);
    expect(ratio).toBeLessThan(1.3);
  });

  it('short arcs bear forces that nobody measured', async () => {
    // Drag of 40 nm/s² with its swing, and no accelerometer data.
    const { satellites, ...rest } = observe({
      nonGravitational: true,
      noise: { rangeRate: 2e-7, position: 0.02 },
    });
    const blind = { ...rest, satellites: satellites.map(({ satellite, orbit }) => ({ satellite, orbit })) };
    const errors = await Promise.all(
      (['variational', 'short_arc'] as const).map(async (algorithm) => {
        const { field } = await solve(setupFor(truth, { ...noisy, algorithm }), blind, 0);
        return largest(field);
      }),
    );
    // Measured: 0.2 m and 4 mm. A day's orbit bends by metres, half an hour's by the square of that time.
    expect(errors[0]).toBeGreaterThan(0.05);
    expect(errors[1]).toBeLessThan(0.01);
  });

  it('correlated range rates: with their noise model errors of both are as large as the formal ones', async () => {
    // Poles at 0.98 and 0.5 at 10 s: flat to 0.3 mHz, then falling through the band of the field.
    const [a, b] = [0.98, 0.5];
    const innovation = 3e-8;
    const rangingNoise = { samplingSeconds: 10, autocovariance: secondOrder(a, b, innovation, 12) };
    const standardDeviation = Math.sqrt(rangingNoise.autocovariance[0]);
    for (const algorithm of ['short_arc', 'acceleration'] as const) {
      const arc = observe({ noise: { rangeRate: 0, position: 0.02 }, seed: 5 });
      addProcess(arc.ranging?.rangeRate ?? new Float64Array(), a, b, innovation, 6);
      const setup = setupFor(truth, { ...noisy, algorithm });
      const model = await solve({ ...setup, rangingNoise }, arc, 0);
      // As many observations as with white noise: unit weight to a few percent.
      expect(Math.abs(model.sigma0 - 1), algorithm).toBeLessThan(0.04);
      // Measured: 0.85 and 1.00.
      expect(misjudgement(model.field), algorithm).toBeGreaterThan(0.6);
      expect(misjudgement(model.field), algorithm).toBeLessThan(1.4);
      // Taken for white of the same variance: 2.4 and 3.7.
      const white = await solve({ ...setup, sigmaRangeRate: standardDeviation }, arc, 0);
      expect(misjudgement(white.field), algorithm).toBeGreaterThan(1.8);
    }
  });
});

/** Geoid error of every degree in units of its formal one, root mean square: that of 165 correlated coefficients. */
function misjudgement(field: Geopotential): number {
  const [error, formal] = [geoidErrorPerDegree(field, truth), formalErrorPerDegree(field)];
  let sum = 0;
  for (let n = 2; n <= DEGREE; n++) sum += (error[n] / formal[n]) ** 2;
  return Math.sqrt(sum / (DEGREE - 1));
}

/** Autocovariance of (1 − aL)(1 − bL)x = innovation: mixture of aᵏ and bᵏ (Yule–Walker). */
function secondOrder(a: number, b: number, innovation: number, lags: number): number[] {
  const scale = innovation ** 2 / ((a - b) * (1 - a * b));
  return Array.from(
    { length: lags + 1 },
    (_, k) => scale * (a ** (k + 1) / (1 - a * a) - b ** (k + 1) / (1 - b * b)),
  );
}

function addProcess(values: Float64Array, a: number, b: number, innovation: number, seed: number): void {
  const noise = new GaussianNoise(seed);
  let [x1, x2] = [0, 0];
  for (let i = -2000; i < values.length; i++) {
    const x = (a + b) * x1 - a * b * x2 + innovation * noise.next();
    if (i >= 0) values[i] += x;
    [x1, x2] = [x, x1];
  }
}
