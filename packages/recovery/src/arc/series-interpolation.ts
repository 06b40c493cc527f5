import { ArcError } from '../errors.js';

/**
 * Interpolates a sampled vector series with a moving Lagrange polynomial through the nearest samples.
 *
 * @param seconds strictly increasing epochs
 * @param values `width` numbers per epoch
 * @param points number of samples used (even)
 * @param maxGapSeconds a target further than this from its nearest samples is an error
 * @throws ArcError 'accelerometer_gap' | 'bad_series'
 */
export function interpolateSeries(
  name: string,
  seconds: Float64Array,
  values: Float64Array,
  width: number,
  targets: Float64Array,
  points: number,
  maxGapSeconds: number,
): Float64Array {
  const count = seconds.length;
  if (values.length !== width * count) {
    throw new ArcError('bad_series', `${name}: ${values.length} values for ${count} epochs of ${width}`);
  }
  for (let i = 1; i < count; i++) {
    if (!(seconds[i] > seconds[i - 1])) {
      throw new ArcError('bad_series', `${name}: epochs are not strictly increasing at record ${i + 1}`);
    }
  }
  if (count < points) throw new ArcError('accelerometer_gap', `${name}: only ${count} records in the arc`);
  const out = new Float64Array(width * targets.length);
  const weight = new Float64Array(points);
  const steps = Array.from({ length: count - 1 }, (_, i) => seconds[i + 1] - seconds[i]).sort(
    (a, b) => a - b,
  );
  // Past the ends of the data a polynomial holds for a step or two, not further.
  const maxExtrapolation = Math.min(maxGapSeconds, 2 * steps[Math.floor(steps.length / 2)]);
  let right = 0;
  for (let k = 0; k < targets.length; k++) {
    const t = targets[k];
    while (right < count && seconds[right] < t) right++;
    const before = right > 0 ? t - seconds[right - 1] : Number.POSITIVE_INFINITY;
    const after = right < count ? seconds[right] - t : Number.POSITIVE_INFINITY;
    const outside = Math.max(before, after) === Number.POSITIVE_INFINITY;
    if (outside ? Math.min(before, after) > maxExtrapolation : before + after > maxGapSeconds) {
      throw new ArcError(
        'accelerometer_gap',
        `${name}: no data around ${t.toFixed(1)} s of the arc (longest gap bridged: ${maxGapSeconds} s)`,
      );
    }
    const first = Math.min(Math.max(0, right - points / 2), count - points);
    for (let i = 0; i < points; i++) {
      let w = 1;
      for (let j = 0; j < points; j++) {
        if (j !== i) w *= (t - seconds[first + j]) / (seconds[first + i] - seconds[first + j]);
      }
      weight[i] = w;
    }
    for (let c = 0; c < width; c++) {
      let sum = 0;
      for (let i = 0; i < points; i++) sum += weight[i] * values[width * (first + i) + c];
      out[width * k + c] = sum;
    }
  }
  return out;
}

/** The same attitude with signs chosen so that neighbours are close (q and −q are one rotation). */
export function continuousQuaternions(quaternion: Float64Array): Float64Array {
  const out = quaternion.slice();
  for (let i = 4; i + 3 < out.length; i += 4) {
    const dot =
      out[i] * out[i - 4] + out[i + 1] * out[i - 3] + out[i + 2] * out[i - 2] + out[i + 3] * out[i - 1];
    if (dot < 0) for (let k = 0; k < 4; k++) out[i + k] = -out[i + k];
  }
  return out;
}

/**
 * Rotation matrix (row-major) from the celestial frame to the frame of the quaternion (scalar first), as SCA1B
 * gives it: r_srf = M · r_celestial.
 */
export function quaternionMatrix(q: Float64Array, offset: number, out: Float64Array): void {
  const norm = Math.hypot(q[offset], q[offset + 1], q[offset + 2], q[offset + 3]);
  const w = q[offset] / norm;
  const x = q[offset + 1] / norm;
  const y = q[offset + 2] / norm;
  const z = q[offset + 3] / norm;
  out[0] = w * w + x * x - y * y - z * z;
  out[1] = 2 * (x * y + w * z);
  out[2] = 2 * (x * z - w * y);
  out[3] = 2 * (x * y - w * z);
  out[4] = w * w - x * x + y * y - z * z;
  out[5] = 2 * (y * z + w * x);
  out[6] = 2 * (x * z + w * y);
  out[7] = 2 * (y * z - w * x);
  out[8] = w * w - x * x - y * y + z * z;
}
