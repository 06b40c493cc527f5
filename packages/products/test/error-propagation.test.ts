import { coefficientOrdering, triangleIndex, triangleSize } from '@gravity/geodesy';
import {
  degreeFactors,
  GRS80_SURFACE,
  propagateCovariance,
  propagateSigmas,
  regularGrid,
  synthesizeGrid,
} from '@gravity/products';
import { describe, expect, it } from 'vitest';
import { maxAbsDifference, random, randomField } from './support.js';

const constants = { gm: 3.986004415e14, radius: 6378136.3 };

/** A full symmetric positive definite matrix BBᵀ. */
function covarianceOf(count: number, seed: number): Float64Array {
  const next = random(seed);
  const b = Float64Array.from({ length: count * count }, () => 1e-12 * next());
  const covariance = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) {
      let sum = 0;
      for (let k = 0; k < count; k++) sum += b[i * count + k] * b[j * count + k];
      covariance[i * count + j] = sum;
    }
  }
  return covariance;
}

describe('covariance propagation', () => {
  it.each([
    [2, undefined],
    [0, GRS80_SURFACE],
  ] as const)(
    'equals brute force yᵀΣy with rows taken from the synthesis (from degree %i)',
    (degreeMin, surface) => {
      const ordering = coefficientOrdering(degreeMin, 6);
      const covariance = covarianceOf(ordering.count, 7);
      const grid = regularGrid({
        stepDegrees: 20,
        registration: 'corner',
        bounds: { westDegrees: -60, eastDegrees: 100, southDegrees: -50, northDegrees: 90 },
      });
      const options = { loadLoveK: [0, 0.02, -0.3, -0.2, -0.1, -0.1, -0.09], smoothingRadius: 4e5, surface };
      const got = propagateCovariance(
        covariance,
        ordering,
        constants,
        grid,
        'equivalentWaterHeight',
        options,
      );
      // The independent way: the response of every grid point to each coefficient, one synthesis per coefficient.
      const responses = Array.from({ length: ordering.count }, (_, k) => {
        const field = { ...randomField(6), ...constants, c: new Float64Array(28), s: new Float64Array(28) };
        (ordering.kind[k] === 0 ? field.c : field.s)[triangleIndex(ordering.degree[k], ordering.order[k])] =
          1;
        return synthesizeGrid(field, grid, 'equivalentWaterHeight', options).values;
      });
      const expected = got.values.map((_, i) => {
        let sum = 0;
        for (let k = 0; k < ordering.count; k++) {
          for (let l = 0; l < ordering.count; l++) {
            sum += responses[k][i] * covariance[k * ordering.count + l] * responses[l][i];
          }
        }
        return Math.sqrt(sum);
      });
      const relative = got.values.map((value, i) => value / expected[i] - 1);
      expect(Math.max(...relative.map(Math.abs))).toBeLessThan(1e-12);
    },
  );

  it('falls back to the diagonal version for a diagonal matrix', () => {
    const ordering = coefficientOrdering(0, 10);
    const covariance = new Float64Array(ordering.count ** 2);
    const next = random(3);
    const sigmaC = new Float64Array(triangleSize(10));
    const sigmaS = new Float64Array(triangleSize(10));
    for (let k = 0; k < ordering.count; k++) {
      const sigma = 1e-12 * (1.5 + next());
      covariance[k * ordering.count + k] = sigma ** 2;
      (ordering.kind[k] === 0 ? sigmaC : sigmaS)[triangleIndex(ordering.degree[k], ordering.order[k])] =
        sigma;
    }
    const field = { ...randomField(10), ...constants, sigmaC, sigmaS };
    const grid = regularGrid({ stepDegrees: 15 });
    const full = propagateCovariance(covariance, ordering, constants, grid, 'geoidHeight').values;
    const diagonal = propagateSigmas(field, grid, 'geoidHeight').values;
    expect(maxAbsDifference(full, diagonal) / Math.max(...full)).toBeLessThan(1e-13);
    expect(() => propagateSigmas(randomField(4), grid, 'geoidHeight')).toThrow(/sigmaC/);
  });

  it('is the same everywhere for isotropic errors: σ² = Σ (2n+1) f_n² σ_n²', () => {
    const ordering = coefficientOrdering(2, 12);
    const covariance = new Float64Array(ordering.count ** 2);
    for (let k = 0; k < ordering.count; k++)
      covariance[k * ordering.count + k] = 1e-24 * ordering.degree[k] ** 2;
    const { values } = propagateCovariance(
      covariance,
      ordering,
      constants,
      regularGrid({ stepDegrees: 30 }),
      'gravityDisturbance',
    );
    const { factors } = degreeFactors('gravityDisturbance', constants, 12);
    let variance = 0;
    for (let n = 2; n <= 12; n++) variance += (2 * n + 1) * factors[n] ** 2 * 1e-24 * n * n;
    for (const value of values) expect(value / Math.sqrt(variance)).toBeCloseTo(1, 12);
  });

  it('handles degree 60 on a 3 degree grid in seconds', () => {
    const ordering = coefficientOrdering(2, 60);
    const covariance = new Float64Array(ordering.count ** 2);
    for (let k = 0; k < ordering.count; k++) covariance[k * ordering.count + k] = 1e-24;
    const start = performance.now();
    const { values } = propagateCovariance(
      covariance,
      ordering,
      constants,
      regularGrid({ stepDegrees: 3 }),
      'geoidHeight',
    );
    const seconds = (performance.now() - start) / 1000;
    // Addition theorem: √(Σ (2n+1))·R·1e-12.
    expect(values[100] / (Math.sqrt(61 ** 2 - 4) * constants.radius * 1e-12)).toBeCloseTo(1, 10);
    console.info(`full covariance, degree 60, 3 degrees: ${seconds.toFixed(2)} s`);
    expect(seconds).toBeLessThan(20);
  });

  it('refuses a matrix of the wrong size', () => {
    const ordering = coefficientOrdering(2, 3);
    expect(() =>
      propagateCovariance(
        new Float64Array(3),
        ordering,
        constants,
        regularGrid({ stepDegrees: 90 }),
        'geoidHeight',
      ),
    ).toThrow(/covariance: 3 values/);
  });
});
