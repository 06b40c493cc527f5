import type { LinearAlgebra } from '@gravity/linalg';
import { forEachRowBatch } from '../arc/design.js';
import type { DesignLayout } from '../arc/design-layout.js';
import type { ObservationSet } from '../arc/observation-set.js';
import { RANGE_RATE_ROW } from '../arc/row-writer.js';
import type { SatelliteModel } from '../arc/satellite-model.js';
import type { ArcObservations } from '../types.js';
import type { ScreenedResiduals } from './screening.js';
import type { OrbitSetup } from './types.js';

/** One set of residuals per satellite, then that of the range rates where there are any. */
export function emptyResiduals(
  setup: OrbitSetup,
  arc: ArcObservations,
  { positions, rangeRate }: ObservationSet,
): readonly ScreenedResiduals[] {
  const make = (seconds: Float64Array, width: number, sigma: number): ScreenedResiduals => ({
    gpsSeconds: seconds.map((t) => arc.startGpsSeconds + t),
    width,
    sigma,
    values: new Float64Array(width * seconds.length),
    weights: new Float64Array(seconds.length).fill(1),
  });
  const sets = positions.map(({ seconds }) => make(seconds, 3, setup.sigmaPosition));
  if (rangeRate.seconds.length > 0) sets.push(make(rangeRate.seconds, 1, rangeRate.sigma));
  return sets;
}

/** Weighted normal equations (upper triangle of [A|l]ᵀP[A|l]) at the present orbits; residuals are written on the way. */
export async function weightedNormals(
  models: readonly SatelliteModel[],
  observations: ObservationSet,
  layout: DesignLayout,
  residuals: readonly ScreenedResiduals[],
  ranging: Float64Array,
  la: LinearAlgebra,
): Promise<{ readonly normals: Float64Array; readonly used: number; readonly squares: number }> {
  const ld = layout.columnCount;
  const normals = la.allocate(ld * ld);
  const next = residuals.map(() => 0);
  let used = 0;
  let squares = 0;
  await forEachRowBatch(models, observations, layout, undefined, la, async ({ rows, data, kind }) => {
    for (let i = 0; i < rows; i++) {
      const set = kind[i] === RANGE_RATE_ROW ? models.length : kind[i];
      const { values, weights, width, sigma } = residuals[set];
      const row = i * ld;
      // Orbits are integrated with their parameters, ranging parameters are not in the computed value.
      for (let p = 0; p < ranging.length; p++)
        data[row + ld - 1] -= data[row + 6 * models.length + p] * ranging[p];
      const at = next[set]++;
      const reduced = data[row + ld - 1];
      values[at] = sigma * reduced;
      const weight = weights[Math.floor(at / width)];
      if (weight > 0) used++;
      squares += weight * reduced * reduced;
      if (weight === 1) continue;
      const root = Math.sqrt(weight);
      for (let c = row; c < row + ld; c++) data[c] *= root;
    }
    await la.syrk(ld, rows, 1, data, ld, 1, normals, ld);
  });
  return { normals, used, squares };
}
