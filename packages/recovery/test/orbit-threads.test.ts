import { createLinearAlgebra, type LinearAlgebra } from '@gravity/linalg';
import { type ArcNormals, type ArcObservations, computeArcNormals, simulateMission } from '@gravity/recovery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allForces, FORCE_START, iersRotation } from './force-support.js';
import { arcOf, kaulaField, perturbed, setupFor } from './support.js';

const DEGREE = 6;
let one: LinearAlgebra;
let two: LinearAlgebra;
beforeAll(async () => {
  // WebAssembly: the sums of OpenBLAS may depend on the number of its threads.
  one = await createLinearAlgebra({ backend: 'wasm', threads: 1 });
  two = await createLinearAlgebra({ backend: 'wasm', threads: 2 });
});
afterAll(() => Promise.all([one.close(), two.close()]));

const earthRotation = iersRotation();
const truth = kaulaField(DEGREE);
const days = [
  ...simulateMission({
    satellites: ['SIM-A', 'SIM-B'],
    startGpsSeconds: FORCE_START,
    days: 2,
    trueField: truth,
    earthRotation,
    sampling: { orbitSeconds: 60, rangingSeconds: 30, accelerometerSeconds: 10 },
    noise: { rangeRate: 2e-7, position: 0.02 },
  }),
].map((day) => arcOf(day, 7200));

const same = (a: ArcNormals, b: ArcNormals): void => {
  expect(a.matrix).toEqual(b.matrix);
  expect(a.rightHandSide).toEqual(b.rightHandSide);
  expect(a.weightedSquareSum).toBe(b.weightedSquareSum);
  expect(a.orbitIterations).toBe(b.orbitIterations);
  expect(a.residuals).toEqual(b.residuals);
};

describe('orbits on threads of their own', () => {
  it.each([
    ['accelerometers with bias and scale', { accelerometerBias: 'linear', accelerometerScale: true }, false],
    [
      'all forces and empirical accelerations',
      {
        accelerometerBias: 'constant',
        empiricalAccelerations: [
          { directions: ['along'], sigma: 1e-9 },
          { cyclesPerRevolution: 1, directions: ['cross'], sigma: 1e-9 },
        ],
      },
      true,
    ],
  ] as const)('give the normals of one thread, bit by bit: %s', async (_, change, withForces) => {
    const setup = setupFor(perturbed(truth), {
      earthRotation,
      ...change,
      ...(withForces && { forces: await allForces(2) }),
    });
    same(await computeArcNormals(setup, days[0], two), await computeArcNormals(setup, days[0], one));
  });

  it('serve arcs that are prepared at the same time', async () => {
    const setup = setupFor(perturbed(truth), { earthRotation });
    const [a, b] = await Promise.all(days.map((arc) => computeArcNormals(setup, arc, two)));
    same(a, await computeArcNormals(setup, days[0], one));
    same(b, await computeArcNormals(setup, days[1], one));
  });

  it('pass on what is wrong with an orbit, and serve the next arc', async () => {
    const setup = setupFor(perturbed(truth), { earthRotation });
    const [first, second] = days[0].satellites;
    const lost: ArcObservations = {
      ...days[0],
      // Not an orbit of anything: positions of a body that stands still in the terrestrial frame.
      satellites: [
        {
          ...first,
          orbit: {
            ...first.orbit,
            position: first.orbit.position.map((_, i) => first.orbit.position[i % 3]),
            velocity: first.orbit.velocity?.map(() => 0),
          },
        },
        second,
      ],
    };
    const failure = async (la: LinearAlgebra) =>
      computeArcNormals(setup, lost, la).then(
        () => expect.unreachable('fitted an orbit to positions that are none'),
        (error: unknown) => error,
      );
    const here = await failure(one);
    expect(here).toMatchObject({ name: 'ArcError' });
    expect(await failure(two)).toEqual(here);
    same(await computeArcNormals(setup, days[0], two), await computeArcNormals(setup, days[0], one));
  });
});
