// The case of the recovery benches: a simulated pair over a field of Kaula's size, made anew with the same seeds.
import { emptyGeopotential, triangleIndex } from '@gravity/geodesy';
import { GaussianNoise, simulateMission } from '@gravity/recovery';

const START = 738_849_600;
const GM = 3.986004415e14;
const RADIUS = 6_378_136.3;
export const ROTATION = {
  model: 'constant',
  rate: 7.292115e-5,
  angleAtEpoch: 0.3,
  epochGpsSeconds: START,
};

/** A field with the Earth's flattening and Kaula's power law, or one that departs from `from` by some centimetres. */
export function kaulaField(degree, name, from = undefined) {
  const noise = new GaussianNoise(from ? 7 : 1);
  const field = emptyGeopotential(degree, GM, RADIUS, name, 'zero_tide');
  const scale = (n) => (from ? 1e-9 / n : 0.7e-5 / n ** 2);
  field.c[0] = 1;
  for (let n = 2; n <= degree; n++) {
    for (let m = 0; m <= n; m++) {
      const i = triangleIndex(n, m);
      field.c[i] = (from?.c[i] ?? 0) + noise.next() * scale(n);
      if (m > 0) field.s[i] = (from?.s[i] ?? 0) + noise.next() * scale(n);
    }
  }
  if (!from) field.c[triangleIndex(2, 0)] = -4.84169e-4;
  return field;
}

/** Arcs of a day. */
export function simulatedArcs({ truth, days, rangingSeconds = 5, positionSeconds = 60, noise = {} }) {
  const sampling = { orbitSeconds: positionSeconds, rangingSeconds };
  const mission = { satellites: ['SIM-A', 'SIM-B'], startGpsSeconds: START, days, trueField: truth };
  const simulated = simulateMission({
    ...mission,
    earthRotation: ROTATION,
    nonGravitational: false,
    sampling,
    noise,
  });
  return Array.from(simulated, (day) => ({
    startGpsSeconds: day.startGpsSeconds,
    endGpsSeconds: day.startGpsSeconds + 86_400,
    satellites: day.satellites.map(({ satellite, gpsSeconds, position, velocity }) => ({
      satellite,
      orbit: { frame: 'terrestrial', gpsSeconds, position, velocity },
    })),
    ranging: {
      instrument: 'KBR1B',
      gpsSeconds: day.ranging.gpsSeconds,
      rangeRate: day.ranging.rangeRate,
    },
  }));
}

export const setupOf = (degree, referenceField, changes = {}) => ({
  degreeMin: 2,
  degreeMax: degree,
  referenceField,
  earthRotation: ROTATION,
  sigmaRangeRate: 1e-7,
  sigmaPosition: 0.01,
  positionSamplingSeconds: 60,
  accelerometerBias: 'none',
  accelerometerScale: false,
  rangingEmpirical: 'none',
  ...changes,
});

export const parametersOf = (degree) => (degree + 1) ** 2 - 4;

/** Geoid height of the difference of two fields at every degree, m. */
export function geoidDifference(a, b) {
  return Array.from({ length: a.maxDegree + 1 }, (_, n) => {
    let sum = 0;
    for (let m = 0; m <= n; m++) {
      const i = triangleIndex(n, m);
      sum += (a.c[i] - b.c[i]) ** 2 + (a.s[i] - b.s[i]) ** 2;
    }
    return RADIUS * Math.sqrt(sum);
  });
}

/** Rate of the plain rank update of this machine, flops per second: C += AᵀA as one call. */
export async function rankUpdateRate(la, n, rows = 4096, repeats = 3) {
  const a = la.allocate(rows * n).fill(0.5);
  const c = la.allocate(n * n);
  let best = Infinity;
  for (let i = 0; i < repeats; i++) {
    const since = performance.now();
    await la.syrk(n, rows, 1, a, n, 0, c, n);
    best = Math.min(best, (performance.now() - since) / 1000);
  }
  return (n * (n + 1) * rows) / best;
}
