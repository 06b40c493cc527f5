/**
 * Rotation from the celestial to the terrestrial frame of a given orientation of the Earth, with its rate:
 * R = R1(−y_p)·R2(−x_p)·R3(θ − s + s′)·Q(X, Y). IERS Conventions 2010, eqs. 5.1–5.10, the two turns about
 * neighbouring z axes joined.
 */
export interface EarthOrientation {
  /** Celestial intermediate pole in the GCRS. */
  x: number;
  y: number;
  /** θ − s + s′, rad. */
  angle: number;
  xPole: number;
  yPole: number;
  /** Time derivatives, 1/s and rad/s. */
  xRate: number;
  yRate: number;
  angleRate: number;
  xPoleRate: number;
  yPoleRate: number;
}

/** Writes R (row-major) to `out` and, when given, dR/dt to `outRate`. */
export function orientationMatrix(o: EarthOrientation, out: Float64Array, outRate?: Float64Array): void {
  const { x, y } = o;
  const z = Math.sqrt(1 - x * x - y * y);
  const a = 1 / (1 + z);
  // Q, rows 1 and 2; row 3 is (x, y, z).
  const q11 = 1 - a * x * x;
  const q12 = -a * x * y;
  const q22 = 1 - a * y * y;
  const cos = Math.cos(o.angle);
  const sin = Math.sin(o.angle);
  // T = R3(angle)·Q
  const t11 = cos * q11 + sin * q12;
  const t12 = cos * q12 + sin * q22;
  const t13 = -cos * x - sin * y;
  const t21 = cos * q12 - sin * q11;
  const t22 = cos * q22 - sin * q12;
  const t23 = sin * x - cos * y;
  // R1(−yp)·R2(−xp)
  const cx = Math.cos(o.xPole);
  const sx = Math.sin(o.xPole);
  const cy = Math.cos(o.yPole);
  const sy = Math.sin(o.yPole);
  // R2(−xp)·T: rows u and w; the middle row stays.
  const u1 = cx * t11 + sx * x;
  const u2 = cx * t12 + sx * y;
  const u3 = cx * t13 + sx * z;
  const w1 = cx * x - sx * t11;
  const w2 = cx * y - sx * t12;
  const w3 = cx * z - sx * t13;
  out[0] = u1;
  out[1] = u2;
  out[2] = u3;
  out[3] = cy * t21 - sy * w1;
  out[4] = cy * t22 - sy * w2;
  out[5] = cy * t23 - sy * w3;
  out[6] = sy * t21 + cy * w1;
  out[7] = sy * t22 + cy * w2;
  out[8] = sy * t23 + cy * w3;
  if (!outRate) return;

  const { xRate: dx, yRate: dy, angleRate: dt } = o;
  const dz = -(x * dx + y * dy) / z;
  const da = -a * a * dz;
  const dq11 = -(da * x * x + 2 * a * x * dx);
  const dq12 = -(da * x * y + a * (dx * y + x * dy));
  const dq22 = -(da * y * y + 2 * a * y * dy);
  const dt11 = dt * t21 + cos * dq11 + sin * dq12;
  const dt12 = dt * t22 + cos * dq12 + sin * dq22;
  const dt13 = dt * t23 - cos * dx - sin * dy;
  const dt21 = -dt * t11 + cos * dq12 - sin * dq11;
  const dt22 = -dt * t12 + cos * dq22 - sin * dq12;
  const dt23 = -dt * t13 + sin * dx - cos * dy;
  const px = o.xPoleRate;
  const py = o.yPoleRate;
  // d/dt of u = px·w + R2·dT row 1; of w = −px·u + R2·dT row 3.
  const dw1 = -px * u1 + cx * dx - sx * dt11;
  const dw2 = -px * u2 + cx * dy - sx * dt12;
  const dw3 = -px * u3 + cx * dz - sx * dt13;
  outRate[0] = px * w1 + cx * dt11 + sx * dx;
  outRate[1] = px * w2 + cx * dt12 + sx * dy;
  outRate[2] = px * w3 + cx * dt13 + sx * dz;
  outRate[3] = cy * dt21 - sy * dw1 - py * out[6];
  outRate[4] = cy * dt22 - sy * dw2 - py * out[7];
  outRate[5] = cy * dt23 - sy * dw3 - py * out[8];
  outRate[6] = sy * dt21 + cy * dw1 + py * out[3];
  outRate[7] = sy * dt22 + cy * dw2 + py * out[4];
  outRate[8] = sy * dt23 + cy * dw3 + py * out[5];
}
