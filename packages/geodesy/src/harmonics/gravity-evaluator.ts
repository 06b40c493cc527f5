import { type Geopotential, triangleIndex, triangleSize } from '../geopotential.js';
import { derivativeFactors, SolidHarmonics } from './solid-harmonics.js';

export interface HarmonicSeries {
  readonly maxDegree: number;
  readonly c: Float64Array;
  readonly s: Float64Array;
}

/** The three Cartesian derivatives of a series of solid harmonics, times R, each one degree higher. */
export function differentiateHarmonics(
  series: HarmonicSeries,
): readonly [HarmonicSeries, HarmonicSeries, HarmonicSeries] {
  const maxDegree = series.maxDegree + 1;
  const size = triangleSize(maxDegree);
  const make = (): HarmonicSeries => ({ maxDegree, c: new Float64Array(size), s: new Float64Array(size) });
  const [dx, dy, dz] = [make(), make(), make()];
  for (let n = 0; n <= series.maxDegree; n++) {
    for (let m = 0; m <= n; m++) {
      const c = series.c[triangleIndex(n, m)];
      const s = series.s[triangleIndex(n, m)];
      const { up, down, zonal } = derivativeFactors(n, m);
      const iUp = triangleIndex(n + 1, m + 1);
      const iZonal = triangleIndex(n + 1, m);
      dz.c[iZonal] -= zonal * c;
      dz.s[iZonal] -= zonal * s;
      dx.c[iUp] -= up * c;
      dx.s[iUp] -= up * s;
      dy.s[iUp] -= up * c;
      dy.c[iUp] += up * s;
      if (m > 0) {
        const iDown = triangleIndex(n + 1, m - 1);
        dx.c[iDown] += down * c;
        dx.s[iDown] += down * s;
        dy.s[iDown] -= down * c;
        dy.c[iDown] += down * s;
      }
    }
  }
  // Orders of zero have no sine part; m = 1 → 0 above leaves dust there that must not be summed.
  for (const series of [dx, dy, dz]) {
    for (let n = 0; n <= maxDegree; n++) series.s[triangleIndex(n, 0)] = 0;
  }
  return [dx, dy, dz];
}

function dot(series: HarmonicSeries, v: Float64Array, w: Float64Array): number {
  const { c, s } = series;
  let sum = 0;
  // From the highest degree down: small terms first.
  for (let i = c.length - 1; i >= 0; i--) sum += c[i] * v[i] + s[i] * w[i];
  return sum;
}

/**
 * Potential, acceleration and gravity-gradient tensor of one geopotential at points of the terrestrial frame.
 *
 * The derivatives of a harmonic series are harmonic series again: their coefficients are formed once, so that a
 * point costs one recursion and one dot product per component.
 */
export class GravityEvaluator {
  private readonly potentialSeries: HarmonicSeries;
  private readonly first: readonly [HarmonicSeries, HarmonicSeries, HarmonicSeries];
  private second: readonly HarmonicSeries[] | undefined;
  private readonly low: SolidHarmonics;
  private high: SolidHarmonics | undefined;

  constructor(readonly field: Geopotential) {
    this.potentialSeries = field;
    this.first = differentiateHarmonics(field);
    this.low = new SolidHarmonics(field.maxDegree + 1, field.radius);
  }

  /** Gravitational potential, m²/s². */
  potential(x: number, y: number, z: number): number {
    this.low.evaluate(x, y, z);
    return (this.field.gm / this.field.radius) * dot(this.potentialSeries, this.low.v, this.low.w);
  }

  /** Acceleration, m/s², written to out[offset…offset+2]. */
  acceleration(x: number, y: number, z: number, out: Float64Array, offset = 0): void {
    const { gm, radius } = this.field;
    const scale = gm / (radius * radius);
    this.low.evaluate(x, y, z);
    const { v, w } = this.low;
    const [dx, dy, dz] = this.first;
    const xc = dx.c;
    const xs = dx.s;
    const yc = dy.c;
    const ys = dy.s;
    const zc = dz.c;
    const zs = dz.s;
    let ax = 0;
    let ay = 0;
    let az = 0;
    for (let i = xc.length - 1; i >= 0; i--) {
      const vi = v[i];
      const wi = w[i];
      ax += xc[i] * vi + xs[i] * wi;
      ay += yc[i] * vi + ys[i] * wi;
      az += zc[i] * vi + zs[i] * wi;
    }
    out[offset] = scale * ax;
    out[offset + 1] = scale * ay;
    out[offset + 2] = scale * az;
  }

  /** Gravity-gradient tensor d(acceleration)/d(position), 1/s², 9 values row-major at out[offset]. Trace 0. */
  gradient(x: number, y: number, z: number, out: Float64Array, offset = 0): void {
    const { gm, radius, maxDegree } = this.field;
    if (!this.second || !this.high) {
      const [dx, dy, dz] = this.first;
      const [xx, xy, xz] = differentiateHarmonics(dx);
      const [, yy, yz] = differentiateHarmonics(dy);
      this.second = [xx, xy, xz, yy, yz, differentiateHarmonics(dz)[2]];
      this.high = new SolidHarmonics(maxDegree + 2, radius);
    }
    const scale = gm / (radius * radius * radius);
    this.high.evaluate(x, y, z);
    const { v, w } = this.high;
    const [xx, xy, xz, yy, yz] = this.second.map((series) => scale * dot(series, v, w));
    out[offset] = xx;
    out[offset + 1] = xy;
    out[offset + 2] = xz;
    out[offset + 3] = xy;
    out[offset + 4] = yy;
    out[offset + 5] = yz;
    out[offset + 6] = xz;
    out[offset + 7] = yz;
    // Laplace: cheaper and exact.
    out[offset + 8] = -xx - yy;
  }
}
