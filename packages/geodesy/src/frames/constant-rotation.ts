import type { EarthRotation, EarthRotationSpec } from '../earth-rotation-types.js';

/**
 * Turn about the z axis with constant rate. The angle grows to 1e5 rad within decades, where a double has lost
 * 1e-11 rad (0.1 mm at a satellite): its rounding error is carried along.
 *
 * @throws RangeError for values that are not finite
 */
export function createConstantRotation(
  spec: Extract<EarthRotationSpec, { model: 'constant' }>,
): EarthRotation {
  const { rate, angleAtEpoch, epochGpsSeconds } = spec;
  for (const [name, value] of Object.entries({ rate, angleAtEpoch, epochGpsSeconds })) {
    if (!Number.isFinite(value)) throw new RangeError(`constant Earth rotation: ${name} is ${value}`);
  }
  return {
    spec,
    matrix(gpsSeconds, offsetSeconds, out, outRate) {
      const elapsed = gpsSeconds - epochGpsSeconds;
      const product = rate * elapsed;
      const small = angleAtEpoch + rate * offsetSeconds;
      const sum = product + small;
      const lost = productError(rate, elapsed, product) + sumError(product, small, sum);
      const s0 = Math.sin(sum);
      const c0 = Math.cos(sum);
      const c = c0 - lost * s0;
      const s = s0 + lost * c0;
      out.fill(0, 0, 9);
      out[0] = c;
      out[1] = s;
      out[3] = -s;
      out[4] = c;
      out[8] = 1;
      if (!outRate) return;
      outRate.fill(0, 0, 9);
      outRate[0] = -rate * s;
      outRate[1] = rate * c;
      outRate[3] = -rate * c;
      outRate[4] = -rate * s;
    },
  };
}

/** a·b − fl(a·b), exactly (Dekker). */
function productError(a: number, b: number, product: number): number {
  const [aHigh, aLow] = split(a);
  const [bHigh, bLow] = split(b);
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

/** a + b − fl(a + b), exactly (Knuth). */
function sumError(a: number, b: number, sum: number): number {
  const bPart = sum - a;
  return a - (sum - bPart) + (b - bPart);
}

function split(a: number): [number, number] {
  const scaled = 134217729 * a;
  const high = scaled - (scaled - a);
  return [high, a - high];
}
