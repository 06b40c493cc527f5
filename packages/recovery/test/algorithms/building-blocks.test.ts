import { createLinearAlgebra, type LinearAlgebra } from '@gravity/linalg';
import {
  collocationRule,
  DerivativeWhitener,
  derivativeWeights,
  integralOperator,
  kernelRows,
  type NoiseModel,
  Whitener,
} from '@gravity/recovery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

describe('integral equation', () => {
  // A motion with known derivatives: r = cos ωt + 0.1 t³/T³, with about one revolution in the arc.
  const operator = integralOperator(collocationRule(20), 6, 300);
  const T = operator.durationSeconds;
  const w = 5.5 / T;
  const position = (t: number) => Math.cos(w * t) + 0.1 * (t / T) ** 3;
  const velocity = (t: number) => -w * Math.sin(w * t) + (0.3 * t ** 2) / T ** 3;
  const acceleration = operator.nodeSeconds.map((t) => -w * w * Math.cos(w * t) + (0.6 * t) / T ** 3);
  const dot = (row: Float64Array) => row.reduce((sum, k, j) => sum + k * acceleration[j], 0);

  it('gives position and velocity from boundary values and accelerations', () => {
    const r = new Float64Array(operator.nodeCount);
    const v = new Float64Array(operator.nodeCount);
    for (const t of [0, 1, 299.9, 300, 812.5, 1500, 1799, 1800]) {
      const segment = Math.min(5, Math.floor(t / 300));
      kernelRows(operator, segment, t / 300 - segment, r, v);
      const straight = position(0) + (t / T) * (position(T) - position(0));
      // Amplitude 1: rounding of sums of 120 terms.
      expect(Math.abs(straight + dot(r) - position(t))).toBeLessThan(1e-14);
      expect(Math.abs((position(T) - position(0)) / T + dot(v) - velocity(t)) * T).toBeLessThan(1e-13);
    }
  });

  it('gives the same at the nodes', () => {
    const m = operator.nodeCount;
    for (const i of [0, 37, m - 1]) {
      const t = operator.nodeSeconds[i];
      const straight = position(0) + (t / T) * (position(T) - position(0));
      const value = straight + dot(operator.position.subarray(i * m, (i + 1) * m));
      expect(Math.abs(value - position(t))).toBeLessThan(1e-14);
      const slope = (position(T) - position(0)) / T + dot(operator.velocity.subarray(i * m, (i + 1) * m));
      expect(Math.abs(slope - velocity(t)) * T).toBeLessThan(1e-13);
    }
  });

  it('has the kernel of Schneider: symmetric, zero at the ends', () => {
    // K(τ, τ') over the Gauss weights of nodes in other segments, where no kink is integrated.
    const m = operator.nodeCount;
    const { q, weights } = operator.rule;
    const kernel = (i: number, j: number) => -operator.position[i * m + j] / (300 * weights[j % q]) / T;
    for (const [i, j] of [
      [3, 50],
      [25, 110],
    ]) {
      expect(kernel(i, j)).toBeCloseTo(kernel(j, i), 13);
      expect(kernel(i, j)).toBeCloseTo((operator.nodeSeconds[i] / T) * (1 - operator.nodeSeconds[j] / T), 13);
    }
  });
});

describe('differentiator', () => {
  it('has the published weights', () => {
    // Abramowitz & Stegun (1964), table 25.2: f' of five and seven points.
    const five = [1, -8, 0, 8, -1].map((w) => w / 12);
    const seven = [-1, 9, -45, 0, 45, -9, 1].map((w) => w / 60);
    derivativeWeights(5, 1).forEach((w, i) => {
      expect(w).toBeCloseTo(five[i], 15);
    });
    derivativeWeights(7, 1).forEach((w, i) => {
      expect(w).toBeCloseTo(seven[i], 15);
    });
  });

  it('misses a wave by the stated part', () => {
    // 60 cycles per revolution of 5600 s, every 5 s: (ωh)^8 (4!)²/9! of the derivative.
    const phase = (2 * Math.PI * 60 * 5) / 5600;
    const d = derivativeWeights(9, 5);
    const value = d.reduce((sum, w, j) => sum + w * Math.sin(phase * (j - 4)), 0);
    const loss = 1 - value / (phase / 5);
    const stated = (phase ** 8 * 24 ** 2) / 362_880;
    expect(loss / stated).toBeGreaterThan(0.9);
    expect(loss / stated).toBeLessThan(1.1);
    expect(loss).toBeLessThan(1e-6);
  });
});

describe('noise of derivatives', () => {
  const d = derivativeWeights(7, 5);
  const count = 60;
  const noise = { samplingSeconds: 5, autocovariance: [1, 0.8, 0.5, 0.24].map((c) => c * 4e-14) };
  let la: LinearAlgebra;
  beforeAll(async () => {
    la = await createLinearAlgebra({ threads: 1 });
  });
  afterAll(() => la.close());

  it.each(['white', 'coloured', 'white with robust weights', 'coloured with robust weights'])(
    'is white after whitening: %s',
    async (kind) => {
      const model = kind.startsWith('white') ? { ...noise, autocovariance: [4e-14] } : noise;
      const robust = Float64Array.from({ length: count }, (_, i) =>
        kind.includes('robust') ? 1 / (1 + (i % 3)) : 1,
      );
      const root = covarianceRoot(model, count, robust);
      const rows = count - d.length + 1;
      const data = la.allocate(rows * count);
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < count; c++) {
          for (let j = 0; j < d.length; j++) data[r * count + c] += d[j] * root[(r + j) * count + c];
        }
      }
      await new DerivativeWhitener(d, model, la).apply({ first: 0, count }, robust, data, count, count);
      // W D C Dᵀ Wᵀ = I.
      for (let a = 0; a < rows; a++) {
        for (let b = 0; b <= a; b++) {
          let product = 0;
          for (let c = 0; c < count; c++) product += data[a * count + c] * data[b * count + c];
          expect(Math.abs(product - (a === b ? 1 : 0))).toBeLessThan(1e-9);
        }
      }
    },
  );
});

/** L with L Lᵀ the covariance of samples of a model, variances over robust weights: the inverse of the Whitener. */
function covarianceRoot(model: NoiseModel, count: number, robust: Float64Array): Float64Array {
  const seconds = Float64Array.from({ length: count }, (_, i) => i * model.samplingSeconds);
  const whitener = new Whitener(model, seconds, 1);
  const inverse = new Float64Array(count * count);
  for (let i = 0; i < count; i++) inverse[i * (count + 1)] = 1;
  whitener.apply(inverse, count);
  const root = new Float64Array(count * count);
  for (let c = 0; c < count; c++) {
    for (let i = c; i < count; i++) {
      let sum = i === c ? 1 : 0;
      for (let k = c; k < i; k++) sum -= inverse[i * count + k] * root[k * count + c];
      root[i * count + c] = sum / inverse[i * (count + 1)];
    }
  }
  return root.map((v, i) => v / Math.sqrt(robust[Math.floor(i / count)]));
}
