import { readFileSync } from 'node:fs';
import { emptyGeopotential, type Geopotential, triangleIndex } from '@gravity/geodesy';

/** Reads a JSON fixture of this package. */
export function fixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')) as T;
}

export interface PyshtoolsFixture {
  readonly gm: number;
  readonly radius: number;
  readonly gmItsg: number;
  readonly radiusItsg: number;
  readonly loadLoveK: number[];
  readonly csr: [number[], number[]];
  readonly itsg: [number[], number[]];
  readonly seasonal: [number[], number[]];
  readonly seasonalEwhMeters: number[];
  readonly seasonalGeoidMeters: number[];
  readonly centresEwhMeters: number[];
  readonly csrAnomalyMilligal: number[];
}

/** Deterministic pseudo-random numbers in [−1, 1) (xorshift32). */
export function random(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  };
}

/** A field with a power law of degree −2 like the Earth's and random signs. */
export function randomField(
  maxDegree: number,
  seed = 1,
  gm = 3.986004415e14,
  radius = 6378136.3,
): Geopotential {
  const next = random(seed);
  const field = emptyGeopotential(maxDegree, gm, radius, 'random', 'zero_tide');
  for (let n = 0; n <= maxDegree; n++) {
    for (let m = 0; m <= n; m++) {
      field.c[triangleIndex(n, m)] = next() / Math.max(1, n * n);
      if (m > 0) field.s[triangleIndex(n, m)] = next() / Math.max(1, n * n);
    }
  }
  return field;
}

export function maxAbsDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`lengths differ: ${a.length}, ${b.length}`);
  let max = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    if (Number.isNaN(difference)) return Number.NaN;
    max = Math.max(max, difference);
  }
  return max;
}
