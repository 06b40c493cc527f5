/**
 * Nominal attitude of a ranging satellite: x towards its partner, z in the plane of x and nadir, y completing.
 * Writes the row-major rotation from the celestial to the science reference frame.
 */
export function lineOfSightAttitude(own: Float64Array, partner: Float64Array, out: Float64Array): void {
  const x = unit([partner[0] - own[0], partner[1] - own[1], partner[2] - own[2]]);
  const nadir = unit([-own[0], -own[1], -own[2]]);
  const along = nadir[0] * x[0] + nadir[1] * x[1] + nadir[2] * x[2];
  const z = unit([nadir[0] - along * x[0], nadir[1] - along * x[1], nadir[2] - along * x[2]]);
  const y = [z[1] * x[2] - z[2] * x[1], z[2] * x[0] - z[0] * x[2], z[0] * x[1] - z[1] * x[0]];
  out.set(x, 0);
  out.set(y, 3);
  out.set(z, 6);
}

function unit(v: readonly number[]): number[] {
  const norm = Math.hypot(v[0], v[1], v[2]);
  return v.map((c) => c / norm);
}

/** Unit quaternion (scalar first) of a rotation matrix in the sense of SCA1B: r_srf = M(q) r_celestial. */
export function quaternionOf(m: Float64Array, out: Float64Array, offset: number): void {
  const candidates = [
    1 + m[0] + m[4] + m[8],
    1 + m[0] - m[4] - m[8],
    1 - m[0] + m[4] - m[8],
    1 - m[0] - m[4] + m[8],
  ];
  const best = candidates.indexOf(Math.max(...candidates));
  const s = 0.5 / Math.sqrt(candidates[best]);
  const own = candidates[best] * s;
  const [yz, zx, xy] = [(m[5] - m[7]) * s, (m[6] - m[2]) * s, (m[1] - m[3]) * s];
  const [pxy, pzx, pyz] = [(m[1] + m[3]) * s, (m[2] + m[6]) * s, (m[5] + m[7]) * s];
  if (best === 0) out.set([own, yz, zx, xy], offset);
  else if (best === 1) out.set([yz, own, pxy, pzx], offset);
  else if (best === 2) out.set([zx, pxy, own, pyz], offset);
  else out.set([xy, pzx, pyz, own], offset);
}
