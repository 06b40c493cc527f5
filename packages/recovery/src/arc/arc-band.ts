import type { RecoverySetup } from '../types.js';
import type { ObservationSet } from './observation-set.js';
import type { SatelliteModel } from './satellite-model.js';

/** Beyond the degree: gradient and turning of the axes, twice for the flattening in the state's partials. */
const BEYOND_DEGREE = 4;

export interface ArcBand {
  /** Highest frequency of the columns. */
  readonly hertz: number;
  readonly revolutionHertz: number;
  /** Frequency above which positions add less to the normals than they may be truncated by. */
  readonly positionHertz: number;
}

/** Where the columns of an arc have their signal, from its orbits, a degree and the weights of the observations. */
export function bandOfArc(
  setup: Pick<RecoverySetup, 'positionTruncation' | 'referenceField'>,
  models: readonly SatelliteModel[],
  { positions, rangeRate }: ObservationSet,
  degree: number,
): ArcBand {
  const { borderPosition: r, borderVelocity: v } = models[0].trajectory!;
  const { gm } = setup.referenceField;
  const radius = Math.hypot(r[0], r[1], r[2]);
  const axis = 1 / (2 / radius - (v[0] ** 2 + v[1] ** 2 + v[2] ** 2) / gm);
  const revolution = Math.sqrt(gm / axis ** 3) / (2 * Math.PI);
  const hertz = (degree + BEYOND_DEGREE) * revolution;
  const tolerance = setup.positionTruncation ?? DEFAULT_POSITION_TRUNCATION;
  if (!(tolerance > 0) || rangeRate.seconds.length === 0)
    return { hertz, revolutionHertz: revolution, positionHertz: hertz };
  const other = models[1].trajectory!.borderPosition;
  const separation = Math.hypot(r[0] - other[0], r[1] - other[1], r[2] - other[2]) / radius;
  const omega = 2 * Math.PI * revolution;
  // Relative weight of a displacement of k cycles per revolution in either observation; the factor is measured.
  const displacement =
    rangeRate.type === 'range_rate'
      ? rangeRate.sigma / omega
      : rangeRate.type === 'range'
        ? rangeRate.sigma
        : rangeRate.sigma / omega ** 2;
  const sigma = Math.min(...positions.map((p) => p.sigma));
  const density = Math.sqrt((SAMPLES * positions[0].seconds.length) / rangeRate.seconds.length);
  const cycles = (MEASURED * density * displacement) / (sigma * separation * Math.sqrt(tolerance));
  const positionHertz = Math.min(hertz, (Math.max(2, cycles) + 2) * revolution);
  return { hertz, revolutionHertz: revolution, positionHertz };
}

/** Part of the normals' diagonal that positions left out may make up: by default nothing but what is out of band. */
export const DEFAULT_POSITION_TRUNCATION = 0;
/** Measured at degree 60, 220 km apart, with range rates every 5 s and positions every 60 s. */
const MEASURED = 0.03;
const SAMPLES = 12;
