import {
  compressedRows,
  estimateCost,
  estimateMemory,
  highestDegree,
  MemoryLimitError,
  planSolution,
} from '@gravity/recovery';
import { describe, expect, it } from 'vitest';

const use = { degreeMin: 2, keepNormals: false, checkpoints: false, covarianceFile: false };

describe('memory of a recovery', () => {
  it('is that of the matrices where they are what is large', () => {
    // Parameters of degrees 2…120: 121² − 4; the covariance is a whole matrix of doubles.
    const { parameterCount, solutionBytes, accumulationBytes } = estimateMemory({ ...use, degreeMax: 120 });
    expect(parameterCount).toBe(14_637);
    const matrix = 8 * 14_637 ** 2;
    expect(solutionBytes / matrix).toBeGreaterThan(1);
    expect(solutionBytes / matrix).toBeLessThan(2);
    // The sum and one arc, half of each touched.
    expect(accumulationBytes / matrix).toBeGreaterThan(1);
    expect(accumulationBytes / matrix).toBeLessThan(2);
  });

  it.each([
    // Peaks of processes that ran bench/degree-120.mjs on two cores, OpenBLAS 0.3.21, Node 20; degree 60 also WebAssembly.
    [60, 0.667e9],
    [60, 0.7e9],
    [90, 1.24e9],
    [120, 3.77e9],
    [120, 3.19e9],
  ])('at degree %i is what was measured, within a quarter', (degreeMax, measured) => {
    expect(Math.abs(estimateMemory({ ...use, degreeMax }).peakBytes / measured - 1)).toBeLessThan(0.25);
  });

  it('grows with everything that is kept', () => {
    const plain = estimateMemory({ ...use, degreeMax: 90 }).peakBytes;
    for (const more of [{ keepNormals: true, covarianceFile: true }, { checkpoints: true }])
      expect(estimateMemory({ ...use, degreeMax: 90, ...more }).peakBytes).toBeGreaterThan(plain);
  });

  it('above the limit goes into panels that keep it, where they are allowed', () => {
    const wanted = { ...use, degreeMax: 180 };
    expect(planSolution(wanted, 16e9, true).storage).toBe('memory');
    const plan = planSolution(wanted, 8e9, true);
    if (plan.storage !== 'panels') throw new Error('expected panels');
    expect(plan.memory.peakBytes).toBeLessThanOrEqual(8e9);
    // The triangle of 32 757 parameters has 4.3 GB; tiles on the diagonal are stored whole.
    expect(plan.diskBytes).toBeGreaterThan(4 * 32_757 ** 2);
    expect(plan.diskBytes).toBeLessThan(1.2 * 4 * 32_757 ** 2);
    expect(plan.solveTrafficBytes).toBeGreaterThan(6 * plan.diskBytes);
  });

  it('that is not there is refused with the degree, the limit and what fits', () => {
    const wanted = { ...use, degreeMax: 180 };
    let refusal: unknown;
    try {
      planSolution(wanted, 4e9, false);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(MemoryLimitError);
    const { message, highestDegree: fits } = refusal as MemoryLimitError;
    expect(message).toMatch(
      /^degree 180 \(32757 parameters\) needs about \d+\.\d GB of memory, allowed are 4\.0 GB; degree \d+ fits$/,
    );
    expect(fits).toBe(highestDegree(use, 4e9, 180));
    expect(planSolution({ ...use, degreeMax: fits }, 4e9, false).storage).toBe('memory');
    expect(() => planSolution({ ...use, degreeMax: fits + 1 }, 4e9, false)).toThrow(MemoryLimitError);
    expect(() => planSolution({ ...use, degreeMax: 60 }, 1e6, true)).toThrow('no degree fits');
  });
});

describe('cost of a recovery', () => {
  const input = {
    degreeMin: 2,
    degreeMax: 60,
    referenceDegree: 60,
    satelliteCount: 2,
    arcCount: 30,
    arcSeconds: 86_400,
    rangeRateSamplingSeconds: 5,
    positionSamplingSeconds: 60,
    iterations: 1,
    withCovariance: true,
    rates: { dense: 80, partials: 2 },
  };

  it('counts the observations of the reference case of a month', () => {
    // 17 280 range rates and 8 640 coordinates a day.
    expect(estimateCost(input)).toMatchObject({ parameterCount: 3717, observationCount: 30 * 25_920 });
  });

  it('grows in proportion to the days and with the fourth power of the degree', () => {
    const { seconds, flops } = estimateCost(input);
    const double = estimateCost({ ...input, arcCount: 60 });
    expect(double.flops.rankUpdate).toBe(2 * flops.rankUpdate);
    expect(double.seconds / seconds).toBeCloseTo(2, 1);
    const high = estimateCost({ ...input, degreeMax: 120, referenceDegree: 120 });
    expect(high.flops.rankUpdate / flops.rankUpdate).toBeGreaterThan(16);
    expect(high.flops.solve / flops.solve).toBeCloseTo((14_637 / 3717) ** 3, 6);
  });

  it.each([
    // Rows of a day that an arc reported in bench/degree-120.mjs.
    [20, 3616],
    [60, 5008],
    [90, 6072],
    [120, 7152],
  ])('has the rows of degree %i within a tenth', (degreeMax, rows) => {
    const { rowCount } = estimateCost({ ...input, degreeMax, referenceDegree: degreeMax, arcCount: 1 });
    expect(Math.abs(rowCount / rows - 1)).toBeLessThan(0.1);
  });

  it('compresses what has more rows than its band, and leaves the rest alone', () => {
    expect(compressedRows(17_280, 60, 86_400)).toBeLessThan(0.25 * 17_280);
    expect(compressedRows(1440, 60, 86_400)).toBe(1440);
  });
});
