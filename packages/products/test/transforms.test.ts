import {
  equiangularWeights,
  fft,
  fftPlan,
  gaussLegendre,
  legendreFunctions,
  legendrePlan,
} from '@gravity/products';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixture, maxAbsDifference, random } from './support.js';

describe('fft', () => {
  it('equals the defining sum for any length', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 130 }),
        fc.integer(),
        fc.constantFrom(1 as const, -1 as const),
        (size, seed, sign) => {
          const next = random(seed);
          const re = Float64Array.from({ length: size }, next);
          const im = Float64Array.from({ length: size }, next);
          const wantRe = new Float64Array(size);
          const wantIm = new Float64Array(size);
          for (let k = 0; k < size; k++) {
            for (let j = 0; j < size; j++) {
              const angle = (sign * 2 * Math.PI * ((j * k) % size)) / size;
              wantRe[k] += re[j] * Math.cos(angle) - im[j] * Math.sin(angle);
              wantIm[k] += re[j] * Math.sin(angle) + im[j] * Math.cos(angle);
            }
          }
          fft(fftPlan(size), re, im, sign);
          // Sums of up to 130 terms of order one.
          return maxAbsDifference(re, wantRe) < 1e-12 && maxAbsDifference(im, wantIm) < 1e-12;
        },
      ),
    );
  });
});

describe('legendre functions', () => {
  it('agree with the hypergeometric definition at 1200 digits, to degree 2190', () => {
    const { values } = fixture<{ values: [number, number, number, string][] }>('legendre-mpmath.json');
    for (const [n, m, latitude, text] of values) {
      const plan = legendrePlan(n);
      const phi = (latitude * Math.PI) / 180;
      const all = legendreFunctions(plan, Math.sin(phi), Math.cos(phi), new Float64Array(plan.a.length));
      const got = all[plan.offset[m] + n - m];
      // Holmes & Featherstone report 1e-10 or better; the argument's own rounding times n explains 1e-12 near poles.
      expect(Math.abs(got - Number(text)), `n=${n} m=${m} φ=${latitude}`).toBeLessThan(
        2e-11 * Math.max(1, Math.abs(Number(text))),
      );
    }
  });

  it('satisfy Σ_m P̄_nm² = 2n + 1 at every latitude up to degree 2190', () => {
    const plan = legendrePlan(2190);
    const out = new Float64Array(plan.a.length);
    for (const latitude of [0, 0.01, 30, 45, 60, 85, 89.9, 89.999, 90]) {
      const phi = (latitude * Math.PI) / 180;
      legendreFunctions(plan, Math.sin(phi), latitude === 90 ? 0 : Math.cos(phi), out);
      for (const n of [2, 100, 720, 1500, 2190]) {
        let sum = 0;
        for (let m = 0; m <= n; m++) sum += out[plan.offset[m] + n - m] ** 2;
        // Rounding grows with n² at the pole, where the recursion is a second difference.
        expect(Math.abs(sum / (2 * n + 1) - 1), `n=${n} φ=${latitude}`).toBeLessThan(2e-10);
      }
    }
  });

  it('refuse degrees beyond the range of the scaling', () => {
    expect(() => legendrePlan(2701)).toThrow(/maxDegree/);
    expect(() => legendrePlan(1.5)).toThrow(/maxDegree/);
  });
});

describe('quadrature', () => {
  it('integrates monomials exactly to the promised degree', () => {
    const integral = (degree: number): number => (degree % 2 === 0 ? 2 / (degree + 1) : 0);
    const check = (nodes: Float64Array, weights: Float64Array, exact: number): void => {
      for (let degree = 0; degree <= exact; degree++) {
        const sum = nodes.reduce((total, x, i) => total + weights[i] * x ** degree, 0);
        expect(Math.abs(sum - integral(degree))).toBeLessThan(1e-14);
      }
    };
    for (const rows of [1, 2, 5, 8, 31]) {
      const { nodes, weights } = gaussLegendre(rows);
      check(nodes, weights, 2 * rows - 1);
      const centres = Float64Array.from({ length: rows }, (_, i) => Math.cos((Math.PI * (i + 0.5)) / rows));
      check(centres, equiangularWeights(rows, 'centre'), rows - 1);
      if (rows === 1) continue;
      const corners = Float64Array.from({ length: rows }, (_, i) => Math.cos((Math.PI * i) / (rows - 1)));
      check(corners, equiangularWeights(rows, 'corner'), rows - 1);
    }
  });

  it('has the tabulated nodes of five points', () => {
    const { nodes, weights } = gaussLegendre(5);
    // Abramowitz & Stegun, table 25.4, n = 5.
    expect(nodes[0]).toBeCloseTo(0.906179845938664, 14);
    expect(weights[0]).toBeCloseTo(0.236926885056189, 14);
    expect(nodes[1]).toBeCloseTo(0.538469310105683, 14);
    expect(weights[2]).toBeCloseTo(0.568888888888889, 14);
  });
});
