import {
  ARCSECOND,
  createAnalyticalEphemeris,
  createDealiasing,
  createEarthRotation,
  createHarmonicTide,
  createOceanPoleTide,
  createSolidEarthTide,
  createSolidPoleTide,
  createTideEpochSource,
  createTideModel,
  type DealiasingSet,
  type HarmonicWave,
  meanPole,
  parseDoodsonNumber,
  seaWaterStokesFactors,
  type TideEpoch,
  type TideModelParts,
  tideArguments,
  triangleIndex,
  triangleSize,
  wobble,
} from '@gravity/geodesy';
import { describe, expect, it } from 'vitest';
import { type ArcFixture, c04Table, fixture, maxAbsDifference } from './helpers.js';

const rotation = createEarthRotation({
  model: 'iers2010',
  eop: c04Table('14 C04', fixture<ArcFixture>('grace-c-arc').c04.rows),
});
const ephemeris = createAnalyticalEphemeris();
const START = (59412 - 51544.5) * 86400;
const field = { gm: 3.986004415e14, radius: 6378136.3, tideSystem: 'zero_tide' } as const;

/** Deterministic numbers of the size 1. */
const numbers = (size: number, seed: number) =>
  Float64Array.from({ length: size }, (_, i) => Math.sin(seed + 12.9898 * (i + 1)));

const wave = (doodson: string, degree: number, seed: number): HarmonicWave => ({
  name: doodson,
  doodson: parseDoodsonNumber(doodson),
  maxDegree: degree,
  cosC: numbers(triangleSize(degree), seed).map((x) => x * 1e-10),
  sinC: numbers(triangleSize(degree), seed + 1).map((x) => x * 1e-10),
  cosS: numbers(triangleSize(degree), seed + 2).map((x) => x * 1e-10),
  sinS: numbers(triangleSize(degree), seed + 3).map((x) => x * 1e-10),
});
const sets: DealiasingSet[] = Array.from({ length: 10 }, (_, i) => ({
  gpsSeconds: START + i * 10800,
  maxDegree: 8,
  c: numbers(triangleSize(8), 10 + i),
  s: numbers(triangleSize(8), 40 + i),
}));
const oceanPole = {
  maxDegree: 6,
  aReal: numbers(28, 1),
  bReal: numbers(28, 2),
  aImaginary: numbers(28, 3),
  bImaginary: numbers(28, 4),
};

describe('pole tide', () => {
  it('has the wobble of the published test of the ocean pole load (Desai, IERS Conventions center)', () => {
    // opoleloadcmcor.test: MJD, x_p, y_p, then mean pole and wobble in arcseconds, mean pole of 2003.
    for (const [mjd, x, y, xMean, yMean, m1, m2] of [
      [52640, -8.8441e-2, 1.87986e-1, 5.649057e-2, 3.688527e-1, -1.449316e-1, 1.808667e-1],
      [52657, -1.25941e-1, 2.26527e-1, 5.65292e-2, 3.690366e-1, -1.824702e-1, 1.425096e-1],
      [52673, -1.44008e-1, 2.69683e-1, 5.656556e-2, 3.692096e-1, -2.005736e-1, 9.952658e-2],
    ]) {
      // It counts the years from MJD 51544, here J2000.0 is 51544.5: 1 µas a day and less of the rest.
      const t = (mjd - 51544) / 36525;
      const mean = meanPole('mean2003', t);
      expect(Math.abs(mean.x / ARCSECOND - xMean)).toBeLessThan(1e-7);
      expect(Math.abs(mean.y / ARCSECOND - yMean)).toBeLessThan(1e-7);
      const w = wobble('mean2003', t, x * ARCSECOND, y * ARCSECOND);
      expect(Math.abs(w.m1 / ARCSECOND - m1)).toBeLessThan(1e-7);
      expect(Math.abs(w.m2 / ARCSECOND - m2)).toBeLessThan(1e-7);
    }
  });

  it('has the secular pole and the cubic mean pole of the conventions', () => {
    const mas = (model: 'secular2018' | 'mean2010', years: number) => {
      const { x, y } = meanPole(model, years / 100);
      return [x / ARCSECOND / 1e-3, y / ARCSECOND / 1e-3];
    };
    expect(mas('secular2018', 0)[0]).toBeCloseTo(55, 9);
    expect(mas('secular2018', 20)[1]).toBeCloseTo(320.5 + 69.2, 9);
    // The two pieces meet at 2010.0 to what their digits allow.
    const [before, after] = [mas('mean2010', 10 - 1e-9), mas('mean2010', 10)];
    expect(Math.abs(before[0] - after[0])).toBeLessThan(1e-3);
    expect(Math.abs(before[1] - after[1])).toBeLessThan(2e-3);
  });

  const epoch: TideEpoch = {
    ...createTideEpochSource(rotation, ephemeris)(START, 0),
    xPole: 0.2 * ARCSECOND,
    yPole: 0.5 * ARCSECOND,
  };

  it('of the solid Earth is that of a rotating elastic body', () => {
    // ΔC̄21 − iΔS̄21 = −Ω²a³/(GM·√15)·k₂·(m₁ − i·m₂) with k₂ = 0.3077 + 0.0036i (IERS Conventions 2010, section 6.4).
    const c = new Float64Array(6);
    const s = new Float64Array(6);
    createSolidPoleTide()(epoch, c, s);
    const { m1, m2 } = wobble('secular2018', epoch.ttCenturies, epoch.xPole, epoch.yPole);
    const k = (7.292115e-5 ** 2 * 6378136.6 ** 3) / (3.986004418e14 * Math.sqrt(15));
    // The printed factors have four and three digits.
    expect(Math.abs(c[4] + k * (0.3077 * m1 + 0.0036 * m2))).toBeLessThan(4e-4 * k * Math.hypot(m1, m2));
    expect(Math.abs(s[4] + k * (0.3077 * m2 - 0.0036 * m1))).toBeLessThan(4e-4 * k * Math.hypot(m1, m2));
    expect(Math.abs(c[4])).toBeGreaterThan(1e-11);
  });

  it('of the ocean is eq. 6.23', () => {
    const c = new Float64Array(28);
    const s = new Float64Array(28);
    createOceanPoleTide(oceanPole)(epoch, c, s);
    const { m1, m2 } = wobble('secular2018', epoch.ttCenturies, epoch.xPole, epoch.yPole);
    // k′₂ of PREM is −0.3054 (Gegout): from the load Love numbers' own test.
    const i = triangleIndex(2, 1);
    const rn =
      ((7.292115e-5 ** 2 * 6378136.6 ** 4) / 3.986004418e14) *
      ((4 * Math.PI * 6.67428e-11 * 1025) / 9.7803278) *
      ((1 - 0.3054) / 5);
    const re = m1 * 0.687 + m2 * 0.0036;
    const im = m2 * 0.687 - m1 * 0.0036;
    const expected = rn * (oceanPole.aReal[i] * re + oceanPole.aImaginary[i] * im);
    expect(Math.abs(c[i] / expected - 1)).toBeLessThan(2e-3);
    const sine = rn * (oceanPole.bReal[i] * re + oceanPole.bImaginary[i] * im);
    expect(Math.abs(s[i] / sine - 1)).toBeLessThan(2e-3);
    expect(c[0] + c[1] + c[2]).toBe(0);
    expect(() => createOceanPoleTide({ ...oceanPole, maxDegree: 7 })).toThrow(/aReal has 28 of 36/);
  });

  it('needs a pole', () => {
    expect(() =>
      createSolidPoleTide()({ ...epoch, xPole: Number.NaN }, new Float64Array(6), new Float64Array(6)),
    ).toThrow(/no motion of the pole/);
  });

  it('has the factor of a layer of sea water', () => {
    // One metre over the whole Earth per degree: 3ρ_w/(R·ρ_e)·(1+k′)/(2n+1) with the mean density 5514 kg/m³.
    const factors = seaWaterStokesFactors(10);
    const plain = (3 * 1025) / (6371000 * 5514) / 21;
    expect(Math.abs(factors[10] / plain - 1)).toBeLessThan(0.1);
  });
});

describe('dealiasing', () => {
  it('is linear between the sets, exact on them', () => {
    const { add, degreeMax } = createDealiasing([...sets].reverse());
    expect(degreeMax).toBe(8);
    for (const [gps, offset, u, i] of [
      [START + 10800, 0, 0, 1],
      [START + 5400, 0, 0.5, 0],
      [START + 9 * 10800, 0, 1, 8],
      [START + 2 * 10800 + 1, 0.25, 1.25 / 10800, 2],
    ]) {
      const [c, s] = [new Float64Array(45), new Float64Array(45)];
      add({ gpsSeconds: gps, offsetSeconds: offset }, c, s);
      for (let k = 3; k < 45; k++) {
        expect(c[k]).toBeCloseTo((1 - u) * sets[i].c[k] + u * sets[i + 1].c[k], 14);
        expect(s[k]).toBeCloseTo((1 - u) * sets[i].s[k] + u * sets[i + 1].s[k], 14);
      }
      expect([c[0], c[1], c[2]]).toEqual([0, 0, 0]);
    }
  });

  it('names what is missing', () => {
    const { add } = createDealiasing(sets);
    const arrays = () => [new Float64Array(45), new Float64Array(45)] as const;
    expect(() => add({ gpsSeconds: START - 1, offsetSeconds: 0 }, ...arrays())).toThrow(
      /no sets around 2021-07-16T23:59:41.*2021-07-16T23:59:42.*2021-07-18T02:59:42/,
    );
    const gap = createDealiasing(sets.filter((_, i) => i !== 4));
    expect(() => gap.add({ gpsSeconds: START + 4 * 10800, offsetSeconds: 0 }, ...arrays())).toThrow(
      /no sets/,
    );
    expect(() => createDealiasing([sets[0]])).toThrow(/1 sets/);
    expect(() => createDealiasing([...sets, sets[3]])).toThrow(/two sets for 2021-07-17T08:59:42/);
  });
});

describe('tide model', () => {
  const waves = [wave('255.555', 8, 1), wave('165.555', 8, 5), wave('145.555', 6, 9), wave('455.555', 5, 13)];
  const parts: TideModelParts = {
    solid: true,
    solidPole: 'secular2018',
    oceanPole: { coefficients: oceanPole },
    ocean: { waves, admittance: true },
    atmosphere: { waves: [wave('273.555', 8, 20)] },
    dealiasing: { sets },
  };

  it('sums its parts, for GM and radius of the field', () => {
    const model = createTideModel(parts, { rotation, ephemeris, field, interpolationSeconds: 0 });
    expect(model.degreeMax).toBe(8);
    const gps = START + 40000;
    const { c, s } = model.stokes(gps, 0.5);
    const epoch = createTideEpochSource(rotation, ephemeris)(gps, 0.5);
    const [cc, ss] = [new Float64Array(45), new Float64Array(45)];
    createSolidEarthTide({ tideSystem: 'zero_tide' })(epoch, cc, ss);
    createSolidPoleTide()(epoch, cc, ss);
    createOceanPoleTide(oceanPole)(epoch, cc, ss);
    createHarmonicTide(waves, { admittance: true }).add(epoch, cc, ss);
    createHarmonicTide([wave('273.555', 8, 20)]).add(epoch, cc, ss);
    createDealiasing(sets).add(epoch, cc, ss);
    for (let n = 0; n <= 8; n++) {
      const scale = (3.986004418e14 / 3.986004415e14) * (6378136.6 / 6378136.3) ** n;
      for (let i = triangleIndex(n, 0); i <= triangleIndex(n, n); i++) {
        expect(Math.abs(c[i] - cc[i] * scale)).toBeLessThan(1e-15);
        const sine = i === triangleIndex(n, 0) ? 0 : ss[i] * scale;
        expect(Math.abs(s[i] - sine)).toBeLessThan(1e-15);
      }
    }
  });

  it('interpolates to far below what any tide model knows', () => {
    const smooth = { ...parts, dealiasing: undefined };
    const exact = createTideModel(smooth, { rotation, ephemeris, field, interpolationSeconds: 0 });
    const fast = createTideModel(smooth, { rotation, ephemeris, field });
    let worst = 0;
    for (let t = 0; t < 86400; t += 1111) {
      const a = exact.stokes(START + t, 0.3);
      const b = fast.stokes(START + t, 0.3);
      worst = Math.max(worst, maxAbsDifference(a.c, b.c), maxAbsDifference(a.s, b.s));
    }
    // Solid tides reach 1e-8, the waves here 1e-10: M4 (6 h) loses 1e-9 of itself, the others 1e-11 and less.
    expect(worst).toBeLessThan(3e-19);
  });

  it('is empty when nothing is on, and says what does not go together', () => {
    const none = createTideModel({}, { rotation, ephemeris, field });
    expect([...none.stokes(START, 0).c]).toEqual([0]);
    const constant = createEarthRotation({
      model: 'constant',
      rate: 7.29e-5,
      angleAtEpoch: 0,
      epochGpsSeconds: START,
    });
    expect(() =>
      createTideModel({ solidPole: 'secular2018' }, { rotation: constant, ephemeris, field }),
    ).toThrow(/'constant' has no motion of the pole/);
    expect(() =>
      createTideModel({ solid: true }, { rotation, ephemeris, field: { ...field, tideSystem: 'unknown' } }),
    ).toThrow(/tide system unknown/);
  });

  it('takes the sidereal angle of a constant rotation', () => {
    const constant = createEarthRotation({
      model: 'constant',
      rate: 7.29e-5,
      angleAtEpoch: 0.4,
      epochGpsSeconds: START,
    });
    const epoch = createTideEpochSource(constant, ephemeris)(START + 1000, 0);
    const expected = tideArguments(epoch.ttCenturies, 0.4 + 7.29e-2);
    expect(epoch.siderealAngle).toBeCloseTo(expected.siderealAngle, 12);
    expect(maxAbsDifference(epoch.doodson, expected.doodson)).toBeLessThan(1e-12);
  });
});
