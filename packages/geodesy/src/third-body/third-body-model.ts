import { BODY_GM, EARTH_RADIUS } from '../ephemeris/constants.js';
import { type Ephemeris, emptySunMoon, type Planet } from '../ephemeris/types.js';
import { addIndirectOblateness } from './indirect-oblateness.js';
import { addPointMassAcceleration } from './point-mass.js';

/** Normalized C̄20 of the Earth used for its indirect effect (GGM05C, zero tide); three digits would do. */
const EARTH_C20 = -4.8416945732e-4;

export interface ThirdBodyOptions {
  /** Planets to be added to Sun and Moon; the ephemeris has to know them. Default none. */
  readonly planets?: readonly Planet[];
  /** Bodies with the indirect effect of the Earth's oblateness. Default Moon and Sun. */
  readonly indirectOblateness?: readonly ('sun' | 'moon')[];
  /** C̄20 and its radius for that effect, when not those of the Earth. */
  readonly c20?: number;
  readonly radius?: number;
}

/** Third bodies at one epoch: positions are looked up once and serve all satellites. */
export interface ThirdBodyModel {
  /**
   * Sets the epoch.
   *
   * @param celestialToTerrestrial 9 values row-major, its third row is the Earth's axis in the GCRS
   */
  setEpoch(gpsSeconds: number, offsetSeconds: number, celestialToTerrestrial: ArrayLike<number>): void;
  /** Adds the acceleration at a position (GCRS, m) to `out` (GCRS, m/s²). */
  addAcceleration(position: ArrayLike<number>, out: Float64Array): void;
  /** Adds the derivative of the acceleration by the position (9 values row-major, 1/s²) to `out`. */
  addGradient(position: ArrayLike<number>, out: Float64Array): void;
}

/**
 * Direct and indirect pull of Sun, Moon and planets, and the indirect effect of the Earth's oblateness.
 *
 * @throws RangeError when the ephemeris does not know a planet asked for
 */
export function createThirdBodyModel(ephemeris: Ephemeris, options: ThirdBodyOptions = {}): ThirdBodyModel {
  const { planets = [], indirectOblateness = ['moon', 'sun'] } = options;
  const { c20 = EARTH_C20, radius = EARTH_RADIUS } = options;
  for (const planet of planets) {
    if (!ephemeris.planet || !ephemeris.planets?.includes(planet)) {
      throw new RangeError(`third bodies: ephemeris ${ephemeris.source} does not give ${planet}`);
    }
  }
  const sunMoon = emptySunMoon();
  const others = planets.map((planet) => ({ planet, position: new Float64Array(3) }));
  const bodies = [
    { gm: BODY_GM.moon, position: sunMoon.moon },
    { gm: BODY_GM.sun, position: sunMoon.sun },
    ...others.map(({ planet, position }) => ({ gm: BODY_GM[planet], position })),
  ];
  const common = new Float64Array(3);
  return {
    setEpoch(gpsSeconds, offsetSeconds, celestialToTerrestrial) {
      ephemeris.sunMoon(gpsSeconds, offsetSeconds, sunMoon);
      for (const { planet, position } of others) {
        ephemeris.planet?.(planet, gpsSeconds, offsetSeconds, position);
      }
      const pole = [celestialToTerrestrial[6], celestialToTerrestrial[7], celestialToTerrestrial[8]];
      common.fill(0);
      for (const body of indirectOblateness) {
        addIndirectOblateness(BODY_GM[body], sunMoon[body], pole, c20, radius, common);
      }
    },
    addAcceleration(position, out) {
      for (let k = 0; k < 3; k++) out[k] += common[k];
      for (const body of bodies) addPointMassAcceleration(body.gm, body.position, position, out);
    },
    addGradient(position, out) {
      for (const body of bodies) addPointMassGradient(body.gm, body.position, position, out);
    },
  };
}

/** d(acceleration)/d(position) of a point mass: GM·(3·dd^T/d⁵ − 1/d³), d from body to satellite. */
function addPointMassGradient(
  gm: number,
  body: ArrayLike<number>,
  position: ArrayLike<number>,
  out: Float64Array,
): void {
  const d = [position[0] - body[0], position[1] - body[1], position[2] - body[2]];
  const d2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
  const k = gm / (d2 * Math.sqrt(d2));
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) out[3 * i + j] += k * ((3 * d[i] * d[j]) / d2 - (i === j ? 1 : 0));
  }
}
