import { readFileSync } from 'node:fs';
import { parseEopC04, readOceanTides } from '@gravity/formats';
import {
  createAnalyticalEphemeris,
  type EarthRotationSpec,
  type HarmonicWave,
  triangleIndex,
  triangleSize,
  waveOfStokes,
} from '@gravity/geodesy';
import { type ForceModel, GaussianNoise, tabulateEphemeris } from '@gravity/recovery';

const formats = new URL('../../formats/test/fixtures/', import.meta.url);

/** 2020-06-01T00:00:00 GPS: a date of the C04 fixture. */
export const FORCE_START = 644155200;

export function iersRotation(): EarthRotationSpec {
  const text = readFileSync(new URL('eop/eopc04_14_IAU2000.20.txt', formats), 'latin1');
  return { model: 'iers2010', eop: parseEopC04(text, { file: 'eopc04_14_IAU2000.20.txt' }) };
}

/** FES2004 to degree 8, as published with the IERS Conventions. */
export async function fes2004(): Promise<readonly HarmonicWave[]> {
  async function* bytes() {
    yield readFileSync(new URL('oceantide/fes2004_Cnm-Snm-8x8.dat', formats));
  }
  const model = await readOceanTides(bytes(), { file: 'fes2004_Cnm-Snm-8x8.dat' });
  return model.waves.map(waveOfStokes);
}

/** Coefficients of the size of a dealiasing product, from a seed. */
export function someCoefficients(maxDegree: number, seed: number, size = 1e-10) {
  const noise = new GaussianNoise(seed);
  const c = new Float64Array(triangleSize(maxDegree));
  const s = new Float64Array(triangleSize(maxDegree));
  for (let n = 2; n <= maxDegree; n++) {
    for (let m = 0; m <= n; m++) {
      c[triangleIndex(n, m)] = (size * noise.next()) / n;
      if (m > 0) s[triangleIndex(n, m)] = (size * noise.next()) / n;
    }
  }
  return { c, s };
}

/** Every force there is, for days from FORCE_START; what has no published file at hand is made up in its size. */
export async function allForces(days = 1): Promise<ForceModel> {
  const waves = await fes2004();
  const pole = someCoefficients(6, 11, 0.1);
  const poleImaginary = someCoefficients(6, 12, 0.1);
  const air = someCoefficients(6, 13, 1e-11);
  const airSine = someCoefficients(6, 14, 1e-11);
  return {
    ephemeris: tabulateEphemeris(createAnalyticalEphemeris(), FORCE_START, FORCE_START + days * 86_400),
    thirdBodies: {},
    relativity: {},
    tides: {
      solid: true,
      solidPole: 'secular2018',
      oceanPole: {
        coefficients: {
          maxDegree: 6,
          aReal: pole.c,
          bReal: pole.s,
          aImaginary: poleImaginary.c,
          bImaginary: poleImaginary.s,
        },
      },
      ocean: { waves, admittance: true },
      atmosphere: {
        waves: [
          {
            name: 'S2',
            doodson: [2, 2, -2, 0, 0, 0],
            maxDegree: 6,
            cosC: air.c,
            cosS: air.s,
            sinC: airSine.c,
            sinS: airSine.s,
          },
        ],
      },
      dealiasing: {
        sets: Array.from({ length: 8 * days + 1 }, (_, i) => ({
          gpsSeconds: FORCE_START + 10_800 * i,
          maxDegree: 10,
          ...someCoefficients(10, 100 + i),
        })),
      },
    },
    fieldVariation: {
      sets: [0, days * 86_400].map((t, i) => ({
        gpsSeconds: FORCE_START + t,
        maxDegree: 6,
        ...someCoefficients(6, 200 + i),
      })),
    },
  };
}
