import { triangleIndex, triangleSize } from '../geopotential.js';
import { seaWaterStokesFactors } from './pole-tide.js';
import { type Doodson, formatDoodsonNumber } from './tide-arguments.js';
import { tideGeneratingPotential } from './tide-generating-potential.js';

/**
 * A partial tide as Stokes coefficients: ΔC̄ = cosC·cos θ + sinC·sin θ, ΔS̄ = cosS·cos θ + sinS·sin θ, with the plain
 * Doodson argument θ. Arrays in layout n(n+1)/2 + m.
 */
export interface HarmonicWave {
  readonly name: string;
  readonly doodson: Doodson;
  readonly maxDegree: number;
  readonly cosC: Float64Array;
  readonly sinC: Float64Array;
  readonly cosS: Float64Array;
  readonly sinS: Float64Array;
}

/** Prograde and retrograde coefficients of a partial ocean tide, as models are published. */
export interface DoodsonWave {
  readonly name: string;
  readonly multipliers: Doodson;
  readonly maxDegree: number;
  readonly cPlus: Float64Array;
  readonly sPlus: Float64Array;
  readonly cMinus: Float64Array;
  readonly sMinus: Float64Array;
}

/**
 * Wave of the coefficients C±, S± of IERS Conventions 2010, eq. 6.15 (normalized, without unit):
 * ΔC̄ − iΔS̄ = Σ_± (C± ∓ iS±)·e^{±iθ}.
 */
export function waveOfStokes(wave: DoodsonWave): HarmonicWave {
  const { name, multipliers, maxDegree, cPlus, sPlus, cMinus, sMinus } = wave;
  const size = triangleSize(maxDegree);
  for (const [key, values] of Object.entries({ cPlus, sPlus, cMinus, sMinus })) {
    if (values.length < size) {
      throw new RangeError(
        `tide ${name} ${formatDoodsonNumber(multipliers)}: ${key} has ${values.length} of ${size} coefficients`,
      );
    }
  }
  const make = (f: (i: number) => number) => Float64Array.from({ length: size }, (_, i) => f(i));
  return {
    name,
    doodson: multipliers,
    maxDegree,
    cosC: make((i) => cPlus[i] + cMinus[i]),
    sinC: make((i) => sPlus[i] + sMinus[i]),
    cosS: make((i) => sPlus[i] - sMinus[i]),
    sinS: make((i) => cMinus[i] - cPlus[i]),
  };
}

/**
 * Phase bias χ by Doodson and Warburg, rad, with the sign of the wave's equilibrium amplitude (IERS Conventions 2010,
 * table 6.6); waves of shallow water and unknown ones have that of a positive amplitude.
 */
export function doodsonWarburgPhase(doodson: Doodson): number {
  const key = doodson.join(' ');
  const amplitude = tideGeneratingPotential().find((line) => line.doodson.join(' ') === key)?.amplitude ?? 1;
  if (doodson[0] === 0) return amplitude > 0 ? Math.PI : 0;
  if (doodson[0] === 1) return amplitude > 0 ? Math.PI / 2 : -Math.PI / 2;
  return amplitude > 0 ? 0 : Math.PI;
}

/**
 * Wave of the tide height: cPlus = Ĉ⁺·sin ε⁺, sPlus = Ĉ⁺·cos ε⁺ and so on in metres, as FES2004 is published beside
 * its Stokes coefficients. IERS Conventions 2010, eqs. 6.19 to 6.21.
 */
export function waveOfHeights(wave: DoodsonWave): HarmonicWave {
  const factors = seaWaterStokesFactors(wave.maxDegree);
  const chi = doodsonWarburgPhase(wave.multipliers);
  const cos = Math.cos(chi);
  const sin = Math.sin(chi);
  const size = triangleSize(wave.maxDegree);
  const stokes = {
    cPlus: new Float64Array(size),
    sPlus: new Float64Array(size),
    cMinus: new Float64Array(size),
    sMinus: new Float64Array(size),
  };
  for (let n = 0; n <= wave.maxDegree; n++) {
    for (let m = 0; m <= n; m++) {
      const i = triangleIndex(n, m);
      // Ĉ·sin(ε + χ) and Ĉ·cos(ε + χ)
      stokes.cPlus[i] = factors[n] * (wave.cPlus[i] * cos + wave.sPlus[i] * sin);
      stokes.sPlus[i] = factors[n] * (wave.sPlus[i] * cos - wave.cPlus[i] * sin);
      stokes.cMinus[i] = factors[n] * (wave.cMinus[i] * cos + wave.sMinus[i] * sin);
      stokes.sMinus[i] = factors[n] * (wave.sMinus[i] * cos - wave.cMinus[i] * sin);
    }
  }
  return waveOfStokes({ ...wave, ...stokes });
}

/**
 * Wave of cosine and sine coefficients, as the tides of the atmosphere are published with AOD1B.
 *
 * @param phase angle added to θ in the publication, rad: 0 for a plain Doodson argument, `doodsonWarburgPhase` where the
 *   publication follows Doodson and Warburg, as the tides of AOD1B do to our knowledge (compare before relying on it)
 */
export function waveOfCosineSine(
  name: string,
  doodson: Doodson,
  maxDegree: number,
  cosine: { readonly c: Float64Array; readonly s: Float64Array },
  sine: { readonly c: Float64Array; readonly s: Float64Array },
  phase = 0,
): HarmonicWave {
  // a·cos(θ+χ) + b·sin(θ+χ)
  const p = Math.cos(phase);
  const q = Math.sin(phase);
  const size = triangleSize(maxDegree);
  const make = (f: (i: number) => number) => Float64Array.from({ length: size }, (_, i) => f(i));
  return {
    name,
    doodson,
    maxDegree,
    cosC: make((i) => cosine.c[i] * p + sine.c[i] * q),
    sinC: make((i) => sine.c[i] * p - cosine.c[i] * q),
    cosS: make((i) => cosine.s[i] * p + sine.s[i] * q),
    sinS: make((i) => sine.s[i] * p - cosine.s[i] * q),
  };
}
