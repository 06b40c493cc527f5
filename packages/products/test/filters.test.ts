import { coefficientOrdering, emptyGeopotential, type Geopotential, triangleIndex } from '@gravity/geodesy';
import { createLinearAlgebra, type LinearAlgebra } from '@gravity/linalg';
import {
  applyBlockFilter,
  buildDecorrelationFilter,
  destripeField,
  destripeWindow,
  GRACE_MONTH,
  gaussianWeights,
  invertOrderBlocks,
  orderBlocksOf,
  pairMissionNormals,
  smoothField,
} from '@gravity/products';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture, maxAbsDifference, randomField } from './support.js';

/** numpy; see fixtures/make-filters.py. */
interface NumpyFilters {
  readonly apply: {
    readonly blocks: readonly {
      readonly order: number;
      readonly kind: 0 | 1;
      readonly degreeFirst: number;
      readonly matrix: number[];
    }[];
    readonly cases: readonly Record<
      'c' | 's' | 'sigmaC' | 'sigmaS' | 'filteredC' | 'filteredS' | 'filteredSigmaC' | 'filteredSigmaS',
      number[]
    >[];
  };
  readonly build: {
    readonly matrix: number[];
    readonly weight: number;
    readonly power: number;
    readonly blocks: readonly {
      readonly order: number;
      readonly kind: 0 | 1;
      readonly matrix: number[];
    }[];
  };
  readonly destripe: Record<'c' | 's' | 'destripedC' | 'destripedS', number[]> & { readonly degree: number };
  readonly pair: {
    readonly orbitRadius: number;
    readonly inclination: number;
    readonly degree: number;
    readonly gm: number;
    readonly radius: number;
    readonly blocks: number[][];
  };
}

const numpy = fixture<NumpyFilters>('filters-numpy.json');
let la: LinearAlgebra;
beforeAll(async () => {
  la = await createLinearAlgebra({ backend: 'wasm', threads: 1 });
});
afterAll(() => la.close());

function fieldOf(c: readonly number[], s: readonly number[]): Geopotential {
  const maxDegree = Math.round(Math.sqrt(2 * c.length + 0.25) - 1.5);
  const empty = emptyGeopotential(maxDegree, 3.986004415e14, 6378136.3, 'numpy', 'zero_tide');
  return { ...empty, c: Float64Array.from(c), s: Float64Array.from(s) };
}

describe('a block filter', () => {
  const blocks = numpy.apply.blocks.map(({ matrix, ...block }) => ({
    ...block,
    size: Math.round(Math.sqrt(matrix.length)),
    matrix: Float64Array.from(matrix),
  }));

  it.each(numpy.apply.cases)('gives what numpy gives, above and below its degree', (numbers) => {
    const field = {
      ...fieldOf(numbers.c, numbers.s),
      sigmaC: Float64Array.from(numbers.sigmaC),
      sigmaS: Float64Array.from(numbers.sigmaS),
    };
    const filtered = applyBlockFilter(field, { blocks });
    // The figure asked is 1e-12 of the coefficients, which are of size 1; eleven products of doubles leave 2e-15.
    expect(maxAbsDifference(filtered.c, numbers.filteredC)).toBeLessThan(2e-15);
    expect(maxAbsDifference(filtered.s, numbers.filteredS)).toBeLessThan(2e-15);
    expect(maxAbsDifference(filtered.sigmaC ?? [], numbers.filteredSigmaC)).toBeLessThan(2e-15);
    expect(maxAbsDifference(filtered.sigmaS ?? [], numbers.filteredSigmaS)).toBeLessThan(2e-15);
    expect(filtered.name).toBe('numpy');
  });

  it('leaves degrees 0 and 1 and drops those above it', () => {
    const filtered = applyBlockFilter(randomField(15), { blocks });
    const [from, to] = [randomField(15), filtered];
    expect(to.c.subarray(0, 3)).toEqual(from.c.subarray(0, 3));
    expect([...to.c.subarray(triangleIndex(13, 0))].every((x) => x === 0)).toBe(true);
    expect(filtered.sigmaC).toBeUndefined();
  });
});

describe('a filter built from normal equations', () => {
  const { matrix, weight, power, blocks } = numpy.build;

  it('is (N + αM)⁻¹N of every order, as numpy solves it', async () => {
    const normals = orderBlocksOf(Float64Array.from(matrix), 2, 6);
    const filter = await buildDecorrelationFilter(normals, { weight, power }, la);
    expect(filter).toMatchObject({ degreeMin: 2, degreeMax: 6, metadata: { Lmin: 2, Lmax: 6 } });
    filter.blocks.forEach((block, i) => {
      expect([block.order, block.kind]).toEqual([blocks[i].order, blocks[i].kind]);
      // conditions up to 1e4 of the blocks
      expect(maxAbsDifference(block.matrix, blocks[i].matrix)).toBeLessThan(1e-12);
    });
  });

  it('is the same from the covariance of the errors', async () => {
    const normals = orderBlocksOf(Float64Array.from(matrix), 2, 6);
    const again = await invertOrderBlocks(await invertOrderBlocks(normals, la), la);
    const filter = await buildDecorrelationFilter(again, { weight, power }, la);
    filter.blocks.forEach((block, i) => {
      expect(maxAbsDifference(block.matrix, blocks[i].matrix)).toBeLessThan(1e-10);
    });
  });

  it('lets everything pass where the data are strong and nothing where they say nothing', async () => {
    const { count, degree } = coefficientOrdering(2, 4);
    const normals = new Float64Array(count * count);
    for (let i = 0; i < count; i++) normals[i * count + i] = degree[i] === 4 ? 0 : 1e20;
    const filter = await buildDecorrelationFilter(orderBlocksOf(normals, 2, 4), { weight: 1 }, la);
    const field = randomField(4);
    const filtered = applyBlockFilter(field, filter);
    for (let k = 3; k < triangleIndex(4, 0); k++) expect(filtered.c[k] / field.c[k]).toBeCloseTo(1, 12);
    expect(filtered.c.subarray(triangleIndex(4, 0))).toEqual(new Float64Array(5));
  });

  it('refuses what is no law and no normal matrix', async () => {
    const normals = orderBlocksOf(Float64Array.from(matrix), 2, 6);
    await expect(buildDecorrelationFilter(normals, { weight: 0 }, la)).rejects.toThrow(/a positive weight/);
    const bad = normals.map((b) => ({ ...b, matrix: b.matrix.map((v) => -v) }));
    await expect(buildDecorrelationFilter(bad, { weight: 1e-9 }, la)).rejects.toThrow(
      /block C of order 0 is not positive definite \(at degree 2\)/,
    );
    expect(() => orderBlocksOf(new Float64Array(9), 2, 6)).toThrow(/9 values, degrees 2 to 6 need 45²/);
  });
});

describe('normal equations of a pair of satellites', () => {
  it('are those of range rates computed in time, with the equations of motion solved in numpy', () => {
    const { orbitRadius, inclination, degree, blocks, ...constants } = numpy.pair;
    const mission = { ...GRACE_MONTH, orbitRadius, inclination };
    const ours = pairMissionNormals(2, degree, mission, constants);
    expect(ours.length).toBe(blocks.length);
    ours.forEach(({ matrix, size }, b) => {
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++) {
          const scale = Math.sqrt(matrix[i * size + i] * matrix[j * size + j]);
          // gradients there are differences: 1e-4 rad along the orbit, 1 m upwards
          expect(Math.abs(matrix[i * size + j] - blocks[b][i * size + j]) / scale).toBeLessThan(2e-6);
        }
      }
    });
  });
});

describe('removal of stripes', () => {
  it('is the polynomial of moving windows that numpy fits', () => {
    const { c, s, destripedC, destripedS } = numpy.destripe;
    const field = destripeField(fieldOf(c, s));
    // coefficients of size 1; polyfit works with powers up to 26⁴
    expect(maxAbsDifference(field.c, destripedC)).toBeLessThan(1e-12);
    expect(maxAbsDifference(field.s, destripedS)).toBeLessThan(1e-12);
  });

  it('takes a quadratic of one parity away, and leaves low orders and what alternates', () => {
    const field = randomField(40);
    const stripes = emptyGeopotential(40, field.gm, field.radius);
    for (let n = 9; n <= 40; n++) {
      for (let m = 0; m <= n; m++)
        stripes.c[triangleIndex(n, m)] = n % 2 === 0 ? 1 + 0.1 * n - 0.01 * n * n : 3 - n;
    }
    const clean = destripeField(stripes);
    for (let n = 9; n <= 40; n++) {
      expect(clean.c[triangleIndex(n, 7)]).toBe(stripes.c[triangleIndex(n, 7)]);
      // orders near 40 have too few coefficients
      for (let m = 9; m <= 31 && m <= n; m++)
        expect(Math.abs(clean.c[triangleIndex(n, m)])).toBeLessThan(1e-12);
    }
    const last = triangleIndex(40, 36);
    expect(destripeField(field).c[last]).toBe(field.c[last]);
  });

  it('has windows as published: wide at low orders, five coefficients at high ones', () => {
    expect([8, 10, 15, 20, 21, 60].map((m) => destripeWindow(m))).toEqual([13, 11, 7, 5, 5, 5]);
  });
});

describe('smoothing of a field', () => {
  it('multiplies degrees by the Gaussian weights', () => {
    const field = randomField(20);
    const weights = gaussianWeights(20, 500e3, field.radius);
    const smooth = smoothField({ ...field, sigmaC: field.c.map(Math.abs) }, 500e3);
    const k = triangleIndex(17, 5);
    expect(smooth.c[k]).toBe(field.c[k] * weights[17]);
    expect(smooth.sigmaC?.[k]).toBe(Math.abs(field.c[k]) * weights[17]);
    expect(smooth.sigmaS).toBeUndefined();
  });
});
