import { emptyGeopotential, GRS80, triangleIndex } from '@gravity/geodesy';
import {
  convertTideSystem,
  degreeAmplitudes,
  degreeCorrelation,
  degreeVariances,
  differenceDegreeAmplitudes,
  errorDegreeAmplitudes,
  K20_ANELASTIC,
  regularGrid,
  rescaleField,
  subtractFields,
  subtractNormalField,
  synthesizeGrid,
} from '@gravity/products';
import { describe, expect, it } from 'vitest';
import { maxAbsDifference, randomField } from './support.js';

describe('conversions', () => {
  it('leave the potential in space unchanged when constants change', () => {
    const field = randomField(20);
    const other = rescaleField(field, 3.986004418e14, 6378137);
    const grid = regularGrid({ stepDegrees: 20 });
    const surface = { kind: 'sphere', radius: 6800000 } as const;
    const a = synthesizeGrid(field, grid, 'potential', { surface }).values;
    const b = synthesizeGrid(other, grid, 'potential', { surface }).values;
    expect(maxAbsDifference(a, b) / Math.max(...a.map(Math.abs))).toBeLessThan(1e-14);
    const back = rescaleField(other, field.gm, field.radius);
    expect(maxAbsDifference(back.c, field.c)).toBeLessThan(1e-15);
  });

  it('shift C̄20 between tide systems by the published amounts', () => {
    const field = { ...emptyGeopotential(4, 3.986004415e14, 6378136.3, 'EGM2008', 'tide_free') };
    field.c[triangleIndex(2, 0)] = -0.484165143790815e-3;
    // EGM2008 is published tide free and zero tide with k20 = 0.3 (README_WGS84_2): −0.484169317366974e-3.
    // Its own amplitude of the permanent tide differs from that of the Conventions by 1.6e-4, hence 1e-12.
    const zero = convertTideSystem(field, 'zero_tide', 0.3);
    expect(Math.abs(zero.c[triangleIndex(2, 0)] + 0.484169317366974e-3)).toBeLessThan(1e-12);
    // IERS Conventions 2010: A₀H₀k20 = −4.2007e-9 with k20 = 0.30190.
    const shift =
      convertTideSystem(field, 'zero_tide', K20_ANELASTIC).c[triangleIndex(2, 0)] -
      field.c[triangleIndex(2, 0)];
    expect(shift / -4.2007e-9).toBeCloseTo(1, 4);
    const round = convertTideSystem(convertTideSystem(zero, 'mean_tide', 0.3), 'tide_free', 0.3);
    expect(Math.abs(round.c[triangleIndex(2, 0)] - field.c[triangleIndex(2, 0)])).toBeLessThan(1e-18);
    expect(round.tideSystem).toBe('tide_free');
    expect(() => convertTideSystem(field, 'unknown')).toThrow(/tideSystem/);
  });

  it('refuse to subtract fields of unknown tide system unless told to', () => {
    const known = randomField(4);
    const unknown = { ...randomField(4, 2), tideSystem: 'unknown' as const };
    expect(() => subtractFields(known, unknown)).toThrow(/tideSystem/);
    const difference = subtractFields(known, unknown, { assumeSameTideSystem: true });
    expect(difference.c[3]).toBe(known.c[3] - unknown.c[3]);
  });

  it('remove a normal field given in other constants', () => {
    const own = emptyGeopotential(6, GRS80.gm, GRS80.semiMajorAxis, 'normal', 'tide_free');
    own.c[0] = 1;
    // Moritz (2000): J2 = 108263e-8, J4 = −0.00000237091222, J6 = 0.00000000608347; C̄ = −J/√(2n+1).
    own.c[triangleIndex(2, 0)] = -108263e-8 / Math.sqrt(5);
    own.c[triangleIndex(4, 0)] = 0.00000237091222 / 3;
    own.c[triangleIndex(6, 0)] = -0.00000000608347 / Math.sqrt(13);
    const field = rescaleField(own, 3.986004415e14, 6378136.3);
    const left = subtractNormalField(field, GRS80);
    // The last printed digit of J4 is 1e-14.
    expect(Math.max(...left.c.map(Math.abs))).toBeLessThan(5e-15);
  });
});

describe('degree amplitudes', () => {
  it('are those of a field with one coefficient per degree', () => {
    const field = emptyGeopotential(3, 4e14, 6.4e6, 'one', 'zero_tide');
    field.c[triangleIndex(2, 1)] = 3e-9;
    field.s[triangleIndex(2, 2)] = 4e-9;
    field.c[triangleIndex(3, 0)] = 12e-9;
    expect(degreeVariances(field)[2]).toBeCloseTo(25e-18, 30);
    const { amplitudes, cumulative } = degreeAmplitudes(field);
    expect(amplitudes[2]).toBeCloseTo(6.4e6 * 5e-9, 14);
    expect(cumulative[3]).toBeCloseTo(6.4e6 * 13e-9, 14);
    const withErrors = { ...field, sigmaC: field.c, sigmaS: field.s };
    expect(errorDegreeAmplitudes(withErrors).amplitudes[2]).toBeCloseTo(6.4e6 * 5e-9, 14);
    expect(() => errorDegreeAmplitudes(field)).toThrow(/sigmaC/);
  });

  it('have the RMS of the grid as their cumulative sum (Parseval)', () => {
    const field = randomField(10);
    const { cumulative } = degreeAmplitudes(field, 'gravityDisturbance');
    const { values, latitudeDegrees } = synthesizeGrid(
      field,
      regularGrid({ stepDegrees: 0.5 }),
      'gravityDisturbance',
    );
    let sum = 0;
    let weight = 0;
    values.forEach((value, i) => {
      const w = Math.cos((latitudeDegrees[Math.floor(i / 720)] * Math.PI) / 180);
      sum += w * value * value;
      weight += w;
    });
    // Midpoint rule at half a degree for degree 20 products: 1e-4.
    expect(Math.sqrt(sum / weight) / cumulative[10]).toBeCloseTo(1, 3);
  });

  it('of a difference do not see a change of constants', () => {
    const field = randomField(8);
    const other = rescaleField(field, 3.986004418e14, 6378137);
    const { amplitudes } = differenceDegreeAmplitudes(field, other);
    expect(Math.max(...amplitudes)).toBeLessThan(1e-8); // R·1e-15
  });

  it('correlate fully with a multiple and not with a disjoint field', () => {
    const field = randomField(8);
    const twice = { ...field, c: field.c.map((v) => -2 * v), s: field.s.map((v) => -2 * v) };
    for (const value of degreeCorrelation(field, twice)) expect(value).toBeCloseTo(-1, 13);
    const onlyC = { ...field, s: new Float64Array(field.s.length) };
    const onlyS = { ...field, c: new Float64Array(field.c.length) };
    expect(degreeCorrelation(onlyC, onlyS)[5]).toBe(0);
    for (const value of degreeCorrelation(field, randomField(8, 5)))
      expect(Math.abs(value)).toBeLessThanOrEqual(1 + 1e-15);
  });
});
