import type { Geopotential } from '@gravity/geodesy';
import { createLinearAlgebra, type LinearAlgebra } from '@gravity/linalg';
import {
  type ArcObservations,
  addArcNormals,
  computeArcNormals,
  emptyNormals,
  evaluateArc,
  type RecoverySetup,
  solveNormals,
} from '@gravity/recovery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { geoidErrorPerDegree } from '../support.js';
import { cutArcs, displaced, ggm05c, orbitTable, rangingTable, SIMULATOR_ROTATION } from './support.js';

const DEGREE = 30;
const FOLDER = 'degree-30-3-days';
let la: LinearAlgebra;
let truth: Geopotential;
let reference: Geopotential;
beforeAll(async () => {
  la = await createLinearAlgebra({ threads: 1 });
  truth = await ggm05c(DEGREE);
  reference = displaced(truth);
});
afterAll(() => la.close());

function setupAround(referenceField: Geopotential): RecoverySetup {
  return {
    degreeMin: 2,
    degreeMax: DEGREE,
    referenceField,
    earthRotation: SIMULATOR_ROTATION,
    sigmaRangeRate: 1e-7,
    sigmaPosition: 0.01,
    positionSamplingSeconds: 60,
    accelerometerBias: 'none',
    accelerometerScale: false,
    rangingEmpirical: 'none',
  };
}

async function daysOf(frame: 'inertial' | 'terrestrial', velocities = true): Promise<ArcObservations[]> {
  const orbits = await Promise.all(
    ['A', 'B'].map((k) => orbitTable(`${FOLDER}/orbit-SIM-${k}-${frame}.csv`)),
  );
  return cutArcs(orbits, await rangingTable(`${FOLDER}/range-rate.csv`), 86_400, velocities);
}

async function recover(arcs: readonly ArcObservations[], iterations: number): Promise<Geopotential> {
  let field = reference;
  for (let k = 0; k < iterations; k++) {
    const setup = setupAround(field);
    const total = emptyNormals(setup, la);
    for (const arc of arcs) addArcNormals(total, await computeArcNormals(setup, arc, la));
    field = (await solveNormals(setup, total, { kaula: 1e-5, tikhonov: 0 }, la, { priorField: reference }))
      .field;
  }
  return field;
}

function report(title: string, field: Geopotential): Float64Array {
  const [before, after] = [reference, field].map((f) => geoidErrorPerDegree(f, truth));
  const rows = [2, 3, 4, 5, 10, 15, 20, 25, 30].map(
    (n) => `${String(n).padStart(4)}  ${before[n].toExponential(1)}  ${after[n].toExponential(1)}`,
  );
  console.info(`${title}: geoid error, m\n   n  before   after\n${rows.join('\n')}`);
  return after;
}

describe('field recovered from data of an independent program, three days, no noise', () => {
  it('inertial states, two iterations', async () => {
    const arcs = await daysOf('inertial');
    // The reference is wrong by centimetres, or there would be nothing to recover.
    expect(geoidErrorPerDegree(reference, truth)[2]).toBeGreaterThan(0.01);
    const field = await recover(arcs, 2);
    const error = report('inertial, 2 iterations', field);
    // Measured 1e-8 m and below (2e-8 m with plain sums in the orbit); required is 1e-6 m.
    for (let n = 2; n <= DEGREE; n++) expect(error[n], `degree ${n}`).toBeLessThan(1e-7);
    const { residuals } = await evaluateArc(setupAround(field), arcs[2], la);
    // Measured 2e-7 m and 5e-12 m/s: what the doubles of an orbit hold.
    for (const r of residuals) expect(r.rms).toBeLessThan(r.type === 'position' ? 2e-6 : 5e-11);
  });

  // One iteration from 19 mm leaves 8e-8 m of second order: the requirement itself is the bound.
  it('Earth-fixed states, one iteration', async () => {
    const error = report('Earth-fixed', await recover(await daysOf('terrestrial'), 1));
    for (let n = 2; n <= DEGREE; n++) expect(error[n], `degree ${n}`).toBeLessThan(1e-6);
  });

  it('Earth-fixed positions without velocities, one iteration', async () => {
    const error = report('Earth-fixed, no velocities', await recover(await daysOf('terrestrial', false), 1));
    for (let n = 2; n <= DEGREE; n++) expect(error[n], `degree ${n}`).toBeLessThan(1e-6);
  });
});
