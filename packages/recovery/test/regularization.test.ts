import { coefficientOrdering, triangleIndex } from '@gravity/geodesy';
import { createLinearAlgebra, type LinearAlgebra } from '@gravity/linalg';
import {
  combineGroups,
  computeArcNormals,
  contributionPerDegree,
  estimateGroupVariances,
  GaussianNoise,
  lCurve,
  SolutionError,
  simulateMission,
  solveNormals,
  solveRegularized,
  type TotalNormals,
} from '@gravity/recovery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arcOf, CONSTANT_ROTATION, geoidErrorPerDegree, kaulaField, setupFor } from './support.js';

const DEGREE = 9;
const KAULA = 1e-9;
const reference = kaulaField(DEGREE);
const setup = { degreeMin: 2, degreeMax: DEGREE, referenceField: reference };
const { degree, count: n } = coefficientOrdering(2, DEGREE);
let la: LinearAlgebra;
beforeAll(async () => {
  la = await createLinearAlgebra({ threads: 1 });
});
afterAll(() => la.close());

/** Corrections x of standard deviation KAULA/n², seen by rows in which higher degrees are ever weaker. */
function synthetic(seed: number, rows: number, sigma: number, x: Float64Array): TotalNormals {
  const random = new GaussianNoise(seed);
  const matrix = la.allocate(n * n);
  const rightHandSide = new Float64Array(n);
  let weightedSquareSum = 0;
  const row = new Float64Array(n);
  for (let k = 0; k < rows; k++) {
    let l = sigma * random.next();
    for (let i = 0; i < n; i++) {
      row[i] = (random.next() * degree[i] ** 2 * 4 ** (4 - degree[i])) / KAULA;
      l += row[i] * x[i];
    }
    weightedSquareSum += l * l;
    for (let i = 0; i < n; i++) {
      rightHandSide[i] += row[i] * l;
      for (let j = i; j < n; j++) matrix[i * n + j] += row[i] * row[j];
    }
  }
  return {
    parameterCount: n,
    matrix,
    rightHandSide,
    weightedSquareSum,
    observationCount: rows,
    arcParameterCount: 0,
    arcCount: 1,
  };
}

function corrections(seed: number): Float64Array {
  const random = new GaussianNoise(1000 + seed);
  return Float64Array.from(degree, (d) => (random.next() * KAULA) / d ** 2);
}

function errorOf(field: { c: Float64Array; s: Float64Array }, x: Float64Array): number {
  const { order, kind } = coefficientOrdering(2, DEGREE);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const k = triangleIndex(degree[i], order[i]);
    const [own, base] = kind[i] === 0 ? [field.c, reference.c] : [field.s, reference.s];
    sum += ((own[k] - base[k] - x[i]) * degree[i] ** 2) ** 2;
  }
  return Math.sqrt(sum);
}

describe('variance components', () => {
  it('of observations and regularization are found, whatever was stated', async () => {
    let data = 0;
    let prior = 0;
    const realizations = 12;
    for (let seed = 1; seed <= realizations; seed++) {
      const total = synthetic(seed, 300, 0.5, corrections(seed));
      // Stated: unit variance and a hundredth of the true signal.
      const found = await estimateGroupVariances(setup, [total], { kaula: KAULA / 100, tikhonov: 0 }, la);
      expect(found.converged).toBe(true);
      data += found.groups[0].variance / realizations;
      prior += found.regularization!.variance / realizations;
      const kaula = found.regularization!.estimated.kaula;
      expect(Math.abs(kaula / (KAULA / 100) / Math.sqrt(found.regularization!.variance) - 1)).toBeLessThan(
        1e-9,
      );
      // Redundancies share all observations and coefficients.
      const sum = found.groups[0].redundancy + found.regularization!.redundancy;
      expect(Math.abs(sum / 300 - 1)).toBeLessThan(1e-6);
    }
    // 12·250 and 12·50 degrees of freedom: standard deviations 2.6 % and 6 %; three of them.
    expect(Math.abs(data / 0.25 - 1)).toBeLessThan(0.08);
    expect(Math.abs(prior / 1e4 - 1)).toBeLessThan(0.18);
  });

  it('of two data groups give their relative weight', async () => {
    const x = corrections(3);
    const groups = [synthetic(21, 900, 1, x), synthetic(22, 900, 3, x)];
    const { groups: found, converged } = await estimateGroupVariances(
      setup,
      groups,
      { kaula: KAULA, tikhonov: 0 },
      la,
    );
    expect(converged).toBe(true);
    // 850 degrees of freedom: 5 %, three standard deviations are 15 %.
    expect(Math.abs(found[0].variance - 1)).toBeLessThan(0.15);
    expect(Math.abs(found[1].variance / 9 - 1)).toBeLessThan(0.15);
    const weighted = combineGroups(
      groups,
      found.map((g) => 1 / g.variance),
      la,
    );
    const solution = await solveNormals(setup, weighted, { kaula: KAULA, tikhonov: 0 }, la);
    expect(Math.abs(solution.sigma0 - 1)).toBeLessThan(0.02);
  });

  it('refuses a group without redundancy', async () => {
    const groups = [synthetic(5, 40, 1, corrections(5))];
    await expect(
      estimateGroupVariances(
        setup,
        [{ ...groups[0], arcParameterCount: 40 }],
        { kaula: KAULA, tikhonov: 0 },
        la,
      ),
    ).rejects.toThrow(/group 1 of 1 has no more observations/);
  });

  it('Tikhonov at its variance is the same system, whatever unit the normals have', async () => {
    const total = synthetic(8, 300, 0.5, corrections(8));
    const start = { kaula: 0, tikhonov: 1e-6 };
    const { solution } = await solveRegularized(setup, total, start, la, { weight: 'vce' });
    const scaled = combineGroups([total], [1e4], la);
    const again = await solveRegularized(setup, scaled, { kaula: 0, tikhonov: 1e-3 }, la, { weight: 'vce' });
    expect(Math.abs(again.dataVariance / 2500 - 1)).toBeLessThan(0.3);
    // Both iterations end within 1e-3 of the variances.
    for (let i = 0; i < n; i++) {
      expect(Math.abs(again.solution.dataContribution[i] - solution.dataContribution[i])).toBeLessThan(2e-3);
    }
  });
});

describe('L-curve', () => {
  it('has the curvature of its own points, and a corner near the best solution', async () => {
    const x = corrections(4);
    const total = synthetic(4, 300, 0.5, x);
    const start = { kaula: KAULA / 100, tikhonov: 0 };
    const curve = await lCurve(setup, total, start, la);
    // Curvature by finite differences of three neighbouring points about the corner.
    const sorted = [...curve.points];
    const k = sorted.indexOf(curve.corner);
    const [p, q, r] = [sorted[k - 1], sorted[k], sorted[k + 1]].map((s) => [
      Math.log(s.residualSquares),
      Math.log(s.penalty),
    ]);
    const area = (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]);
    const side = (u: number[], v: number[]) => Math.hypot(u[0] - v[0], u[1] - v[1]);
    const circle = (2 * area) / (side(p, q) * side(q, r) * side(p, r));
    expect(Math.abs(circle / curve.corner.curvature - 1)).toBeLessThan(0.05);
    const errorAt = async (kaula: number) =>
      errorOf((await solveNormals(setup, total, { kaula, tikhonov: 0 }, la)).field, x);
    const own = await errorAt(curve.regularization.kaula);
    let best = Number.POSITIVE_INFINITY;
    for (let e = -2; e <= 3; e += 0.25) best = Math.min(best, await errorAt(KAULA * 10 ** e));
    const vce = await solveRegularized(setup, total, start, la, { weight: 'vce' });
    expect(own).toBeLessThan(2 * best);
    expect(errorOf(vce.solution.field, x)).toBeLessThan(1.1 * best);
    await expect(lCurve(setup, total, { kaula: 0, tikhonov: 0 }, la)).rejects.toThrow(SolutionError);
  });
});

it('an arc of three hours: Kaula by variance components beats Kaula a hundred times too loose or too tight', async () => {
  const truth = kaulaField(16);
  const random = new GaussianNoise(77);
  const shift = (v: number, d: number) => (d < 2 ? v : v + (random.next() * 3e-9) / d ** 2);
  const [c, s] = [truth.c.slice(), truth.s.slice()];
  for (let d = 2; d <= 16; d++) {
    for (let m = 0; m <= d; m++) {
      const i = triangleIndex(d, m);
      c[i] = shift(c[i], d);
      if (m > 0) s[i] = shift(s[i], d);
    }
  }
  const prior = { ...truth, c, s };
  const [day] = simulateMission({
    satellites: ['SIM-A', 'SIM-B'],
    startGpsSeconds: 738849600,
    days: 1,
    trueField: truth,
    earthRotation: CONSTANT_ROTATION,
    nonGravitational: false,
    sampling: { orbitSeconds: 60 },
    noise: { rangeRate: 2e-7, position: 0.02 },
  });
  const whole = setupFor(prior, { sigmaRangeRate: 2e-7, sigmaPosition: 0.02, accelerometerBias: 'none' });
  const normals = { ...(await computeArcNormals(whole, arcOf(day, 3 * 3600), la)), arcCount: 1 };
  const error = (field: typeof truth) => Math.hypot(...geoidErrorPerDegree(field, truth));
  const found = await solveRegularized(whole, normals, { kaula: 1e-7, tikhonov: 0 }, la, { weight: 'vce' });
  expect(found.variances?.converged).toBe(true);
  // The data determine 72 combinations of the coefficients, which give the prior's standard deviation to 8 %; three
  // thousand observations give the variance of the noise to 2.5 %.
  expect(Math.abs(found.regularization.kaula / 3e-9 - 1)).toBeLessThan(0.3);
  expect(Math.abs(found.dataVariance - 1)).toBeLessThan(0.08);
  const loose = await solveNormals(whole, normals, { kaula: 3e-7, tikhonov: 0 }, la);
  const tight = await solveNormals(whole, normals, { kaula: 3e-11, tikhonov: 0 }, la);
  expect(error(found.solution.field)).toBeLessThan(0.5 * error(loose.field));
  expect(error(found.solution.field)).toBeLessThan(error(tight.field));
  const shares = contributionPerDegree(whole, found.solution);
  expect(shares[2]).toBeGreaterThan(0.8);
  expect(shares[16]).toBeLessThan(shares[2]);
});
