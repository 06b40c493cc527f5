import {
  type Ellipsoid,
  type Geopotential,
  normalZonalCoefficients,
  PERMANENT_TIDE_C20,
  type TideSystem,
  triangleIndex,
} from '@gravity/geodesy';

/**
 * The same potential with other constants: C̄' = C̄·(GM/GM')·(R/R')^n; standard deviations likewise.
 * @param gm m³/s²; @param radius m
 */
export function rescaleField(field: Geopotential, gm: number, radius: number): Geopotential {
  if (field.gm === gm && field.radius === radius) return field;
  const scaled = (values: Float64Array): Float64Array => {
    const out = new Float64Array(values.length);
    for (let n = 0; n <= field.maxDegree; n++) {
      const factor = (field.gm / gm) * (field.radius / radius) ** n;
      for (let i = triangleIndex(n, 0); i <= triangleIndex(n, n); i++) out[i] = values[i] * factor;
    }
    return out;
  };
  return {
    ...field,
    gm,
    radius,
    c: scaled(field.c),
    s: scaled(field.s),
    ...(field.sigmaC ? { sigmaC: scaled(field.sigmaC) } : {}),
    ...(field.sigmaS ? { sigmaS: scaled(field.sigmaS) } : {}),
  };
}

/** Nominal degree-2 Love number for the permanent tide. Source: IERS Conventions 2010, table 6.3 (elastic Earth). */
export const K20_ELASTIC = 0.29525;

/** Anelastic Earth, zero frequency. Source: IERS Conventions 2010, table 6.3. */
export const K20_ANELASTIC = 0.3019;

/**
 * C̄20 in another permanent-tide system.
 *
 * zero_tide = tide_free + A₀H₀·k20; mean_tide = zero_tide + A₀H₀, with A₀H₀ = (4.4228e-8 1/m)·(−0.31460 m).
 * k20 must be the one with which the field was made tide free (0.3 in many older models); default 0.30190.
 * @throws Error when either system is unknown
 * Source: IERS Conventions 2010, section 6.2.2 (zero-tide and tide-free C̄20), 1.1 (the three systems).
 */
export function convertTideSystem(
  field: Geopotential,
  target: TideSystem,
  k20 = K20_ANELASTIC,
): Geopotential {
  if (field.tideSystem === target) return field;
  const shift = permanentTide(target, k20) - permanentTide(field.tideSystem, k20);
  if (Number.isNaN(shift)) {
    throw new Error(`tideSystem: cannot convert field ${field.name} from ${field.tideSystem} to ${target}`);
  }
  if (field.maxDegree < 2) return { ...field, tideSystem: target };
  const c = field.c.slice();
  c[triangleIndex(2, 0)] += shift;
  return { ...field, tideSystem: target, c };
}

/** What a system's C̄20 contains beyond the tide-free one. */
function permanentTide(system: TideSystem, k20: number): number {
  switch (system) {
    case 'tide_free':
      return 0;
    case 'zero_tide':
      return PERMANENT_TIDE_C20 * k20;
    case 'mean_tide':
      return PERMANENT_TIDE_C20 * (1 + k20);
    case 'unknown':
      return Number.NaN;
  }
}

export interface CommonFieldOptions {
  /** Tide Love number for the conversion; see `convertTideSystem`. */
  readonly k20?: number;
  /** Take an unknown tide system as equal to the other's instead of refusing it (default false). */
  readonly assumeSameTideSystem?: boolean;
}

/**
 * a − b in the constants and the tide system of a, to the lower of both degrees.
 * Standard deviations are combined as independent where both fields carry them.
 * @throws Error when the tide systems cannot be reconciled
 */
export function subtractFields(
  a: Geopotential,
  b: Geopotential,
  options: CommonFieldOptions = {},
): Geopotential {
  const other = toCommon(b, a, options);
  const maxDegree = Math.min(a.maxDegree, other.maxDegree);
  const size = triangleIndex(maxDegree, maxDegree) + 1;
  const minus = (x: Float64Array, y: Float64Array): Float64Array =>
    Float64Array.from({ length: size }, (_, i) => x[i] - y[i]);
  const rss = (x: Float64Array, y: Float64Array): Float64Array =>
    Float64Array.from({ length: size }, (_, i) => Math.hypot(x[i], y[i]));
  return {
    name: `${a.name} − ${b.name}`,
    gm: a.gm,
    radius: a.radius,
    maxDegree,
    tideSystem: a.tideSystem,
    c: minus(a.c, other.c),
    s: minus(a.s, other.s),
    ...(a.sigmaC && other.sigmaC ? { sigmaC: rss(a.sigmaC, other.sigmaC) } : {}),
    ...(a.sigmaS && other.sigmaS ? { sigmaS: rss(a.sigmaS, other.sigmaS) } : {}),
  };
}

/** A field in the constants and the tide system of a reference. */
export function toCommon(
  field: Geopotential,
  reference: Geopotential,
  options: CommonFieldOptions = {},
): Geopotential {
  const known = field.tideSystem !== 'unknown' && reference.tideSystem !== 'unknown';
  // The shift of C̄20 is defined for the field's own constants; convert before rescaling.
  const converted =
    known || !options.assumeSameTideSystem
      ? convertTideSystem(field, reference.tideSystem, options.k20)
      : { ...field, tideSystem: reference.tideSystem };
  return rescaleField(converted, reference.gm, reference.radius);
}

/** The disturbing potential: the field minus the normal field of an ellipsoid, in the field's constants. */
export function subtractNormalField(field: Geopotential, ellipsoid: Ellipsoid): Geopotential {
  const c = field.c.slice();
  const zonals = normalZonalCoefficients(field.maxDegree, ellipsoid);
  for (let n = 0; n <= field.maxDegree; n += 2) {
    const factor = (ellipsoid.gm / field.gm) * (ellipsoid.semiMajorAxis / field.radius) ** n;
    c[triangleIndex(n, 0)] -= zonals[n] * factor;
  }
  return { ...field, c };
}
