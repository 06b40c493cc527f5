/**
 * Adds the indirect effect of the Earth's oblateness to `out`, m/s²: a body pulls at the oblate Earth a little
 * differently than at a point mass, which moves the geocentre and with it the origin of the satellite's
 * coordinates. It is the acceleration the body itself feels from the C̄20 of the Earth, times the ratio of masses
 * (action and reaction). About 1e-11 m/s² for the Moon, 1e-14 m/s² for the Sun; it is the same for every satellite.
 *
 * Source: Moyer (2000), Formulation for Observed and Computed Values of Deep Space Network Data Types, section
 * 4.4.3, reduced to the zonal term of degree 2.
 *
 * @param gm GM of the body, m³/s²
 * @param body geocentric position of the body, m (any frame, that of `pole`)
 * @param pole unit vector of the Earth's figure axis (third row of the celestial-to-terrestrial matrix in GCRS)
 * @param c20 normalized C̄20 of the Earth (negative)
 * @param radius its reference radius, m
 */
export function addIndirectOblateness(
  gm: number,
  body: ArrayLike<number>,
  pole: ArrayLike<number>,
  c20: number,
  radius: number,
  out: Float64Array,
): void {
  const [x, y, z] = [body[0], body[1], body[2]];
  const r2 = x * x + y * y + z * z;
  const r = Math.sqrt(r2);
  const s = (x * pole[0] + y * pole[1] + z * pole[2]) / r;
  const k = (-Math.sqrt(5) * c20 * gm * radius * radius) / (r2 * r2);
  const along = (k * (7.5 * s * s - 1.5)) / r;
  const polar = -3 * k * s;
  out[0] += along * x + polar * pole[0];
  out[1] += along * y + polar * pole[1];
  out[2] += along * z + polar * pole[2];
}
