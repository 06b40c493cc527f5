import {
  addIndirectOblateness,
  addPointMassAcceleration,
  addRelativisticAcceleration,
  BODY_GM,
  type CelestialBody,
  CoefficientAcceleration,
  createTideEpochSource,
  EARTH_GM,
  EARTH_RADIUS,
  type EarthRotation,
  type Ephemeris,
  emptySunMoon,
  type Geopotential,
  triangleIndex,
} from '@gravity/geodesy';
import type { VaryingForces } from '../dynamics/forces.js';
import type { NodeGrid } from '../dynamics/node-grid.js';
import { ephemerisOfTable } from './ephemeris-table.js';
import { type ForceModel, hasForce } from './force-model.js';
import { stokesSources } from './stokes-sources.js';
import { StokesTimeline } from './stokes-timeline.js';

/**
 * Tides and dealiasing above this degree are below 1e-9 m/s² in low orbits: left out in a first step they displace the
 * end of a segment by some micrometres.
 */
const ROUGH_DEGREE = 30;

const NO_SUN: Ephemeris = {
  source: 'none',
  sunMoon(_gpsSeconds, _offset, out) {
    out.sun.fill(Number.NaN);
    out.moon.fill(Number.NaN);
  },
};

/**
 * The forces of a model at the nodes of one arc. What depends on the epoch alone (positions of the bodies,
 * coefficients) is formed once and serves all satellites and iterations.
 */
export class ArcForces implements VaryingForces {
  private readonly bodies: readonly { readonly gm: number; readonly position: Float64Array }[] = [];
  /** Sun for the relativistic terms, 3 per node; and what is the same for all satellites. */
  private readonly sun: Float64Array | undefined;
  private readonly sunVelocity: Float64Array | undefined;
  private readonly common: Float64Array | undefined;
  private readonly timeline: StokesTimeline | undefined;
  private readonly roughGravity: CoefficientAcceleration | undefined;
  private readonly gravity: CoefficientAcceleration | undefined;
  private readonly relativity: boolean;
  private readonly point = new Float64Array(3);
  private readonly speed = new Float64Array(3);
  private readonly body = new Float64Array(3);
  private readonly sunAt = new Float64Array(3);
  private readonly sunVelocityAt = new Float64Array(3);
  private readonly pole = new Float64Array(3);
  private readonly sum = new Float64Array(3);

  /**
   * @throws RangeError for a force that lacks its data, or data that do not cover the arc
   */
  constructor(
    private readonly model: ForceModel,
    field: Geopotential,
    private readonly grid: NodeGrid,
    rotation: EarthRotation,
  ) {
    const ephemeris = model.ephemeris ? ephemerisOfTable(model.ephemeris) : undefined;
    const thirdBodies = hasForce(model, 'thirdBodies') ? model.thirdBodies : undefined;
    this.relativity = hasForce(model, 'relativity');
    if (!ephemeris && (thirdBodies || (this.relativity && model.relativity?.deSitter !== false))) {
      throw new RangeError(`forces.${thirdBodies ? 'thirdBodies' : 'relativity'} needs forces.ephemeris`);
    }
    const { nodeCount } = grid;
    if (ephemeris && (thirdBodies || this.relativity)) {
      this.sun = new Float64Array(3 * nodeCount);
      this.sunVelocity = new Float64Array(3 * nodeCount);
      const moon = new Float64Array(3 * nodeCount);
      const planets = (thirdBodies?.planets ?? []).map((planet) => ({
        planet,
        gm: BODY_GM[planet],
        position: new Float64Array(3 * nodeCount),
      }));
      const oblate: readonly ('sun' | 'moon')[] = thirdBodies?.indirectOblateness ?? ['moon', 'sun'];
      const c20 = thirdBodies?.c20 ?? field.c[triangleIndex(2, 0)];
      const radius = thirdBodies?.radius ?? (thirdBodies?.c20 === undefined ? field.radius : EARTH_RADIUS);
      if (thirdBodies && oblate.length > 0) this.common = new Float64Array(3 * nodeCount);
      const now = emptySunMoon();
      for (let i = 0; i < nodeCount; i++) {
        const whole = Math.floor(grid.nodeSeconds[i]);
        const gps = grid.startGpsSeconds + whole;
        const offset = grid.nodeSeconds[i] - whole;
        ephemeris.sunMoon(gps, offset, now);
        this.sun.set(now.sun, 3 * i);
        this.sunVelocity.set(now.sunVelocity, 3 * i);
        moon.set(now.moon, 3 * i);
        for (const { planet, position } of planets) {
          ephemeris.planet?.(planet, gps, offset, position.subarray(3 * i, 3 * i + 3));
        }
        if (this.common) {
          const pole = grid.rotation.subarray(9 * i + 6, 9 * i + 9);
          const target = this.common.subarray(3 * i, 3 * i + 3);
          for (const name of oblate)
            addIndirectOblateness(BODY_GM[name], now[name], pole, c20, radius, target);
        }
      }
      const gm = (name: CelestialBody) => BODY_GM[name];
      if (thirdBodies) {
        this.bodies = [{ gm: gm('moon'), position: moon }, { gm: gm('sun'), position: this.sun }, ...planets];
      }
    }
    const sources = stokesSources(model, field, rotation.spec);
    if (sources.smooth.length + sources.piecewise.length > 0) {
      this.timeline = new StokesTimeline(grid, sources, createTideEpochSource(rotation, ephemeris ?? NO_SUN));
      this.gravity = new CoefficientAcceleration(sources.maxDegree, EARTH_GM, EARTH_RADIUS);
      if (sources.maxDegree > ROUGH_DEGREE) {
        this.roughGravity = new CoefficientAcceleration(ROUGH_DEGREE, EARTH_GM, EARTH_RADIUS);
      }
    }
  }

  /** Writes the acceleration (m/s², celestial) at node i, position r[p…] and velocity v[p…] (celestial), to out[o…]. */
  acceleration(
    i: number,
    r: Float64Array,
    v: Float64Array,
    p: number,
    out: Float64Array,
    o: number,
    rough = false,
  ): boolean {
    const { point, speed, sum, grid, timeline } = this;
    const isRough = rough && this.roughGravity !== undefined;
    const gravity = isRough ? this.roughGravity : this.gravity;
    for (let c = 0; c < 3; c++) {
      point[c] = r[p + c];
      speed[c] = v[p + c];
      sum[c] = this.common ? this.common[3 * i + c] : 0;
    }
    const m = grid.rotation;
    const k = 9 * i;
    for (const { gm, position } of this.bodies) {
      copy3(position, 3 * i, this.body);
      addPointMassAcceleration(gm, this.body, point, sum);
    }
    if (this.relativity) {
      copy3(m, k + 6, this.pole);
      if (this.sun && this.sunVelocity) {
        copy3(this.sun, 3 * i, this.sunAt);
        copy3(this.sunVelocity, 3 * i, this.sunVelocityAt);
      }
      const options = this.model.relativity;
      addRelativisticAcceleration(point, speed, this.sunAt, this.sunVelocityAt, this.pole, sum, options);
    }
    if (timeline && gravity) {
      const { q } = grid.rule;
      const segment = Math.floor(i / q);
      timeline.at(segment, i - segment * q, gravity.maxDegree);
      const [x, y, z] = point;
      gravity.acceleration(
        timeline.c,
        timeline.s,
        m[k] * x + m[k + 1] * y + m[k + 2] * z,
        m[k + 3] * x + m[k + 4] * y + m[k + 5] * z,
        m[k + 6] * x + m[k + 7] * y + m[k + 8] * z,
        this.body,
      );
      const [a, b, c] = this.body;
      sum[0] += m[k] * a + m[k + 3] * b + m[k + 6] * c;
      sum[1] += m[k + 1] * a + m[k + 4] * b + m[k + 7] * c;
      sum[2] += m[k + 2] * a + m[k + 5] * b + m[k + 8] * c;
    }
    out.set(sum, o);
    return isRough;
  }

  /**
   * Adds the gradient (1/s², 9 values row-major) of the third bodies. The others are left out: tides bend the partial
   * derivatives by 1e-7 of themselves, as much as the degrees that are left out of the static field's gradient.
   */
  addGradient(i: number, x: number, y: number, z: number, out: Float64Array, offset: number): void {
    for (const { gm, position } of this.bodies) {
      const d = [x - position[3 * i], y - position[3 * i + 1], z - position[3 * i + 2]];
      const d2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
      const k = gm / (d2 * Math.sqrt(d2));
      for (let a = 0; a < 3; a++) {
        for (let b = 0; b < 3; b++)
          out[offset + 3 * a + b] += k * ((3 * d[a] * d[b]) / d2 - (a === b ? 1 : 0));
      }
    }
  }
}

function copy3(from: Float64Array, offset: number, to: Float64Array): void {
  to[0] = from[offset];
  to[1] = from[offset + 1];
  to[2] = from[offset + 2];
}
