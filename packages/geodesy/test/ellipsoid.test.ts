import {
  cartesianToGeodetic,
  ellipsoidFromFlattening,
  GRS80,
  geodeticToCartesian,
  normalGravity,
  normalZonalCoefficients,
  WGS84,
} from '@gravity/geodesy';
import { describe, expect, it } from 'vitest';

/** Relative difference. */
const relative = (value: number, published: number) => Math.abs(value / published - 1);

describe('derived constants', () => {
  // Moritz (2000), Geodetic Reference System 1980; tolerance: half a unit of the last digit given there.
  it.each([
    ['semiMinorAxis', 6356752.3141, 5e-5],
    ['eccentricitySquared', 0.0066943800229, 5e-14],
    ['secondEccentricitySquared', 0.00673949677548, 5e-15],
    ['flattening', 0.00335281068118, 5e-15],
    ['centrifugalRatio', 0.00344978600308, 5e-15],
    ['potential', 62636860.85, 5e-4],
    ['gravityEquator', 9.7803267715, 5e-11],
    ['gravityPole', 9.8321863685, 5e-11],
    ['somiglianaConstant', 0.001931851353, 5e-13],
  ] as const)('GRS80 %s', (name, published, tolerance) => {
    expect(Math.abs(GRS80[name] - published)).toBeLessThan(tolerance);
  });

  // NIMA TR8350.2, 3rd edition, tables 3.3 and 3.4.
  it.each([
    ['semiMinorAxis', 6356752.3142, 5e-5],
    ['eccentricitySquared', 6.69437999014e-3, 5e-15],
    ['secondEccentricitySquared', 6.73949674228e-3, 5e-15],
    ['centrifugalRatio', 0.00344978650684, 5e-15],
    ['potential', 62636851.7146, 5e-5],
    ['gravityEquator', 9.7803253359, 5e-11],
    ['gravityPole', 9.8321849378, 1e-10],
    ['somiglianaConstant', 0.00193185265241, 1e-13],
  ] as const)('WGS84 %s', (name, published, tolerance) => {
    expect(Math.abs(WGS84[name] - published)).toBeLessThan(tolerance);
  });

  it('rejects constants of no ellipsoid', () => {
    expect(() => ellipsoidFromFlattening({ ...WGS84, flattening: -0.1 })).toThrow(/flattening/);
  });
});

describe('geodetic coordinates', () => {
  // ERFA t_erfa_c.c, gd2gce and gc2gde, with the ellipsoid used there.
  const test = ellipsoidFromFlattening({ ...WGS84, semiMajorAxis: 6378136, flattening: 0.0033528 });

  it('agree with the published values of ERFA', () => {
    const [x, y, z] = geodeticToCartesian({ longitude: 3.1, latitude: -0.5, height: 2500 }, test);
    expect(Math.abs(x - -5598999.6665116325)).toBeLessThan(1e-7);
    expect(Math.abs(y - 233011.63514630572)).toBeLessThan(1e-7);
    expect(Math.abs(z - -3040909.051731413)).toBeLessThan(1e-7);
    const g = cartesianToGeodetic([2e6, 3e6, 5.244e6], test);
    expect(Math.abs(g.longitude - 0.982793723247329)).toBeLessThan(1e-14);
    expect(Math.abs(g.latitude - 0.9716018377570411)).toBeLessThan(1e-14);
    expect(Math.abs(g.height - 332.368624957644)).toBeLessThan(1e-8);
  });

  it('go there and back everywhere to rounding', () => {
    for (const height of [-5e6, -1e4, 0, 8848, 4.9e5, 3.6e7, 4e8]) {
      for (let i = -18; i <= 18; i++) {
        const position = { latitude: (i * Math.PI) / 36, longitude: 2.5, height };
        const back = cartesianToGeodetic(geodeticToCartesian(position));
        // 1e-15 rad of a latitude is 6 nm on the ground; deeper and farther out rounding of the coordinates rules.
        expect(Math.abs(back.latitude - position.latitude)).toBeLessThan(height < -1e6 ? 1e-13 : 1e-15);
        expect(Math.abs(back.height - height)).toBeLessThan(height > 1e8 ? 2e-7 : 4e-8);
      }
    }
    expect(cartesianToGeodetic([0, 0, -7e6])).toMatchObject({ latitude: -Math.PI / 2 });
  });

  it('reject what has no meaning', () => {
    expect(() => cartesianToGeodetic([0, 0, 0])).toThrow(RangeError);
    expect(() => cartesianToGeodetic([Number.NaN, 0, 7e6])).toThrow(RangeError);
    expect(() => geodeticToCartesian({ latitude: 2, longitude: 0, height: 0 })).toThrow(/latitude 2/);
  });
});

describe('normal field', () => {
  it('has the published zonal coefficients', () => {
    // Moritz (2000): J4, J6, J8 of GRS80, half a unit of the last digit. NIMA TR8350.2: C̄20 of WGS84.
    const c = normalZonalCoefficients(8, GRS80);
    expect(Math.abs(-c[4] * 3 - -0.00000237091222)).toBeLessThan(5e-15);
    expect(Math.abs(-c[6] * Math.sqrt(13) - 0.00000000608347)).toBeLessThan(5e-15);
    expect(Math.abs(-c[8] * Math.sqrt(17) - -0.00000000001427)).toBeLessThan(5e-15);
    expect(c[3]).toBe(0);
    expect(relative(normalZonalCoefficients(2, WGS84)[2], -0.484166774985e-3)).toBeLessThan(1e-12);
    expect(() => normalZonalCoefficients(-1)).toThrow(RangeError);
  });

  it('has the published gravity at 45° of GRS80', () => {
    // Moritz (2000): 9.806199203 m/s².
    expect(Math.abs(normalGravity(Math.PI / 4, 0, GRS80) - 9.806199203)).toBeLessThan(5e-10);
  });

  it('gravity and zonal coefficients belong to the same field', () => {
    // |∇U| from the zonal series plus rotation; 1 µGal = 1e-8 m/s². Above the ellipsoid the stated error holds.
    const c = normalZonalCoefficients(20);
    for (const latitude of [-1.5, -0.8, 0, 0.3, 1.1]) {
      for (const [height, tolerance] of [
        [0, 1e-9],
        [2000, 2.5e-8],
        [50000, 2.5e-5],
      ]) {
        const [x, , z] = geodeticToCartesian({ latitude, longitude: 0, height });
        expect(Math.abs(gravityOf(c, x, z) - normalGravity(latitude, height))).toBeLessThan(tolerance);
      }
    }
  });
});

/** |∇U| from zonal coefficients, derivative in closed form. */
function gravityOf(c: Float64Array, x: number, z: number): number {
  const { gm, semiMajorAxis: a, angularVelocity: omega } = WGS84;
  const r = Math.hypot(x, z);
  const t = z / r;
  let [radial, polar] = [0, 0];
  let [p0, p1] = [1, t];
  let [d0, d1] = [0, 1];
  for (let n = 0; n < c.length; n++) {
    const scaled = c[n] * Math.sqrt(2 * n + 1) * (a / r) ** n;
    radial -= (n + 1) * scaled * p0;
    polar += scaled * d0 * Math.sqrt(1 - t * t);
    const p2 = ((2 * n + 3) * t * p1 - (n + 1) * p0) / (n + 2);
    const d2 = d0 + (2 * n + 3) * p1;
    [p0, p1, d0, d1] = [p1, p2, d1, d2];
  }
  const cos = x / r;
  const gr = (gm / r ** 2) * radial + omega ** 2 * x * cos;
  const gt = (gm / r ** 2) * polar - omega ** 2 * x * t;
  return Math.hypot(gr, gt);
}
