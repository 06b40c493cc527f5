import {
  celestialToTerrestrial,
  createEarthRotation,
  EARTH_ROTATION_ANGLE_RATE,
  type EarthOrientation,
  earthRotationAngle,
  orientationMatrix,
  terrestrialToCelestial,
  tioLocator,
} from '@gravity/geodesy';
import { describe, expect, it } from 'vitest';
import {
  type ArcFixture,
  c04Table,
  constantTable,
  type ErfaFixture,
  fixture,
  maxAbsDifference,
} from './helpers.js';

const ORBIT_RADIUS = 6.87e6;
const still = { xRate: 0, yRate: 0, angleRate: 0, xPoleRate: 0, yPoleRate: 0 };
const arc = fixture<ArcFixture>('grace-c-arc');
/** What ERFA and the numeric derivatives are compared with has daily values only. */
const DAILY = { subDailyTides: false, zonalTides: false } as const;
const iers = () =>
  createEarthRotation({ model: 'iers2010', eop: c04Table('14 C04', arc.c04.rows), ...DAILY });
/** 2021-07-17T00:00:00 GPS. */
const START = (59412 - 51544.5) * 86400;

// Published values: validation program of ERFA/SOFA (t_erfa_c.c, ERFA 2.0.1).
describe('published values of SOFA/ERFA', () => {
  it('Earth rotation angle (era00)', () => {
    expect(Math.abs(earthRotationAngle((54388 - 51544.5) * 86400, 0) - 0.4022837240028158)).toBeLessThan(
      1e-12,
    );
  });

  it('TIO locator (sp00)', () => {
    expect(Math.abs(tioLocator((52541 - 51544.5) * 86400) - -6.216698469981019e-12)).toBeLessThan(1e-20);
  });

  it('polar motion matrix (pom00)', () => {
    const out = new Float64Array(9);
    const [xPole, yPole] = [2.55060238e-7, 1.860359247e-6];
    orientationMatrix({ x: 0, y: 0, angle: -1.3671745807288915e-11, xPole, yPole, ...still }, out);
    const published = [
      0.9999999999999675, -1.367174580728847e-11, 2.550602379999972e-7, 1.4146249479570297e-11,
      0.9999999999982695, -1.8603592469988663e-6, -2.5506023797412153e-7, 1.860359247002414e-6,
      0.999999999998237,
    ];
    expect(maxAbsDifference(out, published)).toBeLessThan(1e-16 * 3);
  });

  it('celestial to intermediate matrix (c2ixys)', () => {
    const out = new Float64Array(9);
    const s = -1.220040848472272e-8;
    orientationMatrix(
      { x: 0.5791308486706011e-3, y: 4.020579816732961e-5, angle: -s, xPole: 0, yPole: 0, ...still },
      out,
    );
    const published = [
      0.9999998323037157, 5.581984869168499e-10, -0.0005791308491611282, -0.238426164267044e-7,
      0.9999999991917469, -4.020579110169669e-5, 0.5791308486706011e-3, 4.020579816732961e-5,
      0.9999998314954628,
    ];
    expect(maxAbsDifference(out, published)).toBeLessThan(1e-15);
  });

  it('celestial to terrestrial matrix (c2t06a)', () => {
    // The published case has TT = UT1 = MJD 53736.0. Through createEarthRotation: GPS epoch of that TT, and
    // UT1−UTC far from any real value, so the building blocks are used with TT and UT1 as they are.
    const pole = { x: 0.0005791308482835292, y: 4.0205800994540205e-5, s: -1.22003229416458e-8 };
    const seconds = (53736 - 51544.5) * 86400;
    const out = new Float64Array(9);
    const orientation: EarthOrientation = {
      ...pole,
      angle: earthRotationAngle(seconds, 0) - pole.s + tioLocator(seconds),
      xPole: 2.55060238e-7,
      yPole: 1.860359247e-6,
      ...still,
    };
    orientationMatrix(orientation, out);
    const published = [
      -0.18103321283058973, 0.9834769806938592, 6.555550962998436e-5, -0.9834768134136215,
      -0.1810332203649131, 0.0005749800844905594, 0.0005773474024748546, 3.9618168296326906e-5,
      0.9999998325501748,
    ];
    expect(maxAbsDifference(out, published)).toBeLessThan(1e-12);
  });
});

describe('model iers2010', () => {
  it('agrees with ERFA at 200 random epochs 2017–2031 to 1e-12 rad', () => {
    const out = new Float64Array(9);
    let worst = 0;
    for (const [gps, offset, xPole, yPole, ut1MinusUtcSeconds, dX, dY, ...matrix] of fixture<ErfaFixture>(
      'erfa',
    ).matrices.rows) {
      const eop = constantTable(51544.5 + gps / 86400, { xPole, yPole, ut1MinusUtcSeconds, dX, dY });
      createEarthRotation({ model: 'iers2010', eop, ...DAILY }).matrix(gps, offset, out);
      worst = Math.max(worst, maxAbsDifference(out, matrix));
    }
    expect(worst).toBeLessThan(1e-12);
  });

  it('gives an orthonormal matrix', () => {
    const out = new Float64Array(9);
    iers().matrix(START, 0.5, out);
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) {
        const dot =
          out[3 * i] * out[3 * j] + out[3 * i + 1] * out[3 * j + 1] + out[3 * i + 2] * out[3 * j + 2];
        expect(Math.abs(dot - (i === j ? 1 : 0))).toBeLessThan(4e-16);
      }
    }
  });

  it('gives the rate that numeric differentiation of the matrix gives', () => {
    const rotation = iers();
    const [rate, m] = [new Float64Array(9), new Float64Array(9)];
    const at = (t: number, k: number) => {
      rotation.matrix(START + Math.round(t), 0, m);
      return m[k];
    };
    // Central differences of order 8, step 30 s: truncation (ωh)⁸ω/630 ≈ 1e-28, rounding 2e-16/30 ≈ 1e-17 1/s.
    const weights = [4 / 5, -1 / 5, 4 / 105, -1 / 280];
    const h = 30;
    let worst = 0;
    for (let t = 300; t < 86000; t += 1234) {
      rotation.matrix(START + t, 0, new Float64Array(9), rate);
      for (let k = 0; k < 9; k++) {
        let numeric = 0;
        weights.forEach((w, i) => {
          numeric += (w * (at(t + (i + 1) * h, k) - at(t - (i + 1) * h, k))) / h;
        });
        worst = Math.max(worst, Math.abs(numeric - rate[k]));
      }
    }
    // In the velocity of a low orbit: below 1e-9 m/s.
    expect(worst * ORBIT_RADIUS).toBeLessThan(1e-9);
  });

  it('carries nanoseconds in the offset', () => {
    const rotation = iers();
    const [a, b] = [new Float64Array(9), new Float64Array(9)];
    rotation.matrix(START + 1000, 0, a);
    rotation.matrix(START + 1000, 1e-6, b);
    const angle = a[0] * b[3] + a[1] * b[4] + a[2] * b[5];
    // R(t+1 µs)·R(t)ᵀ turns by ω·1 µs = 7.3e-11 rad; θ in a double is good to 9e-16 rad (12 ps).
    expect(Math.abs(angle + EARTH_ROTATION_ANGLE_RATE * 1e-6)).toBeLessThan(4e-15);
  });

  it('adds sub-daily variations handed in', () => {
    const [a, b, rate] = [new Float64Array(9), new Float64Array(9), new Float64Array(9)];
    const eop = c04Table('14 C04', arc.c04.rows);
    iers().matrix(START, 0, a);
    createEarthRotation(
      { model: 'iers2010', eop, ...DAILY },
      { subDailyEop: (_gps, _offset, out) => out.set([0, 0, 1e-3, 0, 0, 0]) },
    ).matrix(START, 0, b, rate);
    // UT1 later by 1 ms: turned on by ω·1 ms; the second-order term is (7e-8)²/2.
    for (let k = 0; k < 9; k++) expect(Math.abs(b[k] - a[k] - rate[k] * 1e-3)).toBeLessThan(1e-14);
  });

  it('names the date, span and source when data are missing', () => {
    const out = new Float64Array(9);
    const after = (59418 - 51544.5) * 86400;
    expect(() => iers().matrix(after, 0, out)).toThrow(
      /no Earth orientation parameters for 2021-07-22.*"14 C04" \(2021-07-13 to 2021-07-22, MJD 59408–59417\)/,
    );
    expect(() => iers().matrix(START - 10 * 86400, 0, out)).toThrow(/for 2021-07-0[67].*14 C04/);
    expect(() => iers().matrix(Number.NaN, 0, out)).toThrow(RangeError);
  });
});

describe('model constant', () => {
  const spec = { model: 'constant', rate: 7.292115e-5, angleAtEpoch: 1.25, epochGpsSeconds: 1e8 } as const;

  it('turns by rate·time, to rounding after decades', () => {
    const out = new Float64Array(9);
    const rotation = createEarthRotation(spec);
    // 7.292115e-5·813456789 + 1.25 modulo 2π by exact decimal arithmetic on the doubles' values (bigint below).
    const elapsed = 813456789;
    rotation.matrix(1e8 + elapsed, 0, out);
    const angle = exactAngle(spec.rate, elapsed, spec.angleAtEpoch);
    expect(Math.abs(out[0] - Math.cos(angle))).toBeLessThan(1e-15);
    expect(Math.abs(out[1] - Math.sin(angle))).toBeLessThan(1e-15);
    expect([out[2], out[5], out[6], out[7], out[8]]).toEqual([0, 0, 0, 0, 1]);
    // The plain product in doubles misses by far more than that: the care is not for nothing.
    expect(Math.abs(Math.cos(spec.rate * elapsed + 1.25) - Math.cos(angle))).toBeGreaterThan(1e-13);
  });

  it('gives the rate', () => {
    const [out, rate] = [new Float64Array(9), new Float64Array(9)];
    createEarthRotation(spec).matrix(2e8, 0.25, out, rate);
    expect(rate[0]).toBe(-spec.rate * out[1]);
    expect(rate[1]).toBe(spec.rate * out[0]);
  });

  it('rejects values that are not finite', () => {
    expect(() => createEarthRotation({ ...spec, rate: Number.NaN })).toThrow(/rate is NaN/);
  });
});

describe('states', () => {
  it('go to the terrestrial frame and back', () => {
    const rotation = iers();
    const state = arc.icrf[7].slice(2);
    const there = celestialToTerrestrial(rotation, START + 5, 0.3, state);
    const back = terrestrialToCelestial(rotation, START + 5, 0.3, there, there);
    expect(maxAbsDifference(back.slice(0, 3), state.slice(0, 3))).toBeLessThan(5e-9);
    expect(maxAbsDifference(back.slice(3), state.slice(3))).toBeLessThan(5e-12);
  });

  it('leave a point of the Earth at rest', () => {
    const rotation = createEarthRotation({
      model: 'constant',
      rate: 7e-5,
      angleAtEpoch: 0,
      epochGpsSeconds: 0,
    });
    const celestial = terrestrialToCelestial(rotation, 1234, 0, [6378137, 0, 0, 0, 0, 0]);
    expect(Math.hypot(...celestial.slice(3))).toBeCloseTo(6378137 * 7e-5, 9);
  });
});

/** rate·elapsed + angle modulo 2π, exact up to the last rounding. */
function exactAngle(rate: number, elapsed: number, angle: number): number {
  const scale = 10n ** 60n;
  const fixed = (value: number): bigint => {
    // A double is k·2^e: exact in units of 10^-60 as long as e > -190.
    let [k, e] = [value, 0];
    while (!Number.isInteger(k)) {
      k *= 2;
      e++;
    }
    return (BigInt(k) * scale) / 2n ** BigInt(e);
  };
  // 2π to 60 decimals.
  const turn = 6283185307179586476925286766559005768394338798750211641949889n;
  const total = fixed(rate) * BigInt(elapsed) + fixed(angle);
  return Number(total % turn) / Number(scale);
}
