/**
 * Writes the truncated series of Moon and Sun.
 *
 * usage: node scripts/generate-ephemeris-tables.mjs ELP_MODULE VSOP_MODULE
 *
 * Both are data modules of the npm package astronomia 4.2.0, folder data: elpMppDeFull.js (ELP/MPP02 fitted to DE405)
 * and vsop87Bearth.js. Only numbers are taken.
 */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [elpFile, vsopFile] = process.argv.slice(2);
if (!elpFile || !vsopFile) throw new Error('usage: generate-ephemeris-tables.mjs ELP_MODULE VSOP_MODULE');
const { default: elp } = await import(pathToFileURL(elpFile).href);
const { default: vsop } = await import(pathToFileURL(vsopFile).href);
const out = new URL('../src/ephemeris/tables/', import.meta.url);
const short = (x, digits) => String(Number(x.toFixed(digits)));
const large = (x, digits) => String(Number(x.toPrecision(digits)));

/** Smallest amplitude kept: 0.01″ in the angles, 20 m in the distance. */
const MOON = { L: 0.01, B: 0.01, R: 0.02 };
/** rad and au. */
const SUN = { L: 5e-8, B: 5e-8, R: 5e-8 };

let text = `/**
 * Moon: ELP/MPP02 with the constants fitted to DE405 (Chapront & Francou 2003, Astron. Astrophys. 404, 735), terms of
 * 0.01″ and 20 m or more. Columns: power of T | amplitude (″, km) | phase and its first two powers of T (rad), T in
 * Julian centuries TDB; to be summed as sines.
 * Written by scripts/generate-ephemeris-tables.mjs; do not edit.
 */
`;
for (const [key, name] of [
  ['L', 'MOON_LONGITUDE'],
  ['B', 'MOON_LATITUDE'],
  ['R', 'MOON_DISTANCE'],
]) {
  const rows = [];
  for (const power of Object.keys(elp[key])) {
    for (const [a, t0, t1, t2] of elp[key][power]) {
      if (Math.abs(a) < MOON[key]) continue;
      rows.push(`${power} ${short(a, 5)} ${short(t0, 8)} ${short(t1, 7)} ${short(t2, 9)}`);
    }
  }
  console.log(name, rows.length);
  text += `\nexport const ${name} = \`\n${rows.join('\n')}\n\`;\n`;
}
writeFileSync(new URL('moon.ts', out), text);

text = `/**
 * Earth about the Sun: VSOP87B (Bretagnon & Francou 1988, Astron. Astrophys. 202, 309), spherical coordinates, dynamical
 * ecliptic and equinox J2000, terms of 5e-8 or more. Columns: power of T | amplitude (rad, au) | phase (rad) |
 * frequency (rad per millennium), T in Julian millennia TDB; to be summed as cosines.
 * Written by scripts/generate-ephemeris-tables.mjs; do not edit.
 */
`;
for (const [key, name] of [
  ['L', 'EARTH_LONGITUDE'],
  ['B', 'EARTH_LATITUDE'],
  ['R', 'EARTH_DISTANCE'],
]) {
  const rows = [];
  for (const power of Object.keys(vsop[key])) {
    for (const [a, b, c] of vsop[key][power]) {
      // The rate of the longitude has all its digits.
      if (Math.abs(a) >= SUN[key]) rows.push(`${power} ${large(a, 13)} ${short(b, 7)} ${short(c, 6)}`);
    }
  }
  console.log(name, rows.length);
  text += `\nexport const ${name} = \`\n${rows.join('\n')}\n\`;\n`;
}
writeFileSync(new URL('sun.ts', out), text);
