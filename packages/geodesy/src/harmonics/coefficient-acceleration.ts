import { triangleIndex } from '../geopotential.js';
import { derivativeFactors, SolidHarmonics } from './solid-harmonics.js';

/**
 * Gravitational acceleration of coefficients that change from call to call, such as a static field with tides added:
 * nothing is prepared per set of coefficients, at twice the cost of `GravityEvaluator` per point.
 */
export class CoefficientAcceleration {
  private readonly harmonics: SolidHarmonics;
  private readonly up: Float64Array;
  private readonly down: Float64Array;
  private readonly zonal: Float64Array;

  /** @param maxDegree highest degree that will be asked for; the harmonics are computed one degree higher */
  constructor(
    readonly maxDegree: number,
    gm: number,
    radius: number,
  ) {
    this.harmonics = new SolidHarmonics(maxDegree + 1, radius);
    const scale = gm / (radius * radius);
    const size = triangleIndex(maxDegree, maxDegree) + 1;
    this.up = new Float64Array(size);
    this.down = new Float64Array(size);
    this.zonal = new Float64Array(size);
    for (let n = 0; n <= maxDegree; n++) {
      for (let m = 0; m <= n; m++) {
        const factors = derivativeFactors(n, m);
        const i = triangleIndex(n, m);
        this.up[i] = scale * factors.up;
        this.down[i] = scale * factors.down;
        this.zonal[i] = scale * factors.zonal;
      }
    }
  }

  /**
   * Acceleration at a point, m/s², written to out[offset…offset+2]; all in the terrestrial frame.
   *
   * @param c C̄_nm, layout n(n+1)/2 + m, for 0 ≤ n ≤ maxDegree
   * @param s S̄_nm
   */
  acceleration(
    c: Float64Array,
    s: Float64Array,
    x: number,
    y: number,
    z: number,
    out: Float64Array,
    offset = 0,
  ): void {
    this.harmonics.evaluate(x, y, z);
    const { v, w } = this.harmonics;
    const { up, down, zonal } = this;
    let ax = 0;
    let ay = 0;
    let az = 0;
    // From the highest degree down: small terms first.
    for (let n = this.maxDegree; n >= 0; n--) {
      const row = (n * (n + 1)) / 2;
      const next = row + n + 1;
      for (let m = n; m > 0; m--) {
        const i = row + m;
        const j = next + m;
        const cn = c[i];
        const sn = s[i];
        const u = up[i];
        const d = down[i];
        const vUp = u * v[j + 1];
        const wUp = u * w[j + 1];
        const vDown = d * v[j - 1];
        const wDown = d * w[j - 1];
        ax += cn * (vDown - vUp) + sn * (wDown - wUp);
        ay += sn * (vUp + vDown) - cn * (wUp + wDown);
        az -= zonal[i] * (cn * v[j] + sn * w[j]);
      }
      const cn = c[row];
      ax -= cn * up[row] * v[next + 1];
      ay -= cn * up[row] * w[next + 1];
      az -= cn * zonal[row] * v[next];
    }
    out[offset] = ax;
    out[offset + 1] = ay;
    out[offset + 2] = az;
  }
}
