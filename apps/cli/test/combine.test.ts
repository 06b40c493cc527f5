import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Coefficient,
  chooseWeights,
  combineSystems,
  contributionsPerDegree,
  type NormalsSystem,
  openCommonSystems,
  openNormalsSystem,
  solveCombined,
  weightedSum,
  writeCombinedNormals,
} from '@gravity/cli';
import { packedIndex, readSinex, type SinexNormals } from '@gravity/formats';
import {
  coefficientOrdering,
  emptyGeopotential,
  type Geopotential,
  PERMANENT_TIDE_C20,
  triangleIndex,
} from '@gravity/geodesy';
import { createLinearAlgebra, type LinearAlgebra } from '@gravity/linalg';
import { K20_ANELASTIC } from '@gravity/products';
import { contributionPerDegree, GaussianNoise } from '@gravity/recovery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const SINEX = new URL('../../../packages/formats/test/fixtures/sinex/', import.meta.url).pathname;
const TUG = `${SINEX}normals_swarm1_2013-11.snx.txt.gz`;
const ASU = `${SINEX}GSWARM_NE_SABC_ASU_2014-08_01_IFG.snx.txt.gz`;
const CONSTANTS = { gm: 3.986004415e14, radius: 6378136.3 };

const NONE = { kaula: 0, tikhonov: 0 };

let la: LinearAlgebra;
const folder = mkdtempSync(join(tmpdir(), 'gravity-combine-'));
beforeAll(async () => {
  la = await createLinearAlgebra({ backend: 'wasm', threads: 1 });
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await la.close();
});

const open = (path: string) => openNormalsSystem(path, CONSTANTS);
const at = (field: Geopotential, { kind, degree, order }: Coefficient, sigma = false) => {
  const [c, s] = sigma ? [field.sigmaC, field.sigmaS] : [field.c, field.s];
  return ((kind === 0 ? c : s) as Float64Array)[triangleIndex(degree, order)];
};
async function solve(
  systems: readonly NormalsSystem[],
  reference: Geopotential,
  weights = systems.map(() => 1),
) {
  return solveCombined(
    await combineSystems(systems, weights, reference, la),
    reference,
    { kaula: 0, tikhonov: 0 },
    la,
  );
}
/** The file with all it holds, read by the reader of the formats package alone. */
const published = (path: string): Promise<SinexNormals> => readSinex(createReadStream(path), { file: path });

describe('published normal equations', () => {
  for (const [who, path, estimates] of [
    ['TU Graz', TUG, 'corrections'],
    ['ASU Prague', ASU, 'totals'],
  ] as const) {
    it(`of ${who} alone give its published estimates and errors`, async () => {
      const system = await open(path);
      const { field, sigma0 } = await solve([system], system.reference);
      const { estimate, estimateSigma } = await published(path);
      system.coefficients.forEach((coefficient, i) => {
        const sigma = (estimateSigma as Float64Array)[i];
        const x = at(field, coefficient) - (estimates === 'totals' ? 0 : at(system.reference, coefficient));
        // fifteen digits of the elements: 2e-8 sigma where the coefficients are totals (see the test of the reader)
        expect(Math.abs(x - (estimate as Float64Array)[i]) / sigma).toBeLessThan(1e-6);
        // six digits in the file
        expect(Math.abs(at(field, coefficient, true) / sigma - 1)).toBeLessThan(6e-6);
      });
      // Graz scaled its weights to a unit variance; Prague gives the square sum after the fit, which must be noticed
      if (path === TUG) expect(sigma0).toBeCloseTo(1, 5);
      else expect(sigma0).toBeUndefined();
    });
  }

  it('together give the mean weighted by their matrices, with smaller errors', async () => {
    const [tug, asu] = [await open(TUG), await open(ASU)];
    const reference = asu.reference; // tide free; Graz does not say and is taken as the same
    const { field } = await solve([tug, asu], reference);
    // N₁(x − x₁) + N₂(x − x₂) = 0 with the published estimates, which our sums have not seen
    const files = [await published(TUG), await published(ASU)];
    const n = tug.coefficients.length;
    const gradient = new Float64Array(n);
    const size = new Float64Array(n);
    const diagonal = new Float64Array(n);
    for (const [k, { matrix, estimate, apriori, parameters }] of files.entries()) {
      const total = (i: number) =>
        (estimate as Float64Array)[i] + (k === 0 ? (apriori as Float64Array)[i] : 0);
      expect(parameters.map(({ type, degree, order }) => `${type} ${degree} ${order}`)).toEqual(
        files[0].parameters.map(({ type, degree, order }) => `${type} ${degree} ${order}`),
      );
      const d = Float64Array.from(tug.coefficients, (c, i) => at(field, c) - total(i));
      for (let i = 0; i < n; i++) {
        diagonal[i] += (matrix as Float64Array)[packedIndex(n, i, i)];
        for (let j = 0; j < n; j++) {
          const element = (matrix as Float64Array)[i <= j ? packedIndex(n, i, j) : packedIndex(n, j, i)];
          gradient[i] += element * d[j];
          size[i] += Math.abs(element * d[j]);
        }
      }
    }
    for (let i = 0; i < n; i++) {
      // what is left as a part of sigma, which is at most 1/√N_ii
      expect(Math.abs(gradient[i]) / Math.sqrt(diagonal[i])).toBeLessThan(1e-5);
      expect(size[i]).toBeGreaterThan(1e3 * Math.abs(gradient[i]));
    }
    tug.coefficients.forEach((coefficient, i) => {
      const sigma = at(field, coefficient, true);
      for (const { estimateSigma } of files) expect(sigma).toBeLessThan((estimateSigma as Float64Array)[i]);
    });
  });

  it('brings tide systems together: the permanent tide of C20', async () => {
    const asu = await open(ASU);
    const zero = { ...asu.reference, tideSystem: 'zero_tide' as const };
    const [free, shifted] = [await solve([asu], asu.reference), await solve([asu], zero)];
    const i = triangleIndex(2, 0);
    // 1e-6 of the sigma of 1.9e-11
    expect(Math.abs(shifted.field.c[i] - free.field.c[i] - PERMANENT_TIDE_C20 * K20_ANELASTIC)).toBeLessThan(
      2e-17,
    );
  });

  it('are written and read again, as SINEX and binary', async () => {
    const systems = [await open(TUG), await open(ASU)];
    const weights = [2, 0.5];
    const reference = systems[0].reference;
    const combined = await combineSystems(systems, weights, reference, la);
    const { field } = await solveCombined(combined, reference, { kaula: 0, tikhonov: 0 }, la);
    for (const name of ['sum.snx', 'sum.gnm']) {
      const path = join(folder, name);
      await writeCombinedNormals(path, { combined, systems, weights, reference, field, producer: 'test' });
      const again = await open(path);
      expect(again.observationCount).toBe(systems[0].observationCount + systems[1].observationCount);
      expect(again.reference.gm).toBe(CONSTANTS.gm);
      const solved = await solve([again], again.reference);
      again.coefficients.forEach((c) => {
        const sigma = at(field, c, true);
        // SINEX has fifteen digits: as above
        expect(Math.abs(at(solved.field, c) - at(field, c)) / sigma).toBeLessThan(
          name === 'sum.snx' ? 1e-6 : 1e-9,
        );
        expect(Math.abs(at(solved.field, c, true) / sigma - 1)).toBeLessThan(1e-9);
      });
    }
  });
});

describe('systems about different fields, with different constants', () => {
  const { degree, order, kind, count } = coefficientOrdering(2, 4);
  const coefficients = Array.from(
    { length: count },
    (_, i): Coefficient => ({
      kind: kind[i] === 0 ? 0 : 1,
      degree: degree[i],
      order: order[i],
    }),
  );
  const common = emptyGeopotential(4, CONSTANTS.gm, CONSTANTS.radius, 'common', 'zero_tide');
  const noise = new GaussianNoise(5);
  const sigma = 0.3;
  const truth = Float64Array.from({ length: count }, () => noise.next());
  const rows = Array.from({ length: 300 }, () => {
    const a = Float64Array.from({ length: count }, () => noise.next());
    return { a, l: a.reduce((sum, v, i) => sum + v * truth[i], 0) + sigma * noise.next() };
  });

  /** Normals of some rows for the first `used` coefficients, about x₀ and in other constants. */
  function systemOf(
    part: typeof rows,
    offset: number,
    gm: number,
    radius: number,
    used = count,
  ): NormalsSystem {
    const list = coefficients.slice(0, used);
    // x_common = factor·x_file, so the columns of the file are factor times those of the common system
    const factor = list.map((c) => (gm / common.gm) * (radius / common.radius) ** c.degree);
    const start = list.map((_, i) => (truth[i] + offset * (i % 3)) / factor[i]);
    const reference = { ...emptyGeopotential(4, gm, radius, 'other', 'zero_tide') };
    list.forEach((c, i) => {
      (c.kind === 0 ? reference.c : reference.s)[triangleIndex(c.degree, c.order)] = start[i];
    });
    const design = part.map(({ a }) => list.map((_, i) => (a[i] * factor[i]) / sigma));
    const reduced = part.map(
      ({ l }, k) => l / sigma - design[k].reduce((sum, v, i) => sum + v * start[i], 0),
    );
    return {
      name: 'synthetic',
      coefficients: list,
      reference,
      rightHandSide: Float64Array.from(list, (_, i) =>
        design.reduce((sum, row, k) => sum + row[i] * reduced[k], 0),
      ),
      weightedSquareSum: reduced.reduce((sum, v) => sum + v * v, 0),
      observationCount: part.length,
      eliminatedParameterCount: 0,
      readElements: async (take) => {
        // the lower triangle, as some files have it
        for (let i = 0; i < used; i++)
          for (let j = 0; j <= i; j++)
            take(
              i,
              j,
              design.reduce((sum, row) => sum + row[i] * row[j], 0),
            );
      },
    };
  }

  /** Least squares of weighted rows by Gauss' elimination with pivots. */
  function direct(weighted: readonly { a: Float64Array; l: number; w: number }[]) {
    const m = Array.from({ length: count }, (_, i) =>
      Array.from({ length: count + 1 }, (_, j) =>
        weighted.reduce((sum, { a, l, w }) => sum + (w * a[i] * (j < count ? a[j] : l)) / sigma ** 2, 0),
      ),
    );
    for (let i = 0; i < count; i++) {
      let pivot = i;
      for (let k = i; k < count; k++) if (Math.abs(m[k][i]) > Math.abs(m[pivot][i])) pivot = k;
      [m[i], m[pivot]] = [m[pivot], m[i]];
      for (let k = 0; k < count; k++) {
        if (k === i) continue;
        const f = m[k][i] / m[i][i];
        for (let j = i; j <= count; j++) m[k][j] -= f * m[i][j];
      }
    }
    const x = m.map((row, i) => row[count] / row[i]);
    const square = weighted.reduce(
      (sum, { a, l, w }) => sum + (w * (l - a.reduce((s, v, i) => s + v * x[i], 0)) ** 2) / sigma ** 2,
      0,
    );
    return { x, sigma0: Math.sqrt(square / (weighted.length - count)) };
  }

  it('give the least-squares solution of all their rows', async () => {
    const [first, second] = [rows.slice(0, 120), rows.slice(120)];
    const systems = [systemOf(first, 0.7, 3.9e14, 6.4e6), systemOf(second, -0.2, 3.986e14, 6378137)];
    const weights = [0.25, 4];
    const { field, sigma0 } = await solve(systems, common, weights);
    const expected = direct([
      ...first.map((r) => ({ ...r, w: 0.25 })),
      ...second.map((r) => ({ ...r, w: 4 })),
    ]);
    coefficients.forEach((c, i) => {
      expect(Math.abs(at(field, c) - expected.x[i])).toBeLessThan(1e-12);
    });
    expect(sigma0).toBeCloseTo(expected.sigma0, 10);
  });

  it('may hold different coefficients', async () => {
    // degree 4 is in the second alone; rows of the first know nothing of it
    const low = rows.slice(0, 100).map(({ a, l }) => ({
      a: a.map((v, i) => (degree[i] <= 3 ? v : 0)),
      l: l - a.reduce((sum, v, i) => sum + (degree[i] <= 3 ? 0 : v * truth[i]), 0),
    }));
    const systems = [systemOf(low, 0.1, 4e14, 6.4e6, 12), systemOf(rows.slice(100), 0, 4e14, 6.3e6)];
    const { field } = await solve(systems, common);
    const expected = direct([...low, ...rows.slice(100)].map((row) => ({ ...row, w: 1 })));
    coefficients.forEach((c, i) => {
      expect(Math.abs(at(field, c) - expected.x[i])).toBeLessThan(1e-12);
    });
  });

  describe('with weights from variance components', () => {
    // what the files state is wrong by these factors of the standard deviation
    const factors = [1, 3, 0.5];
    const sets = factors.map((factor) =>
      Array.from({ length: 400 }, () => {
        const a = Float64Array.from({ length: count }, () => noise.next());
        return {
          a,
          l: a.reduce((sum, v, i) => sum + v * truth[i], 0) + factor * sigma * noise.next(),
        };
      }),
    );
    const names = ['a', 'b', 'c'];
    const given = (kaula = 0) => ({
      weights: 'vce' as const,
      regularization: { kaula, tikhonov: 0 },
      regularizationWeight: kaula > 0 ? ('vce' as const) : ('given' as const),
    });
    const commonOf = () =>
      openCommonSystems(
        sets.map((set, k) => systemOf(set, 0.3 * k, (4 - 0.01 * k) * 1e14, 6.3e6)),
        common,
        la,
      );

    it('finds the noise of every file, from whatever weights it starts', async () => {
      const systems = await commonOf();
      const found = await chooseWeights(systems, names, [1, 1, 1], common, given(), la);
      expect(found.variances?.converged).toBe(true);
      factors.forEach((factor, k) => {
        // 400 rows less a third of 21 parameters: a variance is good to sqrt(2/393) = 7 %; three times that
        expect(Math.abs(1 / (found.weights[k] * factor ** 2) - 1)).toBeLessThan(0.21);
      });
      const again = await chooseWeights(systems, names, [20, 0.3, 1], common, given(), la);
      found.weights.forEach((weight, k) => {
        // converged to 1e-3 of the variances
        expect(Math.abs(again.weights[k] / weight - 1)).toBeLessThan(2e-3);
      });
      // With the weights found, the whole has unit variance, and the field is nearer to the truth.
      const solved = await solveCombined(weightedSum(systems, found.weights, la), common, NONE, la);
      expect(Math.abs((solved.sigma0 as number) - 1)).toBeLessThan(1e-3);
      const distance = (field: Geopotential) =>
        Math.hypot(...coefficients.map((c, i) => at(field, c) - truth[i]));
      const equal = await solveCombined(weightedSum(systems, [1, 1, 1], la), common, NONE, la);
      expect(distance(solved.field)).toBeLessThan(distance(equal.field));
    });

    it('finds the weight of the regularization beside them', async () => {
      const kaula = 8;
      const found = await chooseWeights(await commonOf(), names, [1, 1, 1], common, given(kaula), la);
      // the coefficients are of size 1 about zero: K = (n²/8)² is off by the mean of (x·n²)² over its 21 terms
      const size = truth.reduce((sum, x, i) => sum + (x * degree[i] ** 2) ** 2, 0) / count;
      expect(found.regularization.kaula / Math.sqrt(size)).toBeCloseTo(1, 1);
    });

    it('shares the coefficients out among files and regularization', async () => {
      const systems = await commonOf();
      const weights = [1, 1 / 9, 4];
      const regularization = { kaula: 0.5, tikhonov: 0 };
      const solved = await solveCombined(weightedSum(systems, weights, la), common, regularization, la);
      const shares = contributionsPerDegree(systems, weights, solved.covariance);
      const total = contributionPerDegree({ degreeMin: 2, degreeMax: 4 }, solved);
      for (const n of [2, 3, 4]) {
        const own = shares.map((share) => share[n]);
        expect(Math.abs(own[0] + own[1] + own[2] - total[n])).toBeLessThan(1e-12);
        // rows alike and weights 1 : 1/9 : 4
        expect(own[2]).toBeGreaterThan(own[0]);
        expect(own[0]).toBeGreaterThan(own[1]);
      }
    });

    it('refuses square sums that are not those before the fit, by name', async () => {
      const systems = [await open(TUG), await open(ASU)];
      const opened = await openCommonSystems(systems, systems[1].reference, la);
      await expect(
        chooseWeights(opened, ['tug', 'asu'], [1, 1], systems[1].reference, given(), la),
      ).rejects.toThrow(/^asu: the weighted square sum is missing or not that of the a-priori values/);
    });
  });

  it('Kaula pulls towards the common field', async () => {
    const systems = [systemOf(rows, 0.4, common.gm, common.radius)];
    const combined = await combineSystems(systems, [1e-12], common, la);
    const { field, dataContribution } = await solveCombined(
      combined,
      common,
      { kaula: 1e-3, tikhonov: 0 },
      la,
    );
    for (const share of dataContribution) expect(share).toBeLessThan(1e-9);
    for (const c of coefficients) expect(Math.abs(at(field, c))).toBeLessThan(1e-9);
    await expect(combineSystems(systems, [0], common, la)).rejects.toThrow(/weight 0 is not positive/);
  });
});

describe('files that cannot be combined', () => {
  it('are named with the reason', async () => {
    await expect(open(join(folder, 'none.snx'))).rejects.toThrow(/none\.snx: no such file/);
    const text = (type: string) =>
      `%=SNX 2.02 TST 24:001:00000 TST 24:001:00000 24:002:00000 C 00001 2\n+SOLUTION/NORMAL_EQUATION_VECTOR\n     1 ${type.padEnd(6)}    2 --    0 24:001:43200 ---- 2  1.00000000000000e+00\n-SOLUTION/NORMAL_EQUATION_VECTOR\n%ENDSNX\n`;
    const path = join(folder, 'bad.snx');
    writeFileSync(path, text('STAX'));
    await expect(open(path)).rejects.toThrow(/bad\.snx: parameter 1 is STAX; only coefficients/);
    writeFileSync(path, text('CN'));
    await expect(open(path)).rejects.toThrow(/NUMBER OF OBSERVATIONS/);
  });
});
