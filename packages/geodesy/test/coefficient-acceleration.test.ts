import {
  CoefficientAcceleration,
  emptyGeopotential,
  GravityEvaluator,
  triangleIndex,
} from '@gravity/geodesy';
import { describe, expect, it } from 'vitest';
import { maxAbsDifference } from './helpers.js';

describe('CoefficientAcceleration', () => {
  it('agrees with the evaluator of a fixed field, at the pole too', () => {
    const field = emptyGeopotential(40, 3.986004415e14, 6378136.3);
    field.c[0] = 1;
    for (let n = 2; n <= 40; n++) {
      for (let m = 0; m <= n; m++) {
        const i = triangleIndex(n, m);
        field.c[i] = (1e-5 / n ** 2) * Math.sin(7.1 * i);
        field.s[i] = m === 0 ? 0 : (1e-5 / n ** 2) * Math.cos(3.3 * i);
      }
    }
    const fixed = new GravityEvaluator(field);
    const variable = new CoefficientAcceleration(40, field.gm, field.radius);
    const [a, b] = [new Float64Array(3), new Float64Array(3)];
    for (const [x, y, z] of [
      [6.8e6, 1e5, -2e5],
      [-3.1e6, 4.9e6, 3.5e6],
      [0, 0, 6.87e6],
      [1, -2, -6.87e6],
    ]) {
      fixed.acceleration(x, y, z, a);
      variable.acceleration(field.c, field.s, x, y, z, b);
      // Rounding of 8.5 m/s².
      expect(maxAbsDifference(a, b)).toBeLessThan(5e-15);
    }
  });
});
