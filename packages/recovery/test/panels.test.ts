import { createLinearAlgebra, type LinearAlgebra } from '@gravity/linalg';
import {
  type ArcNormals,
  addArcNormals,
  addArcToPanels,
  denseFromPanels,
  emptyNormals,
  emptyPanelNormals,
  GaussianNoise,
  memoryPanelStore,
  type PanelStore,
  panelLayout,
  recoverField,
  recoverFieldInPanels,
  SolutionError,
  simulateMission,
  solveNormals,
  solvePanelNormals,
} from '@gravity/recovery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arcOf, CONSTANT_ROTATION, kaulaField, perturbed, setupFor } from './support.js';

const DEGREE = 12;
const setup = { degreeMin: 2, degreeMax: DEGREE, referenceField: kaulaField(DEGREE) };
const n = (DEGREE + 1) ** 2 - 4;
let la: LinearAlgebra;
beforeAll(async () => {
  la = await createLinearAlgebra({ threads: 1 });
});
afterAll(() => la.close());

/** Normals of random rows; `rows` fewer than n leave them singular. Below the diagonal is what must not be read. */
function arc(seed: number, rows: number): ArcNormals {
  const random = new GaussianNoise(seed);
  const matrix = la.allocate(n * n).fill(Number.NaN);
  for (let i = 0; i < n; i++) matrix.fill(0, i * n + i, (i + 1) * n);
  const rightHandSide = new Float64Array(n);
  let weightedSquareSum = 0;
  for (let k = 0; k < rows; k++) {
    const row = Float64Array.from({ length: n }, (_, i) => random.next() * (1 + i) ** 2);
    const l = random.next();
    weightedSquareSum += l * l;
    for (let i = 0; i < n; i++) {
      rightHandSide[i] += row[i] * l;
      for (let j = i; j < n; j++) matrix[i * n + j] += row[i] * row[j];
    }
  }
  return {
    startGpsSeconds: 0,
    endGpsSeconds: 1,
    parameterCount: n,
    matrix,
    rightHandSide,
    weightedSquareSum,
    observationCount: rows,
    compression: { applied: false, rows, truncation: 0 },
    arcParameterCount: 6,
    residuals: [],
    orbitIterations: 1,
  };
}

const largestDifference = (a: Float64Array, b: Float64Array): number =>
  a.reduce((max, value, i) => Math.max(max, Math.abs(value - b[i])), 0);

async function inPanels(arcs: readonly ArcNormals[], panelRows: number, store: PanelStore) {
  const total = emptyPanelNormals(setup, store, panelRows);
  for (const each of arcs) await addArcToPanels(total, each, la);
  return total;
}

describe('normals in panels', () => {
  it.each([
    [n, 'one panel'],
    [64, 'panels and a rest'],
    [33, 'five whole panels'],
    [7, 'many small panels'],
  ])('of %i rows give the solution and the covariance of the whole matrix (%s)', async (panelRows) => {
    const arcs = [arc(1, 150), arc(2, 90)];
    const whole = emptyNormals(setup, la);
    for (const each of arcs) addArcNormals(whole, each);
    const regularization = { kaula: 1e-2, tikhonov: 1e-9 };
    const expected = await solveNormals(setup, whole, regularization, la);
    const total = await inPanels(arcs, panelRows, memoryPanelStore());
    const seen: number[] = [];
    const solution = await solvePanelNormals(setup, total, regularization, la, {
      onProgress: (fraction) => seen.push(fraction),
    });
    // Both round in about n·ε·condition, the condition of the scaled matrix being some hundreds.
    expect(solution.conditionEstimate).toBeLessThan(1e4);
    expect(solution.sigma0 / expected.sigma0 - 1).toBeCloseTo(0, 10);
    const size = Math.max(...expected.field.c.slice(3).map(Math.abs));
    expect(largestDifference(solution.field.c, expected.field.c)).toBeLessThan(1e-10 * size);
    expect(largestDifference(solution.field.s, expected.field.s)).toBeLessThan(1e-10 * size);
    expect(largestDifference(solution.dataContribution, expected.dataContribution)).toBeLessThan(1e-10);
    expect(solution.conditionEstimate / expected.conditionEstimate - 1).toBeCloseTo(0, 8);
    const { layout, store } = solution.covariance;
    const covariance = await denseFromPanels(layout, store, la);
    const sigma = Float64Array.from({ length: n }, (_, i) => Math.sqrt(expected.covariance[i * n + i]));
    const correlation = (matrix: Float64Array) =>
      matrix.map((value, k) => value / sigma[Math.floor(k / n)] / sigma[k % n]);
    expect(largestDifference(correlation(covariance), correlation(expected.covariance))).toBeLessThan(1e-10);
    expect(seen.at(-1)).toBe(1);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it('name the coefficient at which they are singular', async () => {
    const arcs = [arc(3, 40)];
    const total = await inPanels(arcs, 16, memoryPanelStore());
    await expect(solvePanelNormals(setup, total, { kaula: 0, tikhonov: 0 }, la)).rejects.toThrow(
      /singular at [CS]\(\d+,\d+\)/,
    );
  });

  it('refuse arcs of another size, and sides that are no count', async () => {
    const total = emptyPanelNormals(setup, memoryPanelStore(), 16);
    await expect(addArcToPanels(total, { ...arc(1, 10), parameterCount: 3 }, la)).rejects.toThrow(
      '3 parameters cannot be added to 165',
    );
    await expect(solvePanelNormals(setup, total, { kaula: 1, tikhonov: 0 }, la)).rejects.toThrow(
      SolutionError,
    );
    expect(() => panelLayout(10, 0)).toThrow('side must be a whole number of at least 1');
  });

  it('report what their store reports, and stop when cancelled', async () => {
    const memory = memoryPanelStore();
    const total = await inPanels([arc(1, 200)], 16, memory);
    let reads = 0;
    const failing: PanelStore = {
      write: memory.write,
      read: (...call) => (++reads > 25 ? Promise.reject(new Error('no space left')) : memory.read(...call)),
    };
    const broken = { ...total, store: failing };
    const regularization = { kaula: 1, tikhonov: 0 };
    await expect(solvePanelNormals(setup, broken, regularization, la)).rejects.toThrow('no space left');
    const again = await inPanels([arc(1, 200)], 16, memoryPanelStore());
    const signal = AbortSignal.abort();
    await expect(solvePanelNormals(setup, again, regularization, la, { signal })).rejects.toThrow(
      'cancelled',
    );
  });

  it('solved in place of the normals give the same covariance', async () => {
    const [kept, lost] = [emptyNormals(setup, la), emptyNormals(setup, la)];
    for (const total of [kept, lost]) addArcNormals(total, arc(1, 300));
    const regularization = { kaula: 1e-2, tikhonov: 0 };
    const expected = await solveNormals(setup, kept, regularization, la);
    const solution = await solveNormals(setup, lost, regularization, la, { overwriteNormals: true });
    expect(solution.covariance.buffer).toBe(lost.matrix.buffer);
    expect(solution.covariance).toEqual(expected.covariance);
    expect(solution.field).toEqual(expected.field);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) expect(solution.covariance[i * n + j]).toBe(solution.covariance[j * n + i]);
    }
  });
});

it('a recovery in panels gives the field of one in memory, and closes each store before it opens the next', async () => {
  const truth = kaulaField(8);
  const [day] = simulateMission({
    satellites: ['SIM-A', 'SIM-B'],
    startGpsSeconds: 738849600,
    days: 1,
    trueField: truth,
    earthRotation: CONSTANT_ROTATION,
    nonGravitational: false,
    sampling: { orbitSeconds: 60 },
    noise: { rangeRate: 1e-7, position: 0.01 },
  });
  const whole = setupFor(perturbed(truth), { accelerometerBias: 'none' });
  const arcs = [arcOf(day, 3 * 3600)];
  const regularization = { kaula: 1e-7, tikhonov: 0 };
  const expected = await recoverField(whole, arcs, la, { regularization, iterations: 2 });
  const events: string[] = [];
  const recovered = await recoverFieldInPanels(whole, arcs, la, {
    regularization,
    iterations: 2,
    panelRows: 20,
    openStore: async ({ n, side, count }) => {
      events.push(`open ${n} ${side} ${count}`);
      return { ...memoryPanelStore(), close: async () => void events.push('close') };
    },
  });
  await recovered.close();
  expect(events).toEqual(['open 77 20 4', 'close', 'open 77 20 4', 'close']);
  // Each pass rounds on its own, and the second begins at the result of the first: far below a standard deviation.
  const { sigmaC } = expected.solution.field;
  for (let i = 3; i < truth.c.length; i++) {
    const difference = Math.abs(recovered.solution.field.c[i] - expected.solution.field.c[i]);
    expect(difference).toBeLessThan(1e-4 * (sigmaC?.[i] ?? 0));
  }
  expect(recovered.passes.map(({ pass }) => pass)).toEqual([1, 2]);
  expect(recovered.residualsBefore).toEqual(expected.residualsBefore);
});
