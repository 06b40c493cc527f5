import { fft, fftPlan } from '../transforms/fft.js';
import { legendreFunctions, legendrePlan } from '../transforms/legendre.js';
import { emptyOrderBlocks, type OrderBlock } from './order-blocks.js';

/** A pair of satellites one behind the other on one circular orbit. */
export interface PairMission {
  /** Of the orbit, m. */
  readonly orbitRadius: number;
  /** rad */
  readonly inclination: number;
  /** Along the orbit, m. */
  readonly separation: number;
  readonly days: number;
  /** White noise of a range rate, m/s, and the time between them, s. */
  readonly rangeRateSigma: number;
  readonly samplingSeconds: number;
  /**
   * White noise of the difference of the accelerations along the orbit (accelerometers and background models), root of
   * its one-sided power density, m/s²/√Hz. It rules below some mHz and near the resonances of the orbit.
   */
  readonly accelerationNoise: number;
}

/** GRACE in the middle of its life, a month, noise as stated for its instruments. */
export const GRACE_MONTH: PairMission = {
  orbitRadius: 6_378_136.3 + 460e3,
  inclination: (89 * Math.PI) / 180,
  separation: 220e3,
  days: 30,
  rangeRateSigma: 2e-7,
  samplingSeconds: 5,
  accelerationNoise: 1e-9,
};

const EARTH_ROTATION = 7.292115e-5;
/** Lines this close to a resonance of the orbit (0 and once per revolution) go into the initial states of daily arcs. */
const LOST_TO_ARC = (0.75 * 2 * Math.PI) / 86_400;

/**
 * Normal equations of a pair mission, semi-analytically: on a circular orbit that covers the sphere evenly the range
 * rate of a coefficient is a sum of lines at k·u̇ + m·Λ̇, so orders separate, and C̄ and S̄ are determined alike. The
 * lines follow from the amplitudes of the potential along the inclined orbit (by FFT) and Hill's equations.
 *
 * @param constants of the coefficients: gm in m³/s², radius in m
 * @returns blocks of 1/coefficient²
 * Source: Sneeuw (2000), A semi-analytical approach to gravity field analysis from satellite observations, DGK C 527,
 *   chapters 3 and 4.
 */
export function pairMissionNormals(
  degreeMin: number,
  degreeMax: number,
  mission: PairMission,
  constants: { readonly gm: number; readonly radius: number },
): OrderBlock[] {
  const blocks = emptyOrderBlocks(degreeMin, degreeMax);
  const lines = inclinationLines(degreeMax, mission.inclination);
  const samples = (mission.days * 86_400) / mission.samplingSeconds;
  for (const { order, kind, degreeFirst, size, matrix } of blocks) {
    // Without S̄_n0 every line of order 0 belongs to one coefficient; else half the power to each part.
    const weight = (samples / mission.rangeRateSigma ** 2) * (order === 0 ? 1 : 0.5);
    if (kind === 1) {
      matrix.set(blocks[2 * order - 1].matrix);
      continue;
    }
    const column = new Float64Array(2 * size);
    for (let k = -degreeMax; k <= degreeMax; k++) {
      if (!rangeRateLine(column, lines, order, k, degreeFirst, mission, constants)) continue;
      for (let i = 0; i < size; i++) {
        for (let j = i; j < size; j++) {
          matrix[i * size + j] +=
            weight * (column[2 * i] * column[2 * j] + column[2 * i + 1] * column[2 * j + 1]);
        }
      }
    }
    for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) matrix[i * size + j] = matrix[j * size + i];
  }
  return blocks;
}

/** F_nm(k): P̄_nm(sin φ)·e^{imα} along the orbit = Σ_k F·e^{iku}, α the longitude from the node. */
interface InclinationLines {
  readonly size: number;
  readonly re: (n: number, m: number) => Float64Array;
  readonly im: (n: number, m: number) => Float64Array;
}

function inclinationLines(degreeMax: number, inclination: number): InclinationLines {
  const size = 2 ** Math.ceil(Math.log2(2 * degreeMax + 2));
  const plan = fftPlan(size);
  const legendre = legendrePlan(degreeMax);
  const values = new Float64Array(((degreeMax + 1) * (degreeMax + 2)) / 2);
  const place = (n: number, m: number) => legendre.offset[m] + n - m;
  const re = Array.from(values, () => new Float64Array(size));
  const im = Array.from(values, () => new Float64Array(size));
  for (let j = 0; j < size; j++) {
    const u = (2 * Math.PI * j) / size;
    const sine = Math.sin(inclination) * Math.sin(u);
    legendreFunctions(legendre, sine, Math.sqrt(1 - sine * sine), values);
    const alpha = Math.atan2(Math.cos(inclination) * Math.sin(u), Math.cos(u));
    for (let m = 0; m <= degreeMax; m++) {
      const [cos, sin] = [Math.cos(m * alpha) / size, Math.sin(m * alpha) / size];
      for (let n = m; n <= degreeMax; n++) {
        re[place(n, m)][j] = values[place(n, m)] * cos;
        im[place(n, m)][j] = values[place(n, m)] * sin;
      }
    }
  }
  for (const [i, part] of re.entries()) fft(plan, part, im[i], -1);
  return { size, re: (n, m) => re[place(n, m)], im: (n, m) => im[place(n, m)] };
}

/**
 * Amplitudes (real, imaginary) of the range rate at line k of order m for the degrees from degreeFirst.
 *
 * Hill's equations at ω for forces f_x along the orbit and f_z upwards: x = −(f_x·(ω²+3n²) + 2iωn·f_z)/D,
 * z = (2iωn·f_x − ω²·f_z)/D with D = ω²(ω²−n²). The range is that of both satellites seen in the direction of the
 * other: (x₂−x₁)·cos η + (z₂+z₁)·sin η, half an angle η of the separation before and behind the middle.
 *
 * @returns false when the line is lost to the initial states
 */
function rangeRateLine(
  column: Float64Array,
  lines: InclinationLines,
  m: number,
  k: number,
  degreeFirst: number,
  { orbitRadius: r, separation, rangeRateSigma, samplingSeconds, accelerationNoise }: PairMission,
  { gm, radius }: { readonly gm: number; readonly radius: number },
): boolean {
  const rate = Math.sqrt(gm / r ** 3);
  const frequency = k * rate - m * EARTH_ROTATION;
  const size = column.length / 2;
  if (Math.abs(frequency) < LOST_TO_ARC || Math.abs(Math.abs(frequency) - rate) < LOST_TO_ARC) return false;
  const eta = separation / (2 * r);
  const denominator = frequency ** 2 * (frequency ** 2 - rate ** 2);
  const disturbance = (accelerationNoise * frequency * (frequency ** 2 + 3 * rate ** 2)) / denominator;
  const white = 2 * rangeRateSigma ** 2 * samplingSeconds;
  const amplitude = frequency / Math.sqrt(1 + disturbance ** 2 / white);
  // f_x = i·k·V/r and f_z = −(n+1)·V/r without its i: then x is i times what stands here, z is real
  const at = ((k % lines.size) + lines.size) % lines.size;
  for (let i = 0; i < size; i++) {
    const n = degreeFirst + i;
    const potential = (gm / radius) * (radius / r) ** (n + 1);
    const fx = (k * potential) / r;
    const fz = (-(n + 1) * potential) / r;
    const x = -(fx * (frequency ** 2 + 3 * rate ** 2) + 2 * frequency * rate * fz) / denominator;
    const z = -(frequency ** 2 * fz + 2 * frequency * rate * fx) / denominator;
    // x₂−x₁ = 2i·sin(kη)·(i·x), z₂+z₁ = 2·cos(kη)·z; the rate brings in iω, whose phase is common to all degrees
    const range = -2 * Math.sin(k * eta) * Math.cos(eta) * x + 2 * Math.cos(k * eta) * Math.sin(eta) * z;
    column[2 * i] = range * amplitude * lines.re(n, m)[at];
    column[2 * i + 1] = range * amplitude * lines.im(n, m)[at];
  }
  return true;
}
