import { createLinearAlgebra, type LinearAlgebra } from '@gravity/linalg';
import {
  type ArcObservations,
  addArcNormals,
  computeArcNormals,
  emptyNormals,
  evaluateArc,
  type RecoverySetup,
  type RecoverySolution,
  simulateMission,
  solveNormals,
} from '@gravity/recovery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  arcOf,
  CONSTANT_ROTATION,
  formalErrorPerDegree,
  geoidErrorPerDegree,
  kaulaField,
  perturbed,
  setupFor,
} from './support.js';

const START = 738849600;
let la: LinearAlgebra;
beforeAll(async () => {
  la = await createLinearAlgebra({ threads: 1 });
});
afterAll(() => la.close());

async function solve(
  setup: RecoverySetup,
  arcs: readonly ArcObservations[],
  prior = setup.referenceField,
): Promise<RecoverySolution> {
  const total = emptyNormals(setup, la);
  for (const arc of arcs) addArcNormals(total, await computeArcNormals(setup, arc, la));
  return solveNormals(setup, total, { kaula: 1e-5, tikhonov: 0 }, la, { priorField: prior });
}

function mission(
  degree: number,
  days: number,
  noise: { rangeRate: number; position: number } | undefined,
  seed = 1,
): { truth: ReturnType<typeof kaulaField>; arcs: ArcObservations[] } {
  const truth = kaulaField(degree);
  const arcs = [
    ...simulateMission({
      satellites: ['SIM-A', 'SIM-B'],
      startGpsSeconds: START,
      days,
      trueField: truth,
      earthRotation: CONSTANT_ROTATION,
      sampling: { orbitSeconds: 60, accelerometerSeconds: 10 },
      ...(noise ? { noise } : {}),
      seed,
    }),
  ].map((day) => arcOf(day));
  return { truth, arcs };
}

describe('closed loop', () => {
  it('without noise, degree 30, 4 days, states and accelerometer calibration estimated', async () => {
    const { truth, arcs } = mission(30, 4, undefined);
    const prior = perturbed(truth);
    const first = await solve(setupFor(prior), arcs);
    const second = await solve(setupFor(first.field), arcs, prior);
    const start = geoidErrorPerDegree(prior, truth);
    const error = geoidErrorPerDegree(second.field, truth);
    // The loop must have something to do: centimetres at low degrees.
    expect(start[2]).toBeGreaterThan(0.01);
    // Issue: below 1e-6 m; the field's best reaches 2e-8…1e-7 m in such a case, we hold 2e-7 m.
    for (let n = 2; n <= 30; n++) expect(error[n], `degree ${n}`).toBeLessThan(2e-7);
    const { residuals } = await evaluateArc(setupFor(second.field), arcs[1], la);
    for (const r of residuals) expect(r.rms).toBeLessThan(r.type === 'position' ? 1e-5 : 1e-9);
  });

  it('with 0.2 µm/s and 2 cm the true error is within 30 % of the formal one, degree by degree', async () => {
    // A degree of one realization has 2n+1 correlated errors, far too few to judge 30 %: eight realizations.
    const realizations = 8;
    const degree = 16;
    const square = new Float64Array(degree + 1);
    let formal: Float64Array = new Float64Array(degree + 1);
    for (let seed = 1; seed <= realizations; seed++) {
      const { truth, arcs } = mission(degree, 2, { rangeRate: 2e-7, position: 0.02 }, seed);
      const setup = setupFor(truth, { sigmaRangeRate: 2e-7, sigmaPosition: 0.02 });
      const solution = await solve(setup, arcs);
      // 50 000 observations: unit weight to half a percent.
      expect(Math.abs(solution.sigma0 - 1)).toBeLessThan(0.02);
      geoidErrorPerDegree(solution.field, truth).forEach((e, n) => {
        square[n] += e * e;
      });
      formal = formalErrorPerDegree(solution.field);
    }
    for (let n = 2; n <= degree; n++) {
      const ratio = Math.sqrt(square[n] / realizations) / formal[n];
      expect(ratio, `degree ${n}`).toBeGreaterThan(0.7);
      expect(ratio, `degree ${n}`).toBeLessThan(1.3);
    }
  });

  it('sensitivities equal finite differences of the observations', async () => {
    // N⁻¹n with l made from a known small change of the field must return that change to first order.
    const { truth, arcs } = mission(8, 1, undefined);
    const changed = { ...truth, c: truth.c.slice(), s: truth.s.slice() };
    changed.c[13] += 1e-12;
    changed.s[20] -= 2e-12;
    const solution = await solve(setupFor(changed), arcs);
    // 1e-12 of a coefficient moves the orbit by millimetres: second order and rounding leave 1e-3 of it.
    const error = geoidErrorPerDegree(solution.field, truth);
    for (let n = 2; n <= 8; n++) expect(error[n]).toBeLessThan(6378136.3 * 1e-14);
  });
});
