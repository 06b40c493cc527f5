import { type Geopotential, truncateGeopotential } from '@gravity/geodesy';
import { analyzeGrid, gaussLegendreGrid } from '@gravity/products';

/** A bell of water on the surface. */
export interface MassAnomaly {
  readonly name: string;
  readonly latitudeDegrees: number;
  readonly longitudeDegrees: number;
  /** Distance at which the height has fallen to one half, m. */
  readonly halfWidth: number;
  /** Height of water in the middle, m. */
  readonly ewhMeters: number;
}

/**
 * Made-up masses in places where water and ice are known to change, some ten times stronger than a month's real
 * change, so that a few days of data show them.
 */
export const DEMO_ANOMALIES: readonly MassAnomaly[] = [
  { name: 'Amazon', latitudeDegrees: -5, longitudeDegrees: -62, halfWidth: 600e3, ewhMeters: 7 },
  { name: 'Greenland', latitudeDegrees: 71, longitudeDegrees: -42, halfWidth: 450e3, ewhMeters: -10 },
  { name: 'Ganges', latitudeDegrees: 24, longitudeDegrees: 86, halfWidth: 400e3, ewhMeters: 8 },
  { name: 'Zambezi', latitudeDegrees: -14, longitudeDegrees: 24, halfWidth: 500e3, ewhMeters: 6 },
  { name: 'West Antarctica', latitudeDegrees: -77, longitudeDegrees: -105, halfWidth: 450e3, ewhMeters: -9 },
  { name: 'Gulf of Alaska', latitudeDegrees: 61, longitudeDegrees: -145, halfWidth: 350e3, ewhMeters: -8 },
];

/**
 * The change of the geopotential by masses on the surface, degrees 2 to maxDegree, the Earth yielding elastically under
 * the load (Wahr et al. 1998, eq. 13).
 *
 * @param constants GM, radius and tide system the coefficients are to have
 */
export function massSignal(
  anomalies: readonly MassAnomaly[],
  constants: Pick<Geopotential, 'gm' | 'radius' | 'tideSystem'>,
  maxDegree: number,
): Geopotential {
  // a grid fine enough that the bells, which reach beyond maxDegree, do not fold into lower degrees
  const fine = Math.max(2 * maxDegree, 120);
  const definition = gaussLegendreGrid(fine);
  const { latitudeDegrees, longitudeDegrees } = definition;
  const values = new Float64Array(latitudeDegrees.length * longitudeDegrees.length);
  for (const anomaly of anomalies) {
    const bell = bellAt(anomaly, constants.radius);
    latitudeDegrees.forEach((latitude, i) => {
      longitudeDegrees.forEach((longitude, j) => {
        values[i * longitudeDegrees.length + j] += bell(latitude, longitude);
      });
    });
  }
  const grid = { ...definition, values, quantity: 'equivalentWaterHeight', unit: 'm' };
  const { gm, radius, tideSystem } = constants;
  const options = { gm, radius, tideSystem, name: 'mass_signal', minDegree: 2 };
  return truncateGeopotential(analyzeGrid(grid, fine, 'equivalentWaterHeight', options), maxDegree);
}

function bellAt(anomaly: MassAnomaly, radius: number): (latitude: number, longitude: number) => number {
  const rad = Math.PI / 180;
  const latitude0 = anomaly.latitudeDegrees * rad;
  const sharpness = Math.LN2 / (1 - Math.cos(anomaly.halfWidth / radius));
  return (latitudeDegrees, longitudeDegrees) => {
    const latitude = latitudeDegrees * rad;
    const cosDistance =
      Math.sin(latitude0) * Math.sin(latitude) +
      Math.cos(latitude0) *
        Math.cos(latitude) *
        Math.cos((longitudeDegrees - anomaly.longitudeDegrees) * rad);
    return anomaly.ewhMeters * Math.exp(-sharpness * (1 - cosDistance));
  };
}

/** a + b, both with the constants of a; the degree is that of a. */
export function addFields(a: Geopotential, b: Geopotential, name: string): Geopotential {
  if (a.gm !== b.gm || a.radius !== b.radius) throw new RangeError('fields with different GM or radius');
  const c = a.c.slice();
  const s = a.s.slice();
  for (let i = 0; i < Math.min(c.length, b.c.length); i++) {
    c[i] += b.c[i];
    s[i] += b.s[i];
  }
  const { gm, radius, maxDegree, tideSystem } = a;
  return { name, gm, radius, maxDegree, tideSystem, c, s };
}
