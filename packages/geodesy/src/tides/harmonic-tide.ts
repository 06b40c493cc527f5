import { triangleSize } from '../geopotential.js';
import { interpolateAdmittance, type SecondaryLine } from './admittance.js';
import type { HarmonicWave } from './harmonic-wave.js';
import type { Doodson } from './tide-arguments.js';
import type { TideEpoch } from './tide-epoch.js';
import { tideGeneratingPotential } from './tide-generating-potential.js';

export interface HarmonicTideOptions {
  /** Lowest degree; default 2, as orbits are about the centre of mass of the whole Earth. */
  readonly degreeMin?: number;
  /** Highest degree; default the highest of the waves. */
  readonly degreeMax?: number;
  /**
   * Interpolate the lines the model does not hold from its waves: all of the tide-generating potential (true), given
   * lines, or none (default).
   */
  readonly admittance?: boolean | readonly SecondaryLine[];
}

/** A contribution with its own highest degree; it depends on the Doodson arguments alone. */
export interface HarmonicTide {
  readonly degreeMax: number;
  readonly add: (epoch: Pick<TideEpoch, 'doodson'>, c: Float64Array, s: Float64Array) => void;
}

/**
 * Tides of ocean or atmosphere as a sum of waves. Secondary lines fold into the weights of the main waves: per epoch
 * one sine and cosine per line, then a product of (2·waves) weights with the coefficients.
 */
export function createHarmonicTide(
  waves: readonly HarmonicWave[],
  options: HarmonicTideOptions = {},
): HarmonicTide {
  const { degreeMin = 2, admittance = false } = options;
  const highest = waves.reduce((max, wave) => Math.max(max, wave.maxDegree), 0);
  const degreeMax = Math.min(options.degreeMax ?? highest, highest);
  const first = triangleSize(degreeMin - 1);
  const sizes = waves.map((wave) => triangleSize(Math.min(degreeMax, wave.maxDegree)));
  const doodsons = waves.map((wave) => wave.doodson);
  const lines = [
    ...doodsons.map((doodson, wave) => ({ doodson, shares: [{ wave, factor: 1 }] })),
    ...(admittance
      ? interpolateAdmittance(
          doodsons,
          tideGeneratingPotential(),
          admittance === true ? undefined : admittance,
        )
      : []),
  ];
  const multipliers = Float64Array.from(lines.flatMap((line): Doodson => line.doodson));
  const cosine = new Float64Array(waves.length);
  const sine = new Float64Array(waves.length);
  return {
    degreeMax,
    add({ doodson }, c, s) {
      cosine.fill(0);
      sine.fill(0);
      lines.forEach(({ shares }, k) => {
        let theta = 0;
        for (let j = 0; j < 6; j++) theta += multipliers[6 * k + j] * doodson[j];
        const cos = Math.cos(theta);
        const sin = Math.sin(theta);
        for (const { wave, factor } of shares) {
          cosine[wave] += factor * cos;
          sine[wave] += factor * sin;
        }
      });
      for (let k = 0; k < waves.length; k++) {
        const { cosC, sinC, cosS, sinS } = waves[k];
        const p = cosine[k];
        const q = sine[k];
        for (let i = first; i < sizes[k]; i++) {
          c[i] += p * cosC[i] + q * sinC[i];
          s[i] += p * cosS[i] + q * sinS[i];
        }
      }
    },
  };
}
