import { BODY_GM, EARTH_GM, EARTH_RADIUS } from '../ephemeris/constants.js';
import { parseTable } from '../frames/parse-table.js';
import type { TideSystem } from '../geopotential.js';
import { triangleIndex } from '../geopotential.js';
import { SolidHarmonics } from '../harmonics/solid-harmonics.js';
import { PERMANENT_TIDE_C20 } from './permanent-tide.js';
import { DIURNAL, LONG_PERIOD, SEMIDIURNAL } from './tables/solid-tide-step2.js';
import type { TideArguments } from './tide-arguments.js';
import type { TideEpoch } from './tide-epoch.js';

/** Degree of the corrections of the solid Earth tide. */
export const SOLID_TIDE_DEGREE = 4;

/** Love numbers of the external potential: real, imaginary, and that of degree 4 raised by degree 2 (real). */
interface LoveNumbers {
  readonly degree2: readonly (readonly [re: number, im: number, plus: number])[];
  readonly degree3: readonly number[];
}

/** IERS Conventions 2010, table 6.3. */
const LOVE_NUMBERS: Readonly<Record<'anelastic' | 'elastic', LoveNumbers>> = {
  anelastic: {
    degree2: [
      [0.3019, 0, -0.00089],
      [0.2983, -0.00144, -0.0008],
      [0.30102, -0.0013, -0.00057],
    ],
    degree3: [0.093, 0.093, 0.093, 0.094],
  },
  elastic: {
    degree2: [
      [0.29525, 0, -0.00087],
      [0.2947, 0, -0.00079],
      [0.29801, 0, -0.00057],
    ],
    degree3: [0.093, 0.093, 0.093, 0.094],
  },
};

export interface SolidEarthTideOptions {
  /**
   * Tide system of the static field the corrections are added to: with a zero-tide field the permanent part is taken
   * out of C̄20, with a tide-free field it stays.
   */
  readonly tideSystem: TideSystem;
  /** Default anelastic, as the IERS Conventions recommend. */
  readonly love?: 'anelastic' | 'elastic';
  /** Corrections for the frequency dependence of degree 2 (step 2); default true. */
  readonly frequencyDependence?: boolean;
}

/** Adds corrections for one epoch to normalized coefficients (layout n(n+1)/2 + m) of degree 4 or higher. */
export type StokesContribution = (epoch: TideEpoch, c: Float64Array, s: Float64Array) => void;

/**
 * Solid Earth tide: corrections to C̄nm, S̄nm of degrees 2 to 4 (for the GM and radius of the IERS Conventions).
 *
 * Source: IERS Conventions 2010, section 6.2.1: eqs. 6.6 and 6.7 (step 1), 6.8 (step 2), 6.13 (permanent tide).
 *
 * @throws RangeError for a tide system that is neither zero_tide nor tide_free
 */
export function createSolidEarthTide(options: SolidEarthTideOptions): StokesContribution {
  const { tideSystem, love = 'anelastic', frequencyDependence = true } = options;
  if (tideSystem !== 'zero_tide' && tideSystem !== 'tide_free') {
    throw new RangeError(
      `solid Earth tide: the static field has tide system ${tideSystem}; convert it to zero_tide or tide_free`,
    );
  }
  const numbers = LOVE_NUMBERS[love];
  const permanent = tideSystem === 'zero_tide' ? PERMANENT_TIDE_C20 * numbers.degree2[0][0] : 0;
  const harmonics = new SolidHarmonics(3, EARTH_RADIUS);
  const step2 = frequencyDependence ? frequencyCorrections() : undefined;
  return (epoch, c, s) => {
    addBody(numbers, harmonics, BODY_GM.moon / EARTH_GM, epoch.moon, c, s);
    addBody(numbers, harmonics, BODY_GM.sun / EARTH_GM, epoch.sun, c, s);
    step2?.(epoch, c, s);
    c[triangleIndex(2, 0)] -= permanent;
  };
}

/** Step 1 of one body: eqs. 6.6 and 6.7. */
function addBody(
  love: LoveNumbers,
  harmonics: SolidHarmonics,
  massRatio: number,
  body: Float64Array,
  c: Float64Array,
  s: Float64Array,
): void {
  // V − iW = (R/r)^{n+1}·P̄nm(sin Φ)·e^{−imλ} of the body.
  harmonics.evaluate(body[0], body[1], body[2]);
  const { v, w } = harmonics;
  for (let m = 0; m <= 2; m++) {
    const i = triangleIndex(2, m);
    const [re, im, plus] = love.degree2[m];
    const factor = massRatio / 5;
    // (re + i·im)(V − iW) = ΔC − iΔS
    c[i] += factor * (re * v[i] + im * w[i]);
    s[i] += factor * (re * w[i] - im * v[i]);
    const j = triangleIndex(4, m);
    c[j] += factor * plus * v[i];
    s[j] += factor * plus * w[i];
  }
  for (let m = 0; m <= 3; m++) {
    const i = triangleIndex(3, m);
    const factor = (massRatio / 7) * love.degree3[m];
    c[i] += factor * v[i];
    s[i] += factor * w[i];
  }
}

/** Step 2: eq. 6.8. */
function frequencyCorrections(): (epoch: TideArguments, c: Float64Array, s: Float64Array) => void {
  const tables = [LONG_PERIOD, DIURNAL, SEMIDIURNAL].map((text) => parseTable(text, 7));
  return ({ siderealAngle, delaunay }, c, s) => {
    for (let m = 0; m <= 2; m++) {
      const table = tables[m];
      let re = 0;
      let im = 0;
      for (let i = 0; i < table.length; i += 7) {
        let theta = m * siderealAngle;
        for (let k = 0; k < 5; k++) theta -= table[i + k] * delaunay[k];
        const cos = Math.cos(theta);
        const sin = Math.sin(theta);
        re += table[i + 5] * cos - table[i + 6] * sin;
        im += table[i + 5] * sin + table[i + 6] * cos;
      }
      const i = triangleIndex(2, m);
      // ΔC − iΔS = η·(re + i·im), η = 1 for even, −i for odd m.
      if (m === 1) {
        c[i] += im * 1e-12;
        s[i] += re * 1e-12;
      } else {
        c[i] += re * 1e-12;
        if (m === 2) s[i] -= im * 1e-12;
      }
    }
  };
}
