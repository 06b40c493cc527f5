import { degreeFactors, FUNCTIONAL_NAMES, functionalInfo, gaussianWeights } from '@gravity/products';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixture } from './support.js';

const constants = { gm: 3.986004415e14, radius: 6378136.3 };

describe('degree factors', () => {
  it('are the textbook ones', () => {
    const k = [0, 0.021, -0.3054020195, -0.1960294041];
    const factor = (name: (typeof FUNCTIONAL_NAMES)[number], n: number): number =>
      degreeFactors(name, constants, 3, { loadLoveK: k }).factors[n];
    // Numbers worked out by hand in decimal arithmetic from the formulas.
    expect(factor('geoidHeight', 3)).toBe(6378136.3);
    expect(factor('potential', 2) / 62494813.963132).toBeCloseTo(1, 12);
    expect(factor('gravityAnomaly', 3) / factor('gravityDisturbance', 3)).toBeCloseTo(0.5, 14);
    expect(factor('gravityDisturbance', 0)).toBeCloseTo(9.798287622535, 11);
    expect(factor('gravityAnomalyMilligal', 3) / factor('gravityAnomaly', 3)).toBeCloseTo(1e5, 8);
    // 6378136.3·5517/3000·5/(1 − 0.3054020195)
    expect(factor('equivalentWaterHeight', 2) / 84432959.675874).toBeCloseTo(1, 12);
    expect(factor('surfaceDensity', 3) / factor('equivalentWaterHeight', 3)).toBeCloseTo(1000, 10);
    expect(factor('gravityAnomaly', 1)).toBe(0);
  });

  it('name a unit for every functional', () => {
    for (const name of FUNCTIONAL_NAMES) expect(functionalInfo(name).unit.length).toBeGreaterThan(0);
  });

  it('refuse short or singular Love numbers by name', () => {
    const make = (loadLoveK: number[]) => () =>
      degreeFactors('equivalentWaterHeight', constants, 3, { loadLoveK });
    expect(make([0, 0.02, -0.3])).toThrow(/ends at degree 2/);
    expect(make([0, -1, -0.3, -0.2])).toThrow(/vanishes at degree 1/);
  });
});

describe('gaussian weights', () => {
  const reference = fixture<{ earthRadius: number; weights: Record<string, [number, string][]> }>(
    'gaussian-mpmath.json',
  );

  it('agree with the integral of the kernel at 40 digits', () => {
    for (const [radius, rows] of Object.entries(reference.weights)) {
      for (const [degree, value] of rows) {
        const weight = gaussianWeights(degree, Number(radius), reference.earthRadius)[degree];
        // Products of up to 400 ratios: relative 1e-12 even where the weight is 1e-28.
        expect(Math.abs(weight / Number(value) - 1), `${radius} m, degree ${degree}`).toBeLessThan(1e-12);
      }
    }
  });

  it('fall monotonically and stay positive to degree 2000 for any radius', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e3, max: 5e6, noNaN: true }), (radius) => {
        const weights = gaussianWeights(2000, radius);
        for (let n = 1; n <= 2000; n++) {
          if (!(weights[n] <= weights[n - 1] && weights[n] >= 0)) return false;
        }
        return weights[0] === 1;
      }),
      { numRuns: 30 },
    );
  });

  it('are one without smoothing and refuse nonsense', () => {
    expect([...gaussianWeights(3, 0)]).toEqual([1, 1, 1, 1]);
    expect(() => gaussianWeights(3, -1)).toThrow(/smoothingRadius/);
    expect(() => gaussianWeights(3, Number.NaN)).toThrow(/smoothingRadius/);
  });
});
