/** Arcseconds to radians. */
export const ARCSECOND = Math.PI / 648000;
const TURN_ARCSECONDS = 1296000;

/**
 * Fundamental arguments of lunisolar and planetary theory, radians, t in Julian centuries TT since J2000.0.
 * Source: IERS Conventions 2010, eqs. 5.43 and 5.44 (Simon et al. 1994; planets Souchay et al. 1999).
 */
export interface FundamentalArguments {
  /** Mean anomaly of the Moon, l. */
  readonly moonAnomaly: number;
  /** Mean anomaly of the Sun, l'. */
  readonly sunAnomaly: number;
  /** L − Ω: mean longitude of the Moon from its node, F. */
  readonly moonLatitudeArgument: number;
  /** Mean elongation of the Moon from the Sun, D. */
  readonly elongation: number;
  /** Mean longitude of the ascending node of the Moon, Ω. */
  readonly node: number;
}

/** Delaunay's arguments. */
export function fundamentalArguments(t: number): FundamentalArguments {
  return {
    moonAnomaly: angle(485868.249036, 1717915923.2178, 31.8792, 0.051635, -0.0002447, t),
    sunAnomaly: angle(1287104.793048, 129596581.0481, -0.5532, 0.000136, -0.00001149, t),
    moonLatitudeArgument: angle(335779.526232, 1739527262.8478, -12.7512, -0.001037, 0.00000417, t),
    elongation: angle(1072260.703692, 1602961601.209, -6.3706, 0.006593, -0.00003169, t),
    node: angle(450160.398036, -6962890.5431, 7.4722, 0.007702, -0.00005939, t),
  };
}

/** Mean longitudes of Mercury, Venus, Earth, Mars, Jupiter, Saturn, Uranus, Neptune, and precession p_A. */
export function planetaryArguments(t: number): readonly number[] {
  return [
    4.402608842 + 2608.7903141574 * t,
    3.176146697 + 1021.3285546211 * t,
    1.753470314 + 628.3075849991 * t,
    6.203480913 + 334.06124267 * t,
    0.599546497 + 52.9690962641 * t,
    0.874016757 + 21.329910496 * t,
    5.481293872 + 7.4781598567 * t,
    5.311886287 + 3.8133035638 * t,
    (0.02438175 + 0.00000538691 * t) * t,
  ];
}

function angle(a0: number, a1: number, a2: number, a3: number, a4: number, t: number): number {
  return ((a0 + t * (a1 + t * (a2 + t * (a3 + t * a4)))) % TURN_ARCSECONDS) * ARCSECOND;
}
