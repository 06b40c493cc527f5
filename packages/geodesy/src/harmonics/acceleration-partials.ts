import { type CoefficientOrdering, coefficientOrdering, triangleIndex } from '../geopotential.js';
import { derivativeFactors, SolidHarmonics } from './solid-harmonics.js';

/**
 * Partial derivatives of the gravitational acceleration with respect to every coefficient C̄_nm, S̄_nm of
 * degrees degreeMin…degreeMax, in one sweep per point (terrestrial frame; per unit of the coefficient, m/s²).
 */
export class AccelerationPartials {
  readonly ordering: CoefficientOrdering;
  private readonly harmonics: SolidHarmonics;
  private readonly up: Float64Array;
  private readonly down: Float64Array;
  private readonly zonal: Float64Array;

  constructor(degreeMin: number, degreeMax: number, gm: number, radius: number) {
    this.ordering = coefficientOrdering(degreeMin, degreeMax);
    this.harmonics = new SolidHarmonics(degreeMax + 1, radius);
    const scale = gm / (radius * radius);
    const size = triangleIndex(degreeMax, degreeMax) + 1;
    this.up = new Float64Array(size);
    this.down = new Float64Array(size);
    this.zonal = new Float64Array(size);
    for (let n = degreeMin; n <= degreeMax; n++) {
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
   * Writes three rows (x, y, z) of `ordering.count` values each.
   *
   * @param out row i begins at offset + i·stride
   */
  evaluate(x: number, y: number, z: number, out: Float64Array, offset: number, stride: number): void {
    this.harmonics.evaluate(x, y, z);
    const { v, w } = this.harmonics;
    const { up, down, zonal } = this;
    const { degreeMin, degreeMax } = this.ordering;
    let ix = offset;
    let iy = offset + stride;
    let iz = offset + 2 * stride;
    for (let n = degreeMin; n <= degreeMax; n++) {
      const row = (n * (n + 1)) / 2;
      const next = row + n + 1;
      const u0 = up[row];
      out[ix++] = -u0 * v[next + 1];
      out[iy++] = -u0 * w[next + 1];
      out[iz++] = -zonal[row] * v[next];
      for (let m = 1; m <= n; m++) {
        const u = up[row + m];
        const d = down[row + m];
        const k = -zonal[row + m];
        const j = next + m;
        const uv = u * v[j + 1];
        const uw = u * w[j + 1];
        const dv = d * v[j - 1];
        const dw = d * w[j - 1];
        out[ix] = dv - uv;
        out[ix + 1] = dw - uw;
        out[iy] = -uw - dw;
        out[iy + 1] = uv + dv;
        out[iz] = k * v[j];
        out[iz + 1] = k * w[j];
        ix += 2;
        iy += 2;
        iz += 2;
      }
    }
  }
}
