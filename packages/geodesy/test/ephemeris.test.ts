import {
  ARCSECOND,
  analyticalSunMoon,
  createAnalyticalEphemeris,
  createStateEphemeris,
  emptySunMoon,
} from '@gravity/geodesy';
import { describe, expect, it } from 'vitest';
import { fixture, type Rows } from './helpers.js';

const { rows } = fixture<Rows>('sun-moon');

/** Angle between two vectors, arcseconds. */
function angle(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const cross = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  return Math.asin(Math.hypot(...cross) / (norm(a) * norm(b))) / ARCSECOND;
}
const norm = (a: ArrayLike<number>) => Math.hypot(a[0], a[1], a[2]);

describe('analytical Sun and Moon', () => {
  it('agree with JPL DE421 in 1950–2050', () => {
    const at = emptySunMoon();
    const worst = { sun: 0, moon: 0, sunDistance: 0, moonDistance: 0, velocity: 0 };
    for (const [tdb, ...v] of rows) {
      const [sun, moon, velocity] = [v.slice(0, 3), v.slice(3, 6), v.slice(6, 9)];
      analyticalSunMoon(tdb / 86400 / 36525, at);
      worst.sun = Math.max(worst.sun, angle(at.sun, sun));
      worst.moon = Math.max(worst.moon, angle(at.moon, moon));
      worst.sunDistance = Math.max(worst.sunDistance, Math.abs(norm(at.sun) - norm(sun)));
      worst.moonDistance = Math.max(worst.moonDistance, Math.abs(norm(at.moon) - norm(moon)));
      worst.velocity = Math.max(worst.velocity, Math.hypot(...velocity.map((x, k) => x - at.sunVelocity[k])));
    }
    // Over 400 epochs the largest are 0.10″ and 0.37″, 70 km (5e-7) and 450 m (1.2e-6), 0.12 m/s of 30 km/s.
    expect(worst.sun).toBeLessThan(0.12);
    expect(worst.moon).toBeLessThan(0.4);
    expect(worst.sunDistance).toBeLessThan(8e4);
    expect(worst.moonDistance).toBeLessThan(500);
    expect(worst.velocity).toBeLessThan(0.15);
  });

  it('are interpolated to 0.1 m', () => {
    const ephemeris = createAnalyticalEphemeris();
    const [a, b] = [emptySunMoon(), emptySunMoon()];
    for (let i = 0; i < 300; i++) {
      const gps = 700000000 + i * 2477;
      ephemeris.sunMoon(gps, 0.25, a);
      analyticalSunMoon((gps + 51.434) / 86400 / 36525, b);
      expect(Math.hypot(...a.moon.map((x, k) => x - b.moon[k]))).toBeLessThan(0.1);
      expect(Math.hypot(...a.sun.map((x, k) => x - b.sun[k]))).toBeLessThan(0.1);
      expect(Math.hypot(...a.sunVelocity.map((x, k) => x - b.sunVelocity[k]))).toBeLessThan(1e-6);
    }
  });

  it('refuse epochs far away', () => {
    const ephemeris = createAnalyticalEphemeris();
    expect(() => ephemeris.sunMoon(4e9, 0, emptySunMoon())).toThrow(/1900 to 2100/);
    expect(() => ephemeris.sunMoon(Number.NaN, 0, emptySunMoon())).toThrow(RangeError);
  });
});

describe('ephemeris of states', () => {
  it('is asked at the Julian date TDB', () => {
    const asked: (string | number)[][] = [];
    const ephemeris = createStateEphemeris(
      'states',
      {
        geocentricInto(body, jd, fraction, out) {
          asked.push([body, jd, fraction]);
          out.set([1, 2, 3, 4, 5, 6]);
        },
      },
      ['venus'],
    );
    const at = emptySunMoon();
    // 2021-07-17T00:00:00 GPS is 00:00:51.184 TT; TDB − TT is below 2 ms.
    ephemeris.sunMoon((59412 - 51544.5) * 86400, 0.5, at);
    expect([...at.moon]).toEqual([1, 2, 3]);
    expect([...at.sunVelocity]).toEqual([4, 5, 6]);
    expect(asked.map(([body]) => body)).toEqual(['moon', 'sun']);
    const [, jd, fraction] = asked[0] as [string, number, number];
    const seconds = (jd - 2459412.5 + fraction) * 86400 - 51.684;
    expect(Math.abs(seconds)).toBeLessThan(2e-3);
    ephemeris.planet?.('venus', 0, 0, new Float64Array(3));
    expect(asked[2][0]).toBe('venus');
  });
});
