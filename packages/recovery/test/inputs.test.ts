import { createLinearAlgebra, type LinearAlgebra } from '@gravity/linalg';
import {
  type ArcObservations,
  computeArcNormals,
  emptyNormals,
  evaluateArc,
  type RecoverySetup,
  simulateMission,
  solveNormals,
} from '@gravity/recovery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arcOf, CONSTANT_ROTATION, kaulaField, setupFor } from './support.js';

let la: LinearAlgebra;
beforeAll(async () => {
  la = await createLinearAlgebra({ threads: 1 });
});
afterAll(() => la.close());

const truth = kaulaField(6);
const [day] = simulateMission({
  satellites: ['SIM-A', 'SIM-B'],
  startGpsSeconds: 738849600,
  days: 1,
  trueField: truth,
  earthRotation: CONSTANT_ROTATION,
  nonGravitational: false,
  sampling: { orbitSeconds: 60 },
});
const arc = arcOf(day, 21_600);
const setup = setupFor(truth);

function withOrbits(
  change: (values: Float64Array, what: 'position' | 'velocity') => Float64Array,
): ArcObservations {
  return {
    ...arc,
    satellites: arc.satellites.map((s) => ({
      ...s,
      orbit: {
        ...s.orbit,
        position: change(s.orbit.position, 'position'),
        velocity: change(s.orbit.velocity, 'velocity'),
      },
    })),
  };
}

describe('velocities that are not there', () => {
  it.each([0, Number.NaN])(
    'written as %s in the Earth-fixed frame are taken from the positions',
    async (filler) => {
      const { residuals } = await evaluateArc(
        setup,
        withOrbits((values, what) => (what === 'velocity' ? values.map(() => filler) : values)),
        la,
      );
      // The data are noise-free: the fit has to come back to them.
      for (const r of residuals) expect(r.rms).toBeLessThan(r.type === 'position' ? 1e-5 : 1e-9);
    },
  );

  it('start behind a hole where the first positions stand alone', async () => {
    const kept = (s: ArcObservations['satellites'][number]) =>
      [...s.orbit.gpsSeconds.keys()].filter((i) => i < 2 || i > 60);
    const sparse: ArcObservations = {
      ...arc,
      satellites: arc.satellites.map((s) => ({
        satellite: s.satellite,
        orbit: {
          frame: s.orbit.frame,
          gpsSeconds: Float64Array.from(kept(s), (i) => s.orbit.gpsSeconds[i]),
          position: Float64Array.from(
            kept(s).flatMap((i) => [...s.orbit.position.subarray(3 * i, 3 * i + 3)]),
          ),
          velocity: new Float64Array(3 * kept(s).length),
        },
      })),
    };
    const { residuals } = await evaluateArc(setup, sparse, la);
    for (const r of residuals) expect(r.rms).toBeLessThan(r.type === 'position' ? 1e-5 : 1e-9);
  });
});

describe('inputs that make no sense', () => {
  const bad: readonly [string, Partial<RecoverySetup>, ArcObservations, RegExp][] = [
    ['degreeMax 2.5', { degreeMax: 2.5 }, arc, /degreeMax must be a whole number, got 2.5/],
    ['degreeMin above degreeMax', { degreeMin: 7 }, arc, /degreeMax \(6\) is below degreeMin \(7\)/],
    ['degreeMin 0', { degreeMin: 0 }, arc, /degreeMin must be at least 1/],
    ['sigmaRangeRate 0', { sigmaRangeRate: 0 }, arc, /sigmaRangeRate must be positive/],
    ['sigmaPosition NaN', { sigmaPosition: Number.NaN }, arc, /sigmaPosition must be positive/],
    ['sigmaPosition -1', { sigmaPosition: -1 }, arc, /sigmaPosition must be positive/],
    [
      'positionSamplingSeconds 0',
      { positionSamplingSeconds: 0 },
      arc,
      /positionSamplingSeconds must be positive/,
    ],
    ['gm 0', { referenceField: { ...truth, gm: 0 } }, arc, /referenceField.gm must be positive/],
    [
      'C00 missing',
      { referenceField: { ...truth, c: truth.c.map((c, i) => (i ? c : 0)) } },
      arc,
      /C\(0,0\) must be 1/,
    ],
    ['no satellite', {}, { ...arc, satellites: [] }, /one or two are needed, got 0/],
    ['one twice', {}, { ...arc, satellites: [arc.satellites[0], arc.satellites[0]] }, /SIM-A is there twice/],
    ['kilometres', {}, withOrbits((v) => v.map((x) => x / 1000)), /SIM-A: radius 6\.\d+e\+3 m .* in m/],
    [
      'km and m/s',
      {},
      withOrbits((v, what) => (what === 'position' ? v.map((x) => x / 1000) : v)),
      /are positions in m/,
    ],
    [
      'velocities cut',
      {},
      withOrbits((v, what) => (what === 'velocity' ? v.slice(3) : v)),
      /position and velocity values/,
    ],
    ['end before start', {}, { ...arc, endGpsSeconds: arc.startGpsSeconds }, /endGpsSeconds must be after/],
  ];
  it.each(bad)('%s', async (_name, change, observations, message) => {
    await expect(computeArcNormals({ ...setup, ...change }, observations, la)).rejects.toThrow(message);
  });

  it('a constraint that is no number, and normals of nothing', async () => {
    const total = emptyNormals(setup, la);
    await expect(solveNormals(setup, total, { kaula: Number.NaN, tikhonov: 0 }, la)).rejects.toThrow(
      /kaula must be/,
    );
    await expect(solveNormals(setup, total, { kaula: 1e-5, tikhonov: 0 }, la)).rejects.toThrow(
      /no normal equations/,
    );
  });
});
