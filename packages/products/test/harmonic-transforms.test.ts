import { emptyGeopotential, type Geopotential, GRS80, triangleIndex } from '@gravity/geodesy';
import {
  analyzeGrid,
  createGridTransforms,
  GRS80_SURFACE,
  type Grid,
  type GridDefinition,
  gaussLegendreGrid,
  legendreFunctions,
  legendrePlan,
  regularGrid,
  synthesizeGrid,
} from '@gravity/products';
import { afterAll, describe, expect, it } from 'vitest';
import { maxAbsDifference, random } from './support.js';

/** Random coefficients of about 1/(n + 1): the sum of all degrees stays of the order of a few. */
function fieldOf(maxDegree: number, seed = 7): Geopotential {
  const next = random(seed);
  const field = emptyGeopotential(maxDegree, GRS80.gm, GRS80.semiMajorAxis, 'random', 'zero_tide');
  for (let n = 0; n <= maxDegree; n++) {
    for (let m = 0; m <= n; m++) {
      field.c[triangleIndex(n, m)] = (next() - 0.5) / (n + 1);
      if (m > 0) field.s[triangleIndex(n, m)] = (next() - 0.5) / (n + 1);
    }
  }
  return field;
}

/** The defining sum at grid points, with the Legendre functions that are checked against 1200 digits elsewhere. */
function directly(field: Geopotential, grid: Grid, points: readonly (readonly [number, number])[]) {
  const plan = legendrePlan(field.maxDegree);
  const legendre = new Float64Array(plan.a.length);
  return points.map(([i, j]) => {
    const phi = (grid.latitudeDegrees[i] * Math.PI) / 180;
    legendreFunctions(plan, Math.sin(phi), Math.max(0, Math.cos(phi)), legendre);
    let sum = 0;
    for (let m = 0; m <= field.maxDegree; m++) {
      const angle = (((m * grid.longitudeDegrees[j]) % 360) * Math.PI) / 180;
      for (let n = m; n <= field.maxDegree; n++) {
        const k = triangleIndex(n, m);
        sum +=
          legendre[plan.offset[m] + n - m] * (field.c[k] * Math.cos(angle) + field.s[k] * Math.sin(angle));
      }
    }
    return { got: grid.values[i * grid.longitudeDegrees.length + j], want: sum };
  });
}

const transforms = createGridTransforms(2);
afterAll(() => transforms.close());

describe('synthesis', () => {
  it('equals the defining sum at degree 2190 on a 0.25 degree grid, the poles included', async () => {
    const field = fieldOf(2190);
    const definition = regularGrid({ stepDegrees: 0.25, registration: 'corner' });
    const grid = await transforms.synthesize(field, definition, 'coefficient');
    const points = [
      [0, 0],
      [1, 77],
      [3, 1439],
      [200, 5],
      [360, 720],
      [361, 11],
      [700, 900],
      [720, 3],
    ] as const;
    for (const { got, want } of directly(field, grid, points)) {
      // 2.4 million terms of order one, and the recursion's own 2e-10 at the pole
      expect(Math.abs(got - want)).toBeLessThan(2e-10 * Math.max(1, Math.abs(want)));
    }
  });

  it.each([1, 2, 7, 30, 77, 143, 1001])('equals the defining sum with %i longitudes', (columns) => {
    const field = fieldOf(40);
    const definition: GridDefinition = {
      // not mirrored at the equator, an odd number of rings
      latitudeDegrees: Float64Array.from([83, 12, 0, -7, -60]),
      longitudeDegrees: Float64Array.from({ length: columns }, (_, j) => 3 + (360 * j) / columns),
    };
    const grid = synthesizeGrid(field, definition, 'coefficient');
    const points = [0, 1, 2, 3, 4].map((i) => [i, (i * 13) % columns] as const);
    for (const { got, want } of directly(field, grid, points))
      expect(Math.abs(got - want)).toBeLessThan(1e-12);
  });
});

describe('threads', () => {
  it('give the same grid and the same coefficients to the bit', async () => {
    const field = fieldOf(120);
    const options = { surface: GRS80_SURFACE, minDegree: 2 };
    for (const definition of [
      regularGrid({ stepDegrees: 1 }),
      regularGrid({ stepDegrees: 1, registration: 'corner' }),
      regularGrid({
        stepDegrees: 1,
        bounds: { westDegrees: -10, eastDegrees: 20, southDegrees: 5, northDegrees: 60 },
      }),
    ]) {
      const one = synthesizeGrid(field, definition, 'geoidHeight', options);
      const two = await transforms.synthesize(field, definition, 'geoidHeight', options);
      expect(two.values.length).toBe(one.values.length);
      expect(maxAbsDifference(one.values, two.values)).toBe(0);
    }
    const grid = synthesizeGrid(field, gaussLegendreGrid(120), 'geoidHeight');
    const one = analyzeGrid(grid, 120, 'geoidHeight', field);
    const two = await transforms.analyze(grid, 120, 'geoidHeight', field);
    expect(maxAbsDifference(one.c, two.c)).toBe(0);
    expect(maxAbsDifference(one.s, two.s)).toBe(0);
  });

  it('work on grids one after the other, and on none after the end', async () => {
    const own = createGridTransforms(2);
    const fields = [1, 2, 3, 4].map((seed) => fieldOf(20, seed));
    const definition = regularGrid({ stepDegrees: 5 });
    const grids = await Promise.all(fields.map((f) => own.synthesize(f, definition, 'coefficient')));
    fields.forEach((field, k) => {
      expect(maxAbsDifference(grids[k].values, synthesizeGrid(field, definition, 'coefficient').values)).toBe(
        0,
      );
    });
    await own.close();
    await expect(own.synthesize(fields[0], definition, 'coefficient')).rejects.toThrow(/closed/);
    expect(() => createGridTransforms(0)).toThrow(/threads/);
  });
});
