/** Writes a point as the kernels take it, lane 0 or 1. */
export function loadPoint(
  out: Float64Array,
  lane: number,
  x: number,
  y: number,
  z: number,
  radius: number,
): void {
  const r2 = x * x + y * y + z * z;
  const scale = radius / r2;
  out[lane] = x * scale;
  out[2 + lane] = y * scale;
  out[4 + lane] = z * scale;
  out[6 + lane] = radius * scale;
  out[8 + lane] = radius / Math.sqrt(r2);
}
