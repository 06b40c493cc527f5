import {
  addIndirectOblateness,
  addPointMassAcceleration,
  addRelativisticAcceleration,
  BODY_GM,
  createThirdBodyModel,
  type Ephemeris,
} from '@gravity/geodesy';
import { describe, expect, it } from 'vitest';
import { maxAbsDifference } from './helpers.js';

/*
 * Independent values: the formulas of the sources evaluated with 40 digits (Python mpmath 1.4.1): point masses as
 * the plain difference of direct and indirect pull, the oblateness as central differences of the potential of
 * degree 2, relativity as printed in IERS Conventions 2010, eq. 10.12.
 */
const position = [3123456.7, -4987654.3, 3456789.1];
const velocity = [3210.5, -2345.6, -6543.2];
const moon = [-243210987.6, 276543210.9, 132109876.5];
const sun = [-62123456789.0, 123456789012.0, 53512345678.0];
const sunVelocity = [-27123.4, -11234.5, -4870.6];
const pole = [0.0021, -0.0008, Math.sqrt(1 - 0.0021 ** 2 - 0.0008 ** 2)];

const POINT_MASS = {
  moon: [4.000216394798902e-7, -3.411086234195393e-7, -6.254211737972197e-7],
  sun: [8.880594955346878e-8, -2.261973523267703e-7, -3.270941766765726e-7],
};
const OBLATENESS = {
  moon: [3.728647219544587e-12, -4.25439921646812e-12, -1.13182218944842e-11],
  sun: [2.667044380245068e-15, -5.344247809024597e-15, -1.538837074610409e-14],
};

describe('third bodies', () => {
  it('agree with 40-digit arithmetic', () => {
    const out = new Float64Array(3);
    addPointMassAcceleration(BODY_GM.moon, moon, position, out);
    // Rounding of a double is 1e-16 of 6e-7; the plain difference would leave 1e-16 of 3e-5.
    expect(maxAbsDifference(out, POINT_MASS.moon)).toBeLessThan(5e-22);
    out.fill(0);
    addPointMassAcceleration(BODY_GM.sun, sun, position, out);
    expect(maxAbsDifference(out, POINT_MASS.sun)).toBeLessThan(5e-22);
  });

  it('have the indirect effect of the oblateness', () => {
    for (const [gm, body, expected] of [
      [BODY_GM.moon, moon, OBLATENESS.moon],
      [BODY_GM.sun, sun, OBLATENESS.sun],
    ] as const) {
      const out = new Float64Array(3);
      addIndirectOblateness(gm, body, pole, -4.8416945732e-4, 6378136.6, out);
      // Central differences over 1 m: (h/r)² = 1e-17 relative.
      expect(maxAbsDifference(out, expected)).toBeLessThan(1e-14 * Math.abs(expected[2]));
    }
  });

  const ephemeris: Ephemeris = {
    source: 'fixed',
    planets: ['venus'],
    sunMoon: (_gps, _offset, out) => {
      out.sun.set(sun);
      out.moon.set(moon);
      out.sunVelocity.set(sunVelocity);
    },
    planet: (_planet, _gps, _offset, out) => out.set([4e10, 1e10, -2e10]),
  };
  const matrix = [1, 0, 0, 0, 1, 0, ...pole];

  it('are summed by the model', () => {
    const model = createThirdBodyModel(ephemeris, { planets: ['venus'] });
    model.setEpoch(0, 0, matrix);
    const out = new Float64Array(3);
    model.addAcceleration(position, out);
    // Venus by the plain difference: good to 1e-16 of 3e14/(4.6e10)² = 1.5e-7, i.e. 1e-23.
    const venus = [4e10, 1e10, -2e10];
    const d = venus.map((v, k) => v - position[k]);
    for (let k = 0; k < 3; k++) {
      const direct = (BODY_GM.venus * d[k]) / Math.hypot(...d) ** 3;
      const indirect = (BODY_GM.venus * venus[k]) / Math.hypot(...venus) ** 3;
      const sum =
        POINT_MASS.moon[k] + POINT_MASS.sun[k] + OBLATENESS.moon[k] + OBLATENESS.sun[k] + direct - indirect;
      expect(Math.abs(out[k] - sum)).toBeLessThan(1e-21);
    }
    expect(() => createThirdBodyModel(ephemeris, { planets: ['mars'] })).toThrow(/fixed does not give mars/);
  });

  it('have the gradient of numeric differentiation', () => {
    const model = createThirdBodyModel(ephemeris);
    model.setEpoch(0, 0, matrix);
    const gradient = new Float64Array(9);
    model.addGradient(position, gradient);
    const h = 1e4;
    for (let j = 0; j < 3; j++) {
      const [a, b] = [new Float64Array(3), new Float64Array(3)];
      model.addAcceleration(
        position.map((v, k) => v + (k === j ? h : 0)),
        a,
      );
      model.addAcceleration(
        position.map((v, k) => v - (k === j ? h : 0)),
        b,
      );
      // Third derivatives (h/d)² = 7e-10 of 1.7e-13, rounding 1e-22/2e4.
      for (let i = 0; i < 3; i++)
        expect(Math.abs((a[i] - b[i]) / (2 * h) - gradient[3 * i + j])).toBeLessThan(1e-21);
    }
  });
});

describe('relativity', () => {
  const only = (term: 'schwarzschild' | 'lenseThirring' | 'deSitter') => {
    const out = new Float64Array(3);
    addRelativisticAcceleration(position, velocity, sun, sunVelocity, pole, out, {
      schwarzschild: false,
      lenseThirring: false,
      deSitter: false,
      [term]: true,
    });
    return out;
  };
  const expected = {
    schwarzschild: [7.464694891638324e-9, -1.205826137388583e-8, 8.763597230816293e-9],
    lenseThirring: [1.844841464765544e-10, 1.043840810435779e-10, 5.309986730761123e-11],
    deSitter: [2.853475142376338e-11, 1.767806276628026e-11, 7.663705132260264e-12],
  };

  for (const term of ['schwarzschild', 'lenseThirring', 'deSitter'] as const) {
    it(`${term} agrees with 40-digit arithmetic`, () => {
      const largest = Math.max(...expected[term].map(Math.abs));
      expect(maxAbsDifference(only(term), expected[term])).toBeLessThan(2e-15 * largest);
    });
  }

  it('has the published orders of magnitude', () => {
    // IERS Conventions 2010, section 10.3: a few parts in 1e10 (high) to 1e9 (low) of the main acceleration for
    // Schwarzschild, the other two 1e11…1e12 of it.
    const main = 3.986e14 / (position[0] ** 2 + position[1] ** 2 + position[2] ** 2);
    expect(Math.hypot(...only('schwarzschild')) / main).toBeGreaterThan(1e-10);
    expect(Math.hypot(...only('schwarzschild')) / main).toBeLessThan(4e-9);
    expect(Math.hypot(...only('lenseThirring')) / main).toBeLessThan(5e-11);
    expect(Math.hypot(...only('deSitter')) / main).toBeLessThan(1e-11);
    expect(Math.hypot(...only('deSitter')) / main).toBeGreaterThan(1e-12);
  });

  it('sums its terms', () => {
    const out = new Float64Array(3);
    addRelativisticAcceleration(position, velocity, sun, sunVelocity, pole, out);
    for (let k = 0; k < 3; k++) {
      const sum = Object.values(expected).reduce((total, term) => total + term[k], 0);
      expect(Math.abs(out[k] - sum)).toBeLessThan(1e-22);
    }
  });
});
