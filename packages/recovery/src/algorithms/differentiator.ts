/** Unbroken stretch of evenly sampled epochs. */
export interface Run {
  readonly first: number;
  readonly count: number;
}

/** Epochs may be off the raster by this part of the sampling. */
const RASTER_TOLERANCE = 1e-3;

/**
 * Weights (1/s) that give the derivative, at its middle, of the polynomial through an odd number of evenly spaced
 * samples: d_j = (−1)^(j+1) (n!)² / (j (n−j)! (n+j)!) / step, j = −n…n. A wave of frequency f loses the part
 * (2πf·step)^(2n) · (n!)² / (2n+1)! of its derivative: 1e-6 at 2n + 1 = 9, 60 cycles per revolution and 5 s.
 */
export function derivativeWeights(points: number, stepSeconds: number): Float64Array {
  const n = (points - 1) / 2;
  const out = new Float64Array(points);
  // (n!)² / ((n−j)! (n+j)!) from one j to the next.
  let ratio = 1;
  for (let j = 1; j <= n; j++) {
    ratio *= (n - j + 1) / (n + j);
    const value = ((j % 2 === 1 ? 1 : -1) * ratio) / (j * stepSeconds);
    out[n + j] = value;
    out[n - j] = -value;
  }
  return out;
}

/** The usual step between epochs: their median difference. */
export function samplingOf(seconds: Float64Array): number {
  const steps = Float64Array.from(
    { length: Math.max(0, seconds.length - 1) },
    (_, i) => seconds[i + 1] - seconds[i],
  );
  return steps.length > 0 ? steps.sort()[steps.length >> 1] : Number.NaN;
}

/** Runs of at least `fewest` and at most `most` epochs, `step` apart. */
export function evenRuns(seconds: Float64Array, step: number, fewest: number, most: number): readonly Run[] {
  const runs: Run[] = [];
  let first = 0;
  for (let i = 1; i <= seconds.length; i++) {
    const even =
      i < seconds.length && Math.abs(seconds[i] - seconds[i - 1] - step) <= RASTER_TOLERANCE * step;
    if (even && i - first < most) continue;
    if (i - first >= fewest) runs.push({ first, count: i - first });
    first = i;
  }
  return runs;
}
