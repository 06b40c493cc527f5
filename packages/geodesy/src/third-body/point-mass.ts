/**
 * Adds the tidal acceleration of a distant point mass to `out`: its pull on the satellite less its pull on the
 * Earth's centre (direct less indirect term), m/s².
 *
 * The difference of two nearly equal vectors is avoided: a = −GM/d³·(r + f(q)·s) with q = r·(r−2s)/s² and
 * f(q) = q·(3+3q+q²)/(1+(1+q)^{3/2}).
 * Source: Battin (1999), An Introduction to the Mathematics and Methods of Astrodynamics, section 8.4.
 *
 * @param gm GM of the body, m³/s²
 * @param body geocentric position of the body, m (any frame, that of `position`)
 * @param position geocentric position of the satellite, m
 */
export function addPointMassAcceleration(
  gm: number,
  body: ArrayLike<number>,
  position: ArrayLike<number>,
  out: Float64Array,
): void {
  const [x, y, z] = [position[0], position[1], position[2]];
  const [sx, sy, sz] = [body[0], body[1], body[2]];
  const s2 = sx * sx + sy * sy + sz * sz;
  const q = (x * (x - 2 * sx) + y * (y - 2 * sy) + z * (z - 2 * sz)) / s2;
  // (1+q)·s² = d², the squared distance of satellite and body.
  const ratio = 1 + q;
  const ratio32 = ratio * Math.sqrt(ratio);
  const f = (q * (3 + q * (3 + q))) / (1 + ratio32);
  const k = -gm / (s2 * Math.sqrt(s2) * ratio32);
  out[0] += k * (x + f * sx);
  out[1] += k * (y + f * sy);
  out[2] += k * (z + f * sz);
}
