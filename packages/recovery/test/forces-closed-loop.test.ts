import { createLinearAlgebra, type LinearAlgebra } from '@gravity/linalg';
import {
  addArcNormals,
  computeArcNormals,
  emptyNormals,
  evaluateArc,
  type ForceModel,
  type ForceName,
  type RecoverySetup,
  simulateMission,
  solveNormals,
} from '@gravity/recovery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allForces, FORCE_START, iersRotation } from './force-support.js';
import { arcOf, geoidErrorPerDegree, kaulaField, perturbed, setupFor } from './support.js';

const DEGREE = 12;
const DAYS = 1;
const truth = kaulaField(DEGREE);
const prior = perturbed(truth);
const earthRotation = iersRotation();
let la: LinearAlgebra;
let forces: ForceModel;
beforeAll(async () => {
  la = await createLinearAlgebra({ threads: 1 });
  forces = await allForces(DAYS);
});
afterAll(() => la.close());

const arcsOf = (model: ForceModel | undefined) =>
  [
    ...simulateMission({
      satellites: ['SIM-A', 'SIM-B'],
      startGpsSeconds: FORCE_START,
      days: DAYS,
      trueField: truth,
      earthRotation,
      ...(model ? { forces: model } : {}),
      nonGravitational: false,
      sampling: { orbitSeconds: 60, rangingSeconds: 10 },
    }),
    // Whole segments of 300 s, so that dealiasing has its kinks at their borders.
  ].map((day) => arcOf(day, 86_100));

const withForces = (change: Partial<RecoverySetup>) =>
  setupFor(prior, { earthRotation, accelerometerBias: 'none', ...change });

async function recover(setup: RecoverySetup, arcs: ReturnType<typeof arcsOf>): Promise<Float64Array> {
  let { referenceField } = setup;
  for (let iteration = 0; iteration < 2; iteration++) {
    const now = { ...setup, referenceField };
    const total = emptyNormals(now, la);
    for (const arc of arcs) addArcNormals(total, await computeArcNormals(now, arc, la));
    const options = { priorField: prior };
    referenceField = (await solveNormals(now, total, { kaula: 1e-5, tikhonov: 0 }, la, options)).field;
  }
  return geoidErrorPerDegree(referenceField, truth);
}

describe('closed loop with all forces', () => {
  it('recovers the field as well as without any', async () => {
    const plain = await recover(withForces({}), arcsOf(undefined));
    const arcs = arcsOf(forces);
    const full = await recover(withForces({ forces }), arcs);
    for (let n = 2; n <= DEGREE; n++) {
      // The goal of the noise-free loop.
      expect(plain[n], `degree ${n}`).toBeLessThan(2e-7);
      expect(full[n], `degree ${n}`).toBeLessThan(2e-7);
    }
    const residualWithout = async (off: readonly ForceName[]) => {
      const setup = withForces({ referenceField: truth, forces: { ...forces, off } });
      const { residuals } = await evaluateArc(setup, arcs[0], la);
      return residuals.find(({ type }) => type === 'range_rate')?.rms ?? Number.NaN;
    };
    // The observations are made of all forces: what is left with them is rounding, below 1 nm/s.
    expect(await residualWithout([])).toBeLessThan(1e-9);
    // A force that is missing is seen in the range rates, far above the noise of 0.1 µm/s or, the small ones, near it.
    const seen: readonly (readonly [ForceName, number])[] = [
      ['thirdBodies', 1e-5],
      ['solid', 3e-7],
      ['ocean', 1e-7],
      ['relativity', 1e-9],
      ['solidPole', 1e-9],
      ['dealiasing', 1e-8],
    ];
    for (const [name, size] of seen) expect(await residualWithout([name]), name).toBeGreaterThan(size);
  });

  it('recovers the field with empirical accelerations estimated and eliminated', async () => {
    const empiricalAccelerations = [
      { directions: ['along'] as const, sigma: 1e-9 },
      { cyclesPerRevolution: 1, directions: ['cross'] as const, sigma: 1e-9 },
      { directions: ['radial'] as const, pieceSeconds: 21_600, sigma: 1e-10 },
    ];
    const setup = withForces({ empiricalAccelerations });
    const arcs = arcsOf(undefined);
    // Two satellites with 6 of the state, one constant, cosine and sine, four pieces.
    expect((await computeArcNormals(setup, arcs[0], la)).arcParameterCount).toBe(2 * (6 + 1 + 2 + 4));
    const error = await recover(setup, arcs);
    for (let n = 2; n <= DEGREE; n++) expect(error[n], `degree ${n}`).toBeLessThan(5e-7);
  });
});
