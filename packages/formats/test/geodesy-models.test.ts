import { type Aod1bSet, openAod1b, openEphemeris, readOceanTides } from '@gravity/formats';
import {
  createAnalyticalEphemeris,
  createDealiasing,
  createStateEphemeris,
  emptySunMoon,
  triangleIndex,
  waveOfHeights,
  waveOfStokes,
} from '@gravity/geodesy';
import { describe, expect, it } from 'vitest';
import { fixture } from './helpers.js';

const open = (name: string) => openEphemeris([fixture(`ephemeris/${name}`)], { file: name });

/** What the readers give is what the models of @gravity/geodesy take, without anything between. */
describe('records and the models of @gravity/geodesy', () => {
  it('a JPL ephemeris is an ephemeris, and agrees with the analytical theories', async () => {
    const de = await open('lnxp2023.430');
    const ephemeris = createStateEphemeris('DE440', de, ['venus', 'jupiter']);
    const analytical = createAnalyticalEphemeris();
    const [a, b] = [emptySunMoon(), emptySunMoon()];
    const separation = (x: Float64Array, y: Float64Array) =>
      (Math.hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2]) / Math.hypot(...x)) * (648_000 / Math.PI);
    for (let day = 1; day < 95; day += 3.7) {
      const gpsSeconds = Math.round((de.startJd + day - 2451545) * 86400);
      ephemeris.sunMoon(gpsSeconds, 0.25, a);
      analytical.sunMoon(gpsSeconds, 0.25, b);
      // what @gravity/geodesy states of its series: 0.4″ for the Moon, 0.1″ for the Sun
      expect(separation(a.moon, b.moon)).toBeLessThan(0.4);
      expect(separation(a.sun, b.sun)).toBeLessThan(0.1);
    }
    // GPS 2023-02-24 00:00 is 51.184 s earlier than TT of the same clock reading
    const noon = 730_468_800;
    ephemeris.sunMoon(noon, 0, a);
    const direct = de.geocentric('moon', 2451545 + noon / 86400, 51.184 / 86400);
    // TDB − TT is at most 2 ms: 2 m of the Moon's way
    expect(Math.hypot(...direct.position.map((v, k) => v - a.moon[k]))).toBeLessThan(3);
    expect(() => ephemeris.sunMoon(0, 0, a)).toThrow(/DE440/);
  });

  it('both publications of FES2004 are the same tide', async () => {
    const read = (file: string) => readOceanTides([fixture(`oceantide/${file}`)], { file });
    const stokes = (await read('fes2004_Cnm-Snm-8x8.dat')).waves.map(waveOfStokes);
    const heights = (await read('fes2004-7x7.dat')).waves.map(waveOfHeights);
    for (const name of ['M2', 'K1', 'O1', 'Mf']) {
      const [a, b] = [stokes, heights].map((waves) => waves.find((wave) => wave.name === name));
      if (!a || !b) throw new Error(`no wave ${name}`);
      for (let m = 0; m <= 2; m++) {
        const i = triangleIndex(2, m);
        // digits of the heights, and the load Love number: k₂ = −0.3075 in the Conventions, that of PREM in geodesy
        const amplitude = Math.hypot(a.cosC[i], a.sinC[i], a.cosS[i], a.sinS[i]);
        for (const key of ['cosC', 'sinC', 'cosS', 'sinS'] as const) {
          expect(Math.abs(a[key][i] - b[key][i])).toBeLessThan(6e-15 + 5e-3 * amplitude);
        }
      }
    }
  });

  it('AOD1B sets are dealiasing sets', async () => {
    const set = (hour: string, value: string) =>
      `DATA SET 01:  3 COEFFICIENTS FOR 2008-07-03 ${hour}:00:00 OF TYPE glo\n0 0 0.0 0.0\n1 0 ${value} 0.0\n1 1 ${value} ${value}\n`;
    const text = `MAXIMUM DEGREE : 1\nCONSTANT GM [M^3/S^2] : 0.3986004418E+15\nCONSTANT A [M] : 0.63781366E+07\nEND OF HEADER\n${set('00', '1e-10')}${set('03', '3e-10')}`;
    const { header, sets } = await openAod1b([Buffer.from(text)], {
      file: 'AOD1B_2008-07-03_X_06.asc',
      types: ['glo'],
    });
    const all: Aod1bSet[] = [];
    for await (const one of sets) all.push(one);
    const model = createDealiasing(all, { degreeMin: 1, gm: header.gm, radius: header.radius });
    const [c, s] = [new Float64Array(3), new Float64Array(3)];
    model.add({ gpsSeconds: all[0].gpsSeconds + 5400, offsetSeconds: 0 }, c, s);
    expect(c[1]).toBeCloseTo(2e-10, 22);
    expect(s[2]).toBeCloseTo(2e-10, 22);
  });
});
