import {
  addRelativisticAcceleration,
  createAnalyticalEphemeris,
  createEarthRotation,
  createThirdBodyModel,
  createTideModel,
  EARTH_GM,
  EARTH_RADIUS,
  emptySunMoon,
  GravityEvaluator,
  triangleIndex,
} from '@gravity/geodesy';
import {
  ArcForces,
  createNodeGrid,
  ephemerisOfTable,
  FORCE_NAMES,
  type ForceModel,
  type ForceName,
  GRACE_C_INITIAL_STATE,
  integrateOrbit,
  NodeForces,
  nodeVelocities,
  stateAt,
  type Trajectory,
  type VaryingForces,
} from '@gravity/recovery';
import { beforeAll, describe, expect, it } from 'vitest';
import { allForces, FORCE_START, iersRotation } from './force-support.js';
import { CONSTANT_ROTATION, kaulaField } from './support.js';

const DAY = 86_400;
const field = kaulaField(20);
const rotation = createEarthRotation(iersRotation());
let forces: ForceModel;
beforeAll(async () => {
  forces = await allForces();
});

const gridOf = (seconds: number, degree = 20) =>
  createNodeGrid(FORCE_START, FORCE_START + seconds, degree, rotation);
const only = (...names: ForceName[]): ForceModel => ({
  ...forces,
  off: FORCE_NAMES.filter((name) => !names.includes(name)),
});
/** Accelerations of a force model along a trajectory, 3 per node. */
function along(model: ForceModel, { grid, position }: Trajectory, velocity: Float64Array): Float64Array {
  const arc = new ArcForces(model, field, grid, rotation);
  const out = new Float64Array(3 * grid.nodeCount);
  for (let i = 0; i < grid.nodeCount; i++) arc.acceleration(i, position, velocity, 3 * i, out, 3 * i);
  return out;
}
const sizes = (a: Float64Array) =>
  Array.from({ length: a.length / 3 }, (_, i) => Math.hypot(a[3 * i], a[3 * i + 1], a[3 * i + 2]));

describe('forces of an arc', () => {
  it('are those of the models at the epochs of the nodes', () => {
    const grid = gridOf(6 * 3600);
    const orbit = integrateOrbit(new NodeForces(grid, field), GRACE_C_INITIAL_STATE);
    const velocity = nodeVelocities(orbit);
    const fast = along(only(...FORCE_NAMES), orbit, velocity);
    const ephemeris = createAnalyticalEphemeris();
    // Every epoch computed, nothing interpolated.
    const tides = createTideModel(forces.tides ?? {}, {
      rotation,
      ephemeris,
      field: { gm: EARTH_GM, radius: EARTH_RADIUS, tideSystem: 'zero_tide' },
      interpolationSeconds: 0,
    });
    const bodies = createThirdBodyModel(ephemeris, { c20: field.c[3], radius: field.radius });
    const [from, to] = forces.fieldVariation?.sets ?? [];
    const now = emptySunMoon();
    const body = new Float64Array(3);
    const worst = [0, 0];
    for (let i = 0; i < grid.nodeCount; i += 7) {
      const t = grid.nodeSeconds[i];
      const whole = Math.floor(t);
      const m = grid.rotation.subarray(9 * i, 9 * i + 9);
      const r = orbit.position.subarray(3 * i, 3 * i + 3);
      const { c, s, degreeMax } = tides.stokes(FORCE_START + whole, t - whole);
      // Sine coefficients of order 0 multiply nothing.
      for (let n = 0; n <= degreeMax; n++) s[triangleIndex(n, 0)] = 0;
      const expected = new Float64Array(3);
      const fields = [
        { gm: EARTH_GM, radius: EARTH_RADIUS, maxDegree: degreeMax, c, s },
        {
          gm: field.gm,
          radius: field.radius,
          maxDegree: 6,
          c: from.c.map((a, k) => a + ((to.c[k] - a) * t) / DAY),
          s: from.s.map((a, k) => a + ((to.s[k] - a) * t) / DAY),
        },
      ];
      for (const one of fields) {
        const evaluator = new GravityEvaluator({ name: '', tideSystem: 'zero_tide', ...one });
        const [x, y, z] = [0, 1, 2].map((k) => m[3 * k] * r[0] + m[3 * k + 1] * r[1] + m[3 * k + 2] * r[2]);
        evaluator.acceleration(x, y, z, body);
        for (let k = 0; k < 3; k++) expected[k] += m[k] * body[0] + m[3 + k] * body[1] + m[6 + k] * body[2];
      }
      bodies.setEpoch(FORCE_START + whole, t - whole, m);
      bodies.addAcceleration(r, expected);
      ephemeris.sunMoon(FORCE_START + whole, t - whole, now);
      const v = velocity.subarray(3 * i, 3 * i + 3);
      addRelativisticAcceleration(r, v, now.sun, now.sunVelocity, m.subarray(6, 9), expected);
      const kind = i < grid.rule.q ? 0 : 1;
      for (let k = 0; k < 3; k++)
        worst[kind] = Math.max(worst[kind], Math.abs(expected[k] - fast[3 * i + k]));
    }
    // 1e-16 m/s² is a micrometre in a day. The first segment has a kink in it: the daily pole at 0h UTC, 18 s after 0h GPS.
    expect(worst[1]).toBeLessThan(1e-16);
    expect(worst[0]).toBeLessThan(1e-15);
    expect(Math.max(...sizes(fast))).toBeGreaterThan(5e-7);
  });

  it('have the published sizes at this height', () => {
    const grid = gridOf(6 * 3600);
    const orbit = integrateOrbit(new NodeForces(grid, field), GRACE_C_INITIAL_STATE);
    const velocity = nodeVelocities(orbit);
    /*
     * Montenbruck & Gill (2000), figure 3.1, near 6900 km: Moon above, Sun below 1e-6, solid tides 1e-7, relativity
     * 1e-8 m/s². Ocean tides are a tenth of the solid ones, pole tides some 1e-9 (IERS Conventions 2010, section 6).
     */
    const bounds: readonly (readonly [ForceName, number, number])[] = [
      ['thirdBodies', 3e-7, 2e-6],
      ['solid', 5e-8, 5e-7],
      ['relativity', 1e-8, 3e-8],
      ['ocean', 5e-9, 2e-7],
      ['solidPole', 5e-10, 2e-8],
    ];
    for (const [name, low, high] of bounds) {
      const largest = Math.max(...sizes(along(only(name), orbit, velocity)));
      expect(largest, name).toBeGreaterThan(low);
      expect(largest, name).toBeLessThan(high);
    }
  });

  it('move the orbit by what their size makes of six hours', () => {
    const grid = gridOf(6 * 3600);
    const end = (model?: ForceModel) => {
      const varying = model && new ArcForces(model, field, grid, rotation);
      const state = new Float64Array(6);
      stateAt(
        integrateOrbit(new NodeForces(grid, field, undefined, varying), GRACE_C_INITIAL_STATE),
        6 * 3600,
        state,
      );
      return state;
    };
    const plain = end();
    const moved = (name: ForceName) => {
      const state = end(only(name));
      return Math.hypot(state[0] - plain[0], state[1] - plain[1], state[2] - plain[2]);
    };
    // Between what a force of this size moves when it always changes sign, a/n², and when it always pushes, 1.5·a·t².
    const bounds: Readonly<Record<ForceName, readonly [number, number]>> = {
      thirdBodies: [1, 1000],
      solid: [0.1, 100],
      relativity: [0.01, 15],
      ocean: [0.01, 40],
      solidPole: [1e-3, 5],
      oceanPole: [1e-6, 5],
      atmosphere: [1e-4, 5],
      dealiasing: [1e-3, 50],
      fieldVariation: [1e-3, 50],
    };
    for (const name of FORCE_NAMES) {
      const [low, high] = bounds[name];
      const meters = moved(name);
      expect(meters, name).toBeGreaterThan(low);
      expect(meters, name).toBeLessThan(high);
    }
    expect(end({ ...forces, off: FORCE_NAMES })).toEqual(plain);
  });

  it('are plain data: the copy a worker gets makes the same orbit to the last bit', () => {
    const grid = gridOf(3600);
    const [a, b] = [forces, structuredClone(forces)].map((model) =>
      integrateOrbit(
        new NodeForces(grid, field, undefined, new ArcForces(model, field, grid, rotation)),
        GRACE_C_INITIAL_STATE,
      ),
    );
    expect(b.borderPosition).toEqual(a.borderPosition);
  });

  it('close a day forward and backward below 1 µm', () => {
    const grid = gridOf(DAY);
    const varying = new ArcForces(forces, field, grid, rotation);
    const orbit = integrateOrbit(new NodeForces(grid, field, undefined, varying), GRACE_C_INITIAL_STATE);
    const end = new Float64Array(6);
    stateAt(orbit, DAY, end);
    // Gauss nodes lie symmetrically: the nodes of the reversed arc are those of the arc from its end.
    const last = grid.nodeCount - 1;
    const turned = { ...grid, rotation: new Float64Array(grid.rotation.length) };
    for (let i = 0; i <= last; i++) {
      turned.rotation.set(grid.rotation.subarray(9 * (last - i), 9 * (last - i) + 9), 9 * i);
    }
    const reversed: VaryingForces = {
      acceleration: (i, r, v, p, out, o) => {
        const forward = v.slice(p, p + 3).map((x) => -x);
        return varying.acceleration(last - i, r.slice(p, p + 3), forward, 0, out, o);
      },
      addGradient: (i, x, y, z, out, offset) => varying.addGradient(last - i, x, y, z, out, offset),
    };
    const state = end.map((x, i) => (i < 3 ? x : -x));
    const back = integrateOrbit(new NodeForces(turned, field, undefined, reversed), state);
    const home = new Float64Array(6);
    stateAt(back, DAY, home);
    for (let i = 0; i < 3; i++) {
      expect(Math.abs(home[i] - GRACE_C_INITIAL_STATE[i])).toBeLessThan(1e-6);
      expect(Math.abs(home[3 + i] + GRACE_C_INITIAL_STATE[3 + i])).toBeLessThan(3e-9);
    }
  });

  it('have the gradient that the acceleration has', () => {
    const grid = gridOf(3600);
    const orbit = integrateOrbit(new NodeForces(grid, field), GRACE_C_INITIAL_STATE);
    const arc = new ArcForces(only('thirdBodies'), field, grid, rotation);
    const i = 10;
    const [x, y, z] = orbit.position.subarray(3 * i, 3 * i + 3);
    const gradient = new Float64Array(9);
    arc.addGradient(i, x, y, z, gradient, 0);
    const velocity = new Float64Array(3);
    for (let k = 0; k < 3; k++) {
      const [plus, minus] = [1e4, -1e4].map((step) => {
        const r = Float64Array.of(x, y, z);
        r[k] += step;
        const out = new Float64Array(3);
        arc.acceleration(i, r, velocity, 0, out, 0);
        return out;
      });
      // Third derivatives of the Moon's pull over (10 km)²: 1e-9 of the gradient; rounding 1e-22/1e4.
      for (let c = 0; c < 3; c++) {
        expect(Math.abs((plus[c] - minus[c]) / 2e4 - gradient[3 * c + k])).toBeLessThan(1e-20);
      }
    }
  });
});

describe('what is missing', () => {
  const build = (model: ForceModel, spec = rotation) =>
    new ArcForces(model, field, createNodeGrid(FORCE_START, FORCE_START + 3600, 20, spec), spec);
  it('is named', () => {
    const { ephemeris: _, ...none } = forces;
    expect(() => build({ ...none, off: ['solid'] })).toThrow(/forces\.thirdBodies needs forces\.ephemeris/);
    expect(() => build({ ...none, off: ['thirdBodies', 'relativity'] })).toThrow(
      /forces\.tides\.solid needs forces\.ephemeris/,
    );
    expect(() => build(forces, createEarthRotation(CONSTANT_ROTATION))).toThrow(/no motion of the pole/);
    expect(() => build({ ...forces, thirdBodies: { planets: ['venus'] } })).toThrow(/does not give venus/);
  });
  it('an ephemeris that does not cover the arc', () => {
    const late = createNodeGrid(FORCE_START + 10 * DAY, FORCE_START + 10 * DAY + 3600, 20, rotation);
    expect(() => new ArcForces(forces, field, late, rotation)).toThrow(/outside of its 86400 s/);
  });
});

describe('ephemeris table', () => {
  it('is the ephemeris it was made of', () => {
    const table = forces.ephemeris;
    if (!table) throw new Error('no table');
    const [a, b] = [emptySunMoon(), emptySunMoon()];
    const source = createAnalyticalEphemeris();
    const copy = ephemerisOfTable(table);
    for (const t of [0, 1, 40_000, 86_399, 86_400]) {
      source.sunMoon(FORCE_START + t, 0, a);
      copy.sunMoon(FORCE_START + t, 0, b);
      for (let c = 0; c < 3; c++) {
        // Rounding of 1.5e11 m is 3e-5 m; the series was itself interpolated by polynomials of 7 two hours long.
        expect(Math.abs(a.sun[c] - b.sun[c])).toBeLessThan(0.02);
        expect(Math.abs(a.moon[c] - b.moon[c])).toBeLessThan(1e-3);
        expect(Math.abs(a.sunVelocity[c] - b.sunVelocity[c])).toBeLessThan(1e-4);
      }
    }
  });
});
