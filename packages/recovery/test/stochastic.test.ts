import { createLinearAlgebra, type LinearAlgebra } from '@gravity/linalg';
import {
  type ArcObservations,
  computeArcNormals,
  estimateNoise,
  evaluateArc,
  GaussianNoise,
  lagSums,
  noiseSpectrum,
  predictors,
  recoverField,
  simulateMission,
  solveNormals,
  varianceDirections,
  Whitener,
} from '@gravity/recovery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  arcOf,
  CONSTANT_ROTATION,
  formalErrorPerDegree,
  geoidErrorPerDegree,
  kaulaField,
  setupFor,
} from './support.js';

const DEGREE = 10;
const truth = kaulaField(DEGREE);
const REGULARIZATION = { kaula: 1e-5, tikhonov: 0 };
let la: LinearAlgebra;
beforeAll(async () => {
  la = await createLinearAlgebra({ threads: 1 });
});
afterAll(() => la.close());

function mission(
  days: number,
  rangeRate: number,
  position: number,
  seed = 1,
  rangingSeconds = 5,
): ArcObservations[] {
  return [
    ...simulateMission({
      satellites: ['SIM-A', 'SIM-B'],
      startGpsSeconds: 738849600,
      days,
      trueField: truth,
      earthRotation: CONSTANT_ROTATION,
      nonGravitational: false,
      sampling: { orbitSeconds: 60, rangingSeconds },
      noise: { rangeRate, position },
      seed,
    }),
  ].map((day) => arcOf(day));
}

/** Poles at 0.995 and 0.7 at 5 s: flat to 0.2 mHz, then falling through the band of the field. */
function redNoise(count: number, innovation: number, seed: number): Float64Array {
  const noise = new GaussianNoise(seed);
  const [a, b] = [0.995, 0.7];
  let [x1, x2] = [0, 0];
  const out = new Float64Array(count);
  for (let i = -3000; i < count; i++) {
    const x = (a + b) * x1 - a * b * x2 + innovation * noise.next();
    if (i >= 0) out[i] = x;
    x2 = x1;
    x1 = x;
  }
  return out;
}

describe('autoregressive noise', () => {
  it('whitens as the Cholesky factor of the Toeplitz matrix does, run by run', () => {
    const model = { samplingSeconds: 5, autocovariance: [2, 1.2, 0.5, 0.3, 0.1, -0.05, -0.1] };
    const seconds = Float64Array.of(0, 5, 10, 15, 20, 40, 45, 50);
    const noise = new GaussianNoise(3);
    const values = seconds.map(() => noise.next());
    const whitened = values.slice();
    new Whitener(model, seconds, 1).apply(whitened, 1);
    for (const run of [
      [0, 1, 2, 3, 4],
      [5, 6, 7],
    ]) {
      // Forward substitution with the lower factor, written out.
      const n = run.length;
      const l = new Float64Array(n * n);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j <= i; j++) {
          let sum = model.autocovariance[i - j];
          for (let k = 0; k < j; k++) sum -= l[i * n + k] * l[j * n + k];
          l[i * n + j] = i === j ? Math.sqrt(sum) : sum / l[j * n + j];
        }
      }
      const x = new Float64Array(n);
      for (let i = 0; i < n; i++) {
        let sum = values[run[i]];
        for (let k = 0; k < i; k++) sum -= l[i * n + k] * x[k];
        x[i] = sum / l[i * n + i];
        expect(Math.abs(x[i] - whitened[run[i]])).toBeLessThan(1e-14);
      }
    }
  });

  it('refuses what is no autocovariance', () => {
    expect(() => predictors([1, 1.1])).toThrow(/not positive definite at lag 1/);
    expect(() => predictors([0])).toThrow(/must be positive/);
  });

  it('finds order, variance and spectrum of a strongly correlated process, with gaps', () => {
    const values = redNoise(40_000, 3e-8, 5);
    const seconds = Float64Array.from(values.keys(), (i) => 5 * i);
    const keep = [...values.keys()].filter((i) => !(i > 9000 && i < 9500) && i !== 20_000);
    const lags = lagSums(
      Float64Array.from(keep, (i) => seconds[i]),
      Float64Array.from(keep, (i) => values[i]),
      5,
      30,
    );
    const { order, innovationSigma, model } = estimateNoise(lags);
    expect(order).toBe(2);
    // 40 000 values determine a standard deviation to 0.35 %.
    expect(Math.abs(innovationSigma / 3e-8 - 1)).toBeLessThan(0.015);
    // 2·σ²·T / |1 − 0.995 z|²|1 − 0.7 z|², z = exp(−2πi f T), in the band of the field.
    const frequency = 1e-3;
    const phase = 2 * Math.PI * frequency * 5;
    const distance = (p: number) => 1 - 2 * p * Math.cos(phase) + p * p;
    const expected = (2 * 3e-8 ** 2 * 5) / (distance(0.995) * distance(0.7));
    expect(Math.abs(noiseSpectrum(model, [frequency])[0] / expected - 1)).toBeLessThan(0.1);
  });
});

describe('screening', () => {
  it('spikes of 1 mm/s and wild positions do not move the solution', async () => {
    const [clean] = mission(1, 2e-7, 0.02);
    const spoiled = structuredClone(clean) as ArcObservations;
    const ranging = spoiled.ranging!;
    const spikes = Array.from({ length: 30 }, (_, k) => 97 + 571 * k);
    spikes.forEach((i, k) => {
      ranging.rangeRate[i] += (k % 3 === 0 ? -1 : 1) * 1e-3;
    });
    const positions = [50, 700, 701, 1200];
    for (const i of positions) spoiled.satellites[0].orbit.position[3 * i + 1] += 40;
    const setup = setupFor(truth, {
      sigmaRangeRate: 2e-7,
      sigmaPosition: 0.02,
      accelerometerBias: 'none',
      screening: { method: 'clip' },
    });
    const solve = async (arc: ArcObservations) => {
      const normals = await computeArcNormals(setup, arc, la);
      const total = { ...normals, arcCount: 1 };
      const { field, covariance, sigma0 } = await solveNormals(setup, total, REGULARIZATION, la);
      return { field, covariance, sigma0, normals };
    };
    const expected = await solve(clean);
    const actual = await solve(spoiled);
    const [byRate, , byPosition] = [
      actual.normals.residuals.find((r) => r.type === 'range_rate')!,
      undefined,
      actual.normals.residuals.find((r) => r.satellite === spoiled.satellites[0].satellite)!,
    ];
    expect(byRate.rejected).toBe(30);
    expect(byRate.rejectedGpsSeconds).toEqual(spikes.map((i) => ranging.gpsSeconds[i]));
    expect(byPosition.rejected).toBe(3 * positions.length);
    expect(actual.normals.observationCount).toBe(expected.normals.observationCount - 30 - 12);
    for (let i = 0; i < truth.c.length; i++) {
      const sigma = Math.hypot(expected.field.sigmaC?.[i] ?? 0, 0);
      if (sigma === 0) continue;
      expect(Math.abs(actual.field.c[i] - expected.field.c[i]) / sigma).toBeLessThan(0.1);
    }
    // Without screening one spike in six hundred is the end of it.
    const blind = await computeArcNormals({ ...setup, screening: { method: 'none' } }, spoiled, la);
    const lost = await solveNormals(setup, { ...blind, arcCount: 1 }, REGULARIZATION, la);
    expect(lost.sigma0).toBeGreaterThan(50 * actual.sigma0);
  });
});

describe('variance components', () => {
  it('redundancies of all groups add up to observations minus parameters', async () => {
    const arcs = mission(1, 2e-7, 0.02);
    const setup = setupFor(truth, { sigmaRangeRate: 2e-7, sigmaPosition: 0.02, accelerometerBias: 'none' });
    const normals = await computeArcNormals(setup, arcs[0], la);
    const none = { kaula: 0, tikhonov: 0 };
    const solution = await solveNormals(setup, { ...normals, arcCount: 1 }, none, la);
    const directions = await varianceDirections(solution, la);
    const at = { ...setup, referenceField: solution.field };
    const { variances = [] } = await evaluateArc(at, arcs[0], la, { directions, variances: true });
    const redundancy = variances.reduce((sum, v) => sum + v.redundancy, 0);
    const parameters = normals.parameterCount + normals.arcParameterCount;
    const share = normals.observationCount - redundancy;
    // Ten directions of 117 coefficients: √(2/(10·117)), 4 %, is the standard deviation of the estimator.
    expect(Math.abs(share / parameters - 1)).toBeLessThan(0.12);
    const squares = variances.reduce((sum, v) => sum + v.weightedSquares, 0);
    expect(Math.abs(Math.sqrt(squares / redundancy) / solution.sigma0 - 1)).toBeLessThan(0.01);
  });

  it('finds the noise of every group of every arc', async () => {
    const [first, second] = [mission(2, 2e-7, 0.02)[0], mission(2, 8e-7, 0.05, 2)[1]];
    const setup = setupFor(truth, { sigmaRangeRate: 2e-7, sigmaPosition: 0.01, accelerometerBias: 'none' });
    const run = await recoverField(setup, [first, second], la, {
      regularization: REGULARIZATION,
      varianceFactors: 'arc',
    });
    expect(run.converged).toBe(true);
    expect(Math.abs(run.solution.sigma0 - 1)).toBeLessThan(0.01);
    const expected = [
      { ranging: 1, position: 4 },
      { ranging: 16, position: 25 },
    ];
    run.model.arcs.forEach(({ varianceFactors: factors }, i) => {
      // 17 280 range rates: variance to 1.1 %; 4 320 coordinates: to 2.2 %. Three standard deviations each.
      expect(Math.abs((factors.ranging ?? 0) / expected[i].ranging - 1)).toBeLessThan(0.035);
      for (const value of Object.values(factors.positions ?? {})) {
        expect(Math.abs(value / expected[i].position - 1)).toBeLessThan(0.07);
      }
    });
  });

  it('with coloured range rates the solution is better and the formal errors are true', async () => {
    const realizations = 2;
    const square = { white: 0, model: 0 };
    const formal = { white: 0, model: 0 };
    for (let seed = 1; seed <= realizations; seed++) {
      // Every second value of the noise: half the time of the test.
      const arcs = mission(1, 0, 0.02, seed, 10);
      const noise = redNoise(17_280, 3e-8, 100 + seed).filter((_, i) => i % 2 === 0);
      for (const arc of arcs)
        noise.forEach((x, i) => {
          arc.ranging!.rangeRate[i] += x;
        });
      const setup = setupFor(truth, { sigmaRangeRate: 1e-6, sigmaPosition: 0.02, accelerometerBias: 'none' });
      const white = await recoverField(setup, arcs, la, {
        regularization: REGULARIZATION,
        varianceFactors: 'mission',
      });
      const model = await recoverField(setup, arcs, la, {
        regularization: REGULARIZATION,
        rangingNoise: { scope: 'mission', maxOrder: 20 },
      });
      expect(model.converged).toBe(true);
      expect(model.model.noise[0]?.order).toBeGreaterThanOrEqual(2);
      for (const [key, { solution }] of Object.entries({ white, model })) {
        const k = key as keyof typeof square;
        // Degree 2 is the positions' affair.
        geoidErrorPerDegree(solution.field, truth).forEach((e, n) => {
          if (n > 2) square[k] += e * e;
        });
        formalErrorPerDegree(solution.field).forEach((e, n) => {
          if (n > 2) formal[k] += e * e;
        });
      }
    }
    const ratio = (k: keyof typeof square) => Math.sqrt(square[k] / formal[k]);
    expect(Math.sqrt(square.white / square.model)).toBeGreaterThan(1.3);
    expect(ratio('white')).toBeGreaterThan(2);
    expect(ratio('model')).toBeGreaterThan(0.75);
    expect(ratio('model')).toBeLessThan(1.25);
  });
});
