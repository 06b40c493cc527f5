import { createEarthRotation, type EarthRotation, emptyGeopotential } from '@gravity/geodesy';
import {
  collocationRule,
  createNodeGrid,
  GRACE_C_INITIAL_STATE,
  integrateOrbit,
  integrateStateTransition,
  integrationRow,
  NodeForces,
  stateAt,
} from '@gravity/recovery';
import { describe, expect, it } from 'vitest';
import { CONSTANT_ROTATION, GM, kaulaField, RADIUS } from './support.js';

const START = 738849600;
const DAY = 86_400;
const rotation = createEarthRotation(CONSTANT_ROTATION);

describe('collocation rule', () => {
  it('integrates polynomials of degree q−1 exactly, once and twice', () => {
    for (const q of [2, 5, 13, 24, 48]) {
      const rule = collocationRule(q);
      const power = Math.min(q - 1, 7);
      const once = new Float64Array(q);
      const twice = new Float64Array(q);
      for (const c of [0, 0.31, 0.7, 1]) {
        integrationRow(rule, c, once, 0, twice, 0);
        let single = 0;
        let double = 0;
        for (let j = 0; j < q; j++) {
          single += once[j] * rule.nodes[j] ** power;
          double += twice[j] * rule.nodes[j] ** power;
        }
        // Integrals of xᵖ by hand; a few ulp of one.
        expect(Math.abs(single - c ** (power + 1) / (power + 1))).toBeLessThan(1e-15);
        expect(Math.abs(double - c ** (power + 2) / ((power + 1) * (power + 2)))).toBeLessThan(1e-15);
      }
    }
  });

  it('has the tabulated nodes of five points (Abramowitz & Stegun 1972, table 25.4)', () => {
    const { nodes, weights } = collocationRule(5);
    const x = [-0.906179845938664, -0.538469310105683, 0, 0.538469310105683, 0.906179845938664];
    const w = [0.236926885056189, 0.478628670499366, 0.568888888888889, 0.478628670499366, 0.236926885056189];
    for (let i = 0; i < 5; i++) {
      expect(2 * nodes[i] - 1).toBeCloseTo(x[i], 14);
      expect(2 * weights[i]).toBeCloseTo(w[i], 14);
    }
  });
});

describe('orbit', () => {
  it('follows the Kepler ellipse of a point mass for a day', () => {
    const field = emptyGeopotential(0, GM, RADIUS);
    field.c[0] = 1;
    const grid = createNodeGrid(START, START + DAY, 60, rotation);
    const a = 6_880_000;
    const e = 0.01;
    const r0 = a * (1 - e);
    const v0 = Math.sqrt((GM / a) * ((1 + e) / (1 - e)));
    const inclination = 1.55;
    const orbit = integrateOrbit(new NodeForces(grid, field), [
      r0,
      0,
      0,
      0,
      v0 * Math.cos(inclination),
      v0 * Math.sin(inclination),
    ]);
    const state = new Float64Array(6);
    for (const t of [17.3, 5000, 43_211.5, DAY]) {
      const meanAnomaly = Math.sqrt(GM / a ** 3) * t;
      let anomaly = meanAnomaly;
      for (let i = 0; i < 30; i++)
        anomaly -= (anomaly - e * Math.sin(anomaly) - meanAnomaly) / (1 - e * Math.cos(anomaly));
      const x = a * (Math.cos(anomaly) - e);
      const along = a * Math.sqrt(1 - e * e) * Math.sin(anomaly);
      stateAt(orbit, t, state);
      // Mean motion times a day in one double: 97 rad · 1e-16 · 6.9e6 m ≈ 1e-7 m on the side of the formula.
      expect(Math.abs(state[0] - x)).toBeLessThan(1e-6);
      expect(Math.abs(state[1] - along * Math.cos(inclination))).toBeLessThan(1e-6);
      expect(Math.abs(state[2] - along * Math.sin(inclination))).toBeLessThan(1e-6);
    }
  });

  it('closes a day forward and backward below 1 µm at degree 60', () => {
    const field = kaulaField(60);
    const forward = createNodeGrid(START, START + DAY, 60, rotation);
    const orbit = integrateOrbit(new NodeForces(forward, field), GRACE_C_INITIAL_STATE);
    const end = new Float64Array(6);
    stateAt(orbit, DAY, end);
    const reversed: EarthRotation = {
      spec: rotation.spec,
      matrix: (whole, offset, out) => {
        const t = DAY - (whole - START + offset);
        rotation.matrix(START + Math.floor(t), t - Math.floor(t), out);
      },
    };
    const backward = createNodeGrid(START, START + DAY, 60, reversed);
    const back = integrateOrbit(new NodeForces(backward, field), [
      end[0],
      end[1],
      end[2],
      -end[3],
      -end[4],
      -end[5],
    ]);
    const home = new Float64Array(6);
    stateAt(back, DAY, home);
    // One day is to close below 1 µm; along the track that is 1 nm/s times the orbital rate, with some room.
    for (let i = 0; i < 3; i++) {
      expect(Math.abs(home[i] - GRACE_C_INITIAL_STATE[i])).toBeLessThan(1e-6);
      expect(Math.abs(home[3 + i] + GRACE_C_INITIAL_STATE[3 + i])).toBeLessThan(3e-9);
    }
  });

  it('is independent of the segment raster (other nodes, same orbit)', () => {
    const field = kaulaField(40);
    const ends = [60, 90].map((degree) => {
      const grid = createNodeGrid(START, START + 21_600, degree, rotation);
      const state = new Float64Array(6);
      stateAt(integrateOrbit(new NodeForces(grid, field), GRACE_C_INITIAL_STATE), 21_600, state);
      return state;
    });
    // Both carry the rounding of the accelerations, which a quarter of a day makes some tenths of a micrometre.
    for (let i = 0; i < 3; i++) expect(Math.abs(ends[0][i] - ends[1][i])).toBeLessThan(1e-6);
  });

  it('refuses a state under ground', () => {
    const grid = createNodeGrid(START, START + 3600, 4, rotation);
    expect(() => integrateOrbit(new NodeForces(grid, kaulaField(4)), [1000, 0, 0, 0, 7000, 0])).toThrow(
      /radius/,
    );
  });
});

describe('state transition', () => {
  it('equals finite differences of the orbit after half a day', () => {
    const field = kaulaField(30);
    const grid = createNodeGrid(START, START + 43_200, 30, rotation);
    const forces = new NodeForces(grid, field);
    const orbit = integrateOrbit(forces, GRACE_C_INITIAL_STATE);
    const { border } = integrateStateTransition(forces, orbit);
    const phi = border.subarray(36 * grid.segmentCount);
    for (let k = 0; k < 6; k++) {
      const step = k < 3 ? 1 : 1e-3;
      const ends = [step, -step].map((d) => {
        const state = [...GRACE_C_INITIAL_STATE];
        state[k] += d;
        const out = new Float64Array(6);
        stateAt(integrateOrbit(forces, state), 43_200, out);
        return out;
      });
      const norm = Math.hypot(...[0, 1, 2].map((i) => phi[6 * i + k]));
      for (let i = 0; i < 3; i++) {
        const difference = (ends[0][i] - ends[1][i]) / (2 * step);
        // Third derivatives of the flow over (1 m)² : 1e-7 of the largest entry.
        expect(Math.abs(difference - phi[6 * i + k]) / norm).toBeLessThan(1e-6);
      }
    }
  });

  it('stays symplectic', () => {
    const grid = createNodeGrid(START, START + DAY, 20, rotation);
    const forces = new NodeForces(grid, kaulaField(20));
    const orbit = integrateOrbit(forces, GRACE_C_INITIAL_STATE);
    const { border } = integrateStateTransition(forces, orbit);
    const p = border.subarray(36 * grid.segmentCount);
    let worst = 0;
    for (let i = 0; i < 6; i++) {
      for (let j = 0; j < 6; j++) {
        let sum = 0;
        for (let k = 0; k < 3; k++)
          sum += p[6 * k + i] * p[6 * (k + 3) + j] - p[6 * (k + 3) + i] * p[6 * k + j];
        const expected = j === i + 3 ? 1 : i === j + 3 ? -1 : 0;
        worst = Math.max(worst, Math.abs(sum - expected));
      }
    }
    // Entries grow to 3e5 · 3e2; their products cancel to one within rounding.
    expect(worst).toBeLessThan(1e-6);
  });
});
