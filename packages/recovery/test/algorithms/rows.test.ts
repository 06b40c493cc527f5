import {
  coefficientOrdering,
  createEarthRotation,
  type Geopotential,
  GravityEvaluator,
  triangleIndex,
} from '@gravity/geodesy';
import { createLinearAlgebra, type LinearAlgebra } from '@gravity/linalg';
import {
  ArcError,
  type ArcNormals,
  type ArcObservations,
  computeArcNormals,
  computeNormals,
  evaluateNormals,
  type RangingObservation,
  type RecoverySetup,
  type SimulatedDay,
  simulateMission,
} from '@gravity/recovery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arcOf, CONSTANT_ROTATION, kaulaField, setupFor } from '../support.js';

const DEGREE = 8;
const HOURS = 4;
/** Small changes of zonal, tesseral and sectorial coefficients, low and high: millimetres of orbit. */
const CHANGES = [
  [2, 0, 1e-12],
  [3, -2, -2e-12],
  [5, 5, 2e-12],
  [8, 1, 2e-12],
  [8, -8, -1e-12],
] as const;

const truth = kaulaField(DEGREE);
let la: LinearAlgebra;
let day: SimulatedDay;
let arc: ArcObservations;
beforeAll(async () => {
  la = await createLinearAlgebra({ threads: 1 });
  [day] = simulateMission({
    satellites: ['SIM-A', 'SIM-B'],
    startGpsSeconds: 738849600,
    days: 1,
    trueField: truth,
    earthRotation: CONSTANT_ROTATION,
    nonGravitational: false,
    sampling: { orbitSeconds: 10, rangingSeconds: 10 },
  });
  const whole = arcOf(day, HOURS * 3600);
  const { gpsSeconds, rangeRate, range, rangeAcceleration } = day.ranging;
  arc = { ...whole, ranging: { instrument: 'KBR1B', gpsSeconds, rangeRate, range, rangeAcceleration } };
});
afterAll(() => la.close());

const setup = (change: Partial<RecoverySetup>, field: Geopotential = truth) =>
  setupFor(field, {
    accelerometerBias: 'none',
    sigmaRange: 1e-6,
    sigmaRangeAcceleration: 1e-9,
    shortArcSeconds: 2400,
    ...change,
  });

function changed(field: Geopotential): { readonly field: Geopotential; readonly x: Float64Array } {
  const c = field.c.slice();
  const s = field.s.slice();
  const ordering = coefficientOrdering(2, DEGREE);
  const x = new Float64Array(ordering.count);
  for (const [n, m, size] of CHANGES) {
    (m < 0 ? s : c)[triangleIndex(n, Math.abs(m))] += size;
    x.forEach((_, i) => {
      const same = ordering.degree[i] === n && ordering.order[i] === Math.abs(m);
      if (same && ordering.kind[i] === (m < 0 ? 1 : 0)) x[i] = size;
    });
  }
  return { field: { ...field, c, s }, x };
}

/** |N x − n| / |n| in units of the diagonal of N. */
function mismatch({ parameterCount: n, matrix, rightHandSide }: ArcNormals, x: Float64Array): number {
  let wrong = 0;
  let size = 0;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += matrix[Math.min(i, j) * n + Math.max(i, j)] * x[j];
    wrong += (sum - rightHandSide[i]) ** 2 / matrix[i * n + i];
    size += rightHandSide[i] ** 2 / matrix[i * n + i];
  }
  return Math.sqrt(wrong / size);
}

describe('rows of short arcs', () => {
  it.each(['range_rate', 'range', 'range_acceleration'] as const)(
    'are the derivatives of %s and positions',
    async (rangingObservation: RangingObservation) => {
      // Observations of a field that differs by x from the reference: N x = n, to second order and rounding.
      const { field, x } = changed(truth);
      const reversed = setup({ algorithm: 'short_arc', rangingObservation }, field);
      const normals = await computeNormals(reversed, arc, la);
      // 1e-12 of a coefficient makes some 1e-8 m/s; rounding of simulated orbits 1e-12 m/s, of ranges 1e-9 m.
      expect(
        mismatch(
          normals,
          x.map((v) => -v),
        ),
      ).toBeLessThan(rangingObservation === 'range' ? 1e-2 : 2e-3);
      expect(mismatch(normals, x)).toBeGreaterThan(1);
      expect(normals.arcParameterCount).toBe(6 * 12 + (rangingObservation === 'range' ? 1 : 0));
    },
  );
});

describe('rows of range accelerations', () => {
  it('are differences of accelerations along the line of sight', async () => {
    // Range accelerations of the true orbits, to which the pull of a change of the field is added, orbits unchanged.
    const { field, x } = changed(truth);
    const evaluators = [truth, field].map((f) => new GravityEvaluator(f));
    const rotation = createEarthRotation(CONSTANT_ROTATION);
    const m = new Float64Array(9);
    const pull = new Float64Array(3);
    const { gpsSeconds, rangeAcceleration } = day.ranging;
    const values = rangeAcceleration.map((observed, i) => {
      rotation.matrix(gpsSeconds[i], 0, m);
      const points = day.satellites.map(({ celestialPosition: p }) => {
        return [0, 1, 2].map((r) => [0, 1, 2].reduce((sum, c) => sum + m[3 * r + c] * p[3 * i + c], 0));
      });
      const d = points[1].map((v, c) => v - points[0][c]);
      const range = Math.hypot(...d);
      let sum = 0;
      for (const [k, [px, py, pz]] of points.entries()) {
        for (const [f, evaluator] of evaluators.entries()) {
          evaluator.acceleration(px, py, pz, pull);
          const sign = (k === 1 ? 1 : -1) * (f === 1 ? 1 : -1);
          for (let c = 0; c < 3; c++) sum += (sign * pull[c] * d[c]) / range;
        }
      }
      return observed + sum;
    });
    const ranging = { ...arc.ranging!, rangeAcceleration: values };
    const direct = setup({ algorithm: 'acceleration', rangingObservation: 'range_acceleration' });
    const normals = await computeNormals(direct, { ...arc, ranging }, la);
    // 1e-12 of a coefficient pulls with some 1e-12 m/s² against a rounding of 1e-15 m/s² of the 9 m/s².
    expect(mismatch(normals, x)).toBeLessThan(5e-3);
    expect(normals.observationCount).toBe(HOURS * 360 + 1);
    expect(normals.arcParameterCount).toBe(6 * 4);
    // Integrated and differentiated: the same, but for four samples at every border of six pieces.
    let integral = 0;
    const rates = day.ranging.rangeRate.map((rate, i) => {
      integral +=
        i > 0 ? 5 * (values[i] - rangeAcceleration[i] + values[i - 1] - rangeAcceleration[i - 1]) : 0;
      return rate + integral;
    });
    const differentiated = await computeNormals(
      setup({ algorithm: 'acceleration' }),
      { ...arc, ranging: { ...arc.ranging!, rangeRate: rates } },
      la,
    );
    // The trapezoidal rule over 10 s: (ωh)²/12 at eight cycles per revolution is 7e-4.
    expect(mismatch(differentiated, x)).toBeLessThan(1e-2);
    expect(differentiated.observationCount).toBe(HOURS * 360 + 1 - 6 * 8);
  });
});

describe('computeNormals', () => {
  it('does the variational way by default, to the last bit', async () => {
    const plain = await computeArcNormals(setup({}), arc, la);
    for (const algorithm of [undefined, 'variational'] as const) {
      const chosen = await computeNormals(setup(algorithm ? { algorithm } : {}), arc, la);
      expect(chosen.matrix).toEqual(plain.matrix);
      expect(chosen.rightHandSide).toEqual(plain.rightHandSide);
    }
  });

  it('names what is wrong', async () => {
    const compute = (change: object, data: ArcObservations = arc) =>
      computeNormals({ ...setup({}), ...change }, data, la);
    await expect(compute({ algorithm: 'shortarc' })).rejects.toThrow(/^algorithm must be one of/);
    await expect(compute({ algorithm: 'short_arc', shortArcSeconds: 60 })).rejects.toThrow(
      /^shortArcSeconds/,
    );
    await expect(compute({ algorithm: 'acceleration', differentiatorPoints: 8 })).rejects.toThrow(
      /^differentiatorPoints/,
    );
    await expect(compute({ algorithm: 'acceleration', rangingObservation: 'range' })).rejects.toThrow(
      /^rangingObservation/,
    );
    const single = { ...arc, satellites: arc.satellites.slice(0, 1) };
    await expect(compute({ algorithm: 'acceleration' }, single)).rejects.toThrow(/^satellites/);
    const { ranging: _, ...silent } = arc;
    await expect(compute({ algorithm: 'acceleration' }, silent)).rejects.toThrow(ArcError);
  });

  it.each(['short_arc', 'acceleration'] as const)('%s reports progress and stops', async (algorithm) => {
    const abort = new AbortController();
    const fractions: number[] = [];
    const running = computeNormals(setup({ algorithm }), arc, la, {
      signal: abort.signal,
      onProgress: (fraction) => {
        fractions.push(fraction);
        if (fraction > 0.5) abort.abort();
      },
    });
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.length).toBeGreaterThan(3);
  });

  it('leaves out short arcs without positions, and takes one satellite alone', async () => {
    const { startGpsSeconds: start } = arc;
    // No positions of the second satellite in the third of six short arcs.
    const satellites = arc.satellites.map((satellite, k) => {
      if (k === 0) return satellite;
      const { orbit } = satellite;
      const keep = [...orbit.gpsSeconds.keys()].filter(
        (i) => Math.floor((orbit.gpsSeconds[i] - start) / 2400) !== 2,
      );
      const take = (values: Float64Array) =>
        Float64Array.from(
          { length: 3 * keep.length },
          (_, i) => values[3 * keep[Math.floor(i / 3)] + (i % 3)],
        );
      return {
        ...satellite,
        orbit: {
          ...orbit,
          gpsSeconds: Float64Array.from(keep, (i) => orbit.gpsSeconds[i]),
          position: take(orbit.position),
          velocity: take(orbit.velocity),
        },
      };
    });
    const holed = await computeNormals(setup({ algorithm: 'short_arc' }), { ...arc, satellites }, la);
    expect(holed.arcParameterCount).toBe(5 * 12);
    expect(holed.residuals.map(({ count }) => count)).toEqual([1201, 603, 603]);
    const alone = await computeNormals(
      setup({ algorithm: 'short_arc' }),
      { ...arc, satellites: arc.satellites.slice(0, 1) },
      la,
    );
    expect(alone.arcParameterCount).toBe(6 * 6);
    expect(alone.observationCount).toBe(3 * 241);
  });

  it.each(['short_arc', 'acceleration'] as const)('%s takes the screening of the arc', async (algorithm) => {
    // Gross errors of 0.1 mm/s in three range rates, of 30 m in one position.
    const rangeRate = day.ranging.rangeRate.slice();
    for (const i of [200, 201, 900]) rangeRate[i] += 1e-4;
    const satellites = arc.satellites.map((satellite, k) => {
      const position = satellite.orbit.position.slice();
      if (k === 1) position[3 * 600 + 1] += 30;
      return { ...satellite, orbit: { ...satellite.orbit, position } };
    });
    const dirty = { ...arc, satellites, ranging: { ...arc.ranging!, rangeRate } };
    const screened = setup({ algorithm, screening: { method: 'clip', factor: 50 }, sigmaPosition: 0.02 });
    const { residuals, observationCount } = await computeNormals(screened, dirty, la);
    expect(residuals[0].rejected).toBe(3);
    expect(residuals[0].rejectedGpsSeconds).toEqual([200, 201, 900].map((i) => arc.startGpsSeconds + 10 * i));
    // Without noise the rest fits to rounding; one gross error left would make 1e-6.
    expect(residuals[0].rms).toBeLessThan(1e-10);
    if (algorithm === 'short_arc') {
      expect(residuals.find(({ satellite }) => satellite === 'SIM-A')?.rejected).toBe(0);
      expect(residuals.find(({ satellite }) => satellite === 'SIM-B')?.rejected).toBe(3);
      expect(observationCount).toBe(HOURS * 360 + 1 - 3 + 2 * 3 * 241 - 3);
    } else {
      // Both gaps break a run and cost the neighbours that their derivatives lack.
      expect(observationCount).toBe(HOURS * 360 + 1 - 6 * 8 - (2 + 8) - (1 + 8));
    }
  });

  it.each(['short_arc', 'acceleration'] as const)('%s evaluates a fixed field', async (algorithm) => {
    // Without coefficients the residuals are those that the normals report.
    const { field } = changed(truth);
    const { residuals } = await computeNormals(setup({ algorithm }, field), arc, la);
    const evaluation = await evaluateNormals(setup({ algorithm }, field), arc, la);
    expect(evaluation.residuals.map(({ type, count }) => [type, count])).toEqual(
      residuals.map(({ type, count }) => [type, count]),
    );
    evaluation.residuals.forEach(({ rms }, i) => {
      // Sums of products of other shapes: rounding of 1e-9 m and 1e-12 m/s.
      expect(rms / residuals[i].rms).toBeCloseTo(1, 3);
    });
    await expect(evaluateNormals(setup({ algorithm }), arc, la, { maxLag: 3 })).rejects.toThrow(/^maxLag/);
  });

  it.each(['short_arc', 'acceleration'] as const)('%s weights by the noise model', async (algorithm) => {
    const white = await computeNormals(setup({ algorithm }), arc, la);
    const asModel = setup({ algorithm, rangingNoise: { samplingSeconds: 10, autocovariance: [1e-14] } });
    const modelled = await computeNormals(asModel, arc, la);
    modelled.matrix.forEach((v, i) => {
      const scale = Math.sqrt(diagonal(white, i) * diagonal(white, Math.floor(i / white.parameterCount)));
      expect(Math.abs(v - white.matrix[i])).toBeLessThan(1e-9 * scale);
    });
    // Twice the noise of everything: a quarter of the weight.
    const varianceFactors = { ranging: 4, positions: { 'SIM-A': 4, 'SIM-B': 4 } };
    const factors = await computeNormals(setup({ algorithm }), arc, la, { varianceFactors });
    factors.matrix.forEach((v, i) => {
      const scale = Math.sqrt(diagonal(white, i) * diagonal(white, Math.floor(i / white.parameterCount)));
      expect(Math.abs(4 * v - white.matrix[i])).toBeLessThan(1e-8 * scale);
    });
  });
});

function diagonal({ matrix, parameterCount: n }: ArcNormals, i: number): number {
  return matrix[(i % n) * (n + 1)];
}
