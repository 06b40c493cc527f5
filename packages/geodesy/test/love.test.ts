import { LOAD_LOVE_MAX_DEGREE, loadLoveNumber, loadLovePotential } from '@gravity/geodesy';
import { describe, expect, it } from 'vitest';

describe('load Love numbers', () => {
  // Wahr, Molenaar & Bryan (1998), table 1 (computed by Han & Wahr from PREM), three digits after the point; k₁ there
  // is 0.027 for the centre of figure. Other solutions of PREM differ by up to 1 % of k.
  it.each([
    [2, -0.303],
    [3, -0.194],
    [4, -0.132],
    [5, -0.104],
    [6, -0.089],
    [7, -0.081],
    [8, -0.076],
    [9, -0.072],
    [10, -0.069],
    [12, -0.064],
    [15, -0.058],
    [20, -0.051],
    [30, -0.04],
    [40, -0.033],
    [50, -0.027],
    [70, -0.02],
    [100, -0.014],
    [150, -0.01],
    [200, -0.007],
  ])('k of degree %i is close to that of Wahr et al. (1998)', (degree, k) => {
    expect(Math.abs(loadLoveNumber(degree).k - k)).toBeLessThan(0.003);
  });

  it('degree 1 in its frames', () => {
    expect(loadLoveNumber(1, 'CM').k).toBe(-1);
    expect(loadLoveNumber(1).k).toBe(0);
    // Blewitt (2003): h = −0.290, l = 0.113 (CE, model of Farrell); in CF h = −0.269, l = 0.134, k = 0.021.
    const ce = loadLoveNumber(1, 'CE');
    expect(Math.abs(ce.h - -0.29)).toBeLessThan(0.01);
    expect(Math.abs(ce.l - 0.113)).toBeLessThan(0.01);
    const cf = loadLoveNumber(1, 'CF');
    expect(Math.abs(cf.k - 0.027)).toBeLessThan(0.002);
    // What defines the frame: the mean displacement of the surface, h + 2l, is zero.
    expect(Math.abs(cf.h + 2 * cf.l)).toBeLessThan(1e-15);
    expect(loadLoveNumber(2, 'CF')).toEqual(loadLoveNumber(2));
  });

  it('has all degrees and rejects others', () => {
    expect(loadLoveNumber(0)).toEqual({ h: 0, l: 0, k: 0 });
    for (let n = 2; n <= LOAD_LOVE_MAX_DEGREE; n++) {
      const { h, l, k } = loadLoveNumber(n);
      expect(k < 0 && k > -0.31 && h < -0.9 && h > -7 && l > -0.1 && l < 0.1).toBe(true);
    }
    expect(loadLovePotential(60).length).toBe(61);
    expect(() => loadLoveNumber(1025)).toThrow(/0 to 1024/);
    expect(() => loadLoveNumber(1.5)).toThrow(RangeError);
  });
});
