import type { MjdTt } from './types.js';

/**
 * Largest terms of TDB−TT: Fairhead & Bretagnon (1990), Astron. Astrophys. 229, 240, at the geocentre.
 * Rows: amplitude in µs, frequency in rad per Julian millennium, phase in rad, power of t.
 */
const TERMS: readonly (readonly [number, number, number, number])[] = [
  [1656.674564, 6283.075849991, 6.240054195, 0],
  [22.417471, 5753.384884897, 4.296977442, 0],
  [13.839792, 12566.151699983, 6.19690441, 0],
  [4.770086, 529.690965095, 0.444401603, 0],
  [4.67674, 6069.776754553, 4.021195093, 0],
  [2.256707, 213.299095438, 5.543113262, 0],
  [1.694205, -3.523118349, 5.025132748, 0],
  [1.554905, 77713.77146792, 5.19846709, 0],
  [1.276839, 7860.419392439, 5.988822341, 0],
  [1.193379, 5223.693919802, 3.64982373, 0],
  [1.115322, 3930.20969622, 1.422745069, 0],
  [0.794185, 11506.769769794, 2.322313077, 0],
  [0.447061, 26.2983198, 3.615796498, 0],
  [0.435206, -398.149003408, 4.349338347, 0],
  [0.600309, 1577.343542448, 2.678271909, 0],
  [0.496817, 6208.294251424, 5.696701824, 0],
  [0.486306, 5884.926846583, 0.520007179, 0],
  [0.432392, 74.781598567, 2.435898309, 0],
  [0.468597, 6244.942814354, 5.866398759, 0],
  [0.37551, 5507.553238667, 4.103476804, 0],
  [102.156724, 6283.075849991, 4.249032005, 1],
];

/**
 * TDB−TT in seconds at the geocentre. The terms left out add up to less than 3 µs (1980–2050 against the full
 * series of 787 terms), which moves the Moon by 3 mm in its orbit.
 */
export function tdbMinusTtSeconds(mjdTt: MjdTt): number {
  const t = (mjdTt - 51544.5) / 365250;
  let sum = 0;
  for (const [amplitude, frequency, phase, power] of TERMS) {
    sum += amplitude * Math.sin(frequency * t + phase) * (power === 1 ? t : 1);
  }
  return sum * 1e-6;
}
