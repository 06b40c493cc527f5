import { createLinearAlgebra, type LinearAlgebra } from '@gravity/linalg';
import {
  type ArcNormals,
  type ArcObservations,
  computeArcNormals,
  type NoiseModel,
  type RecoverySetup,
  simulateMission,
} from '@gravity/recovery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arcOf, CONSTANT_ROTATION, kaulaField, setupFor } from './support.js';

const DEGREE = 12;
const HOURS = 4;
let la: LinearAlgebra;
let arc: ArcObservations;
beforeAll(async () => {
  la = await createLinearAlgebra({ threads: 1 });
  const [day] = simulateMission({
    satellites: ['SIM-A', 'SIM-B'],
    startGpsSeconds: 738849600,
    days: 1,
    trueField: kaulaField(DEGREE),
    earthRotation: CONSTANT_ROTATION,
    nonGravitational: false,
    sampling: { orbitSeconds: 60 },
    noise: { rangeRate: 2e-7, position: 0.02 },
  });
  const whole = arcOf(day, HOURS * 3600);
  // A gap of ten minutes, one of a single record, and a break of the phase.
  const keep = [...day.ranging.gpsSeconds.keys()].filter((i) => !(i > 1000 && i < 1120) && i !== 333);
  const take = (values: Float64Array) => Float64Array.from(keep, (i) => values[i]);
  const broken = day.ranging.range.map(
    (r, i) => r - 575_289.2 + (i > 1500 ? 4_321.5 : 0) + (i > 1060 ? 99 : 0),
  );
  arc = {
    ...whole,
    ranging: {
      instrument: 'KBR1B',
      gpsSeconds: take(day.ranging.gpsSeconds),
      rangeRate: take(day.ranging.rangeRate),
      range: take(broken),
      rangeAcceleration: take(day.ranging.rangeAcceleration),
      breaks: Float64Array.of(day.ranging.gpsSeconds[1501]),
    },
  };
});
afterAll(() => la.close());

/** AR(2) noise with a broad maximum, σ 2e-7 m/s, and lags enough to reach over a block's border. */
const COLOURED: NoiseModel = {
  samplingSeconds: 5,
  autocovariance: [1, 0.8, 0.5, 0.24, 0.05, -0.05].map((c) => c * 4e-14),
};

function largestDifference(a: ArcNormals, b: ArcNormals): number {
  const n = a.parameterCount;
  let worst = 0;
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) {
      const size = Math.sqrt(b.matrix[i * n + i] * b.matrix[j * n + j]);
      worst = Math.max(worst, Math.abs(a.matrix[i * n + j] - b.matrix[i * n + j]) / size);
    }
  }
  return worst;
}

const CASES: readonly (readonly [string, Partial<RecoverySetup>])[] = [
  ['coloured noise', { rangingNoise: COLOURED }],
  ['coloured noise and robust weights', { rangingNoise: COLOURED, screening: { method: 'huber' } }],
  [
    'piecewise bias, trend and periodic parameters',
    {
      rangingParameters: [
        { term: 'bias', pieceSeconds: 5000 },
        { term: 'trend', pieceSeconds: 5000 },
        { term: 'periodic', pieceSeconds: 'revolution', sigma: 1e-6 },
      ],
    },
  ],
  [
    'all of it on ranges',
    {
      rangingObservation: 'range',
      sigmaRange: 1e-6,
      rangingParameters: [{ term: 'periodic' }],
      rangingNoise: { ...COLOURED, autocovariance: COLOURED.autocovariance.map((c) => 25 * c) },
      screening: { method: 'igg' },
    },
  ],
  ['range accelerations', { rangingObservation: 'range_acceleration', sigmaRangeAcceleration: 1e-9 }],
];

describe('compressed rows give the normals of all rows', () => {
  for (const [label, change] of CASES) {
    it(label, async () => {
      const setup = setupFor(kaulaField(DEGREE), {
        sigmaRangeRate: 2e-7,
        sigmaPosition: 0.02,
        positionTruncation: 0,
        ...change,
      });
      const short = await computeArcNormals({ ...setup, rowCompression: true }, arc, la);
      const full = await computeArcNormals({ ...setup, rowCompression: false }, arc, la);
      expect(short.compression.applied).toBe(true);
      expect(short.compression.rows).toBeLessThan(0.6 * full.compression.rows);
      expect(short.observationCount).toBe(full.observationCount);
      expect(largestDifference(short, full)).toBeLessThan(1e-8);
      expect(Math.abs(short.weightedSquareSum / full.weightedSquareSum - 1)).toBeLessThan(1e-8);
      short.residuals.forEach((r, i) => {
        expect(r.count).toBe(full.residuals[i].count);
        // Range accelerations without noise leave 7e-12 m/s², of which rounding (1e-15 of 8 m/s²) is a visible part.
        expect(Math.abs(r.rms / full.residuals[i].rms - 1)).toBeLessThan(3e-6);
      });
    });
  }
});
