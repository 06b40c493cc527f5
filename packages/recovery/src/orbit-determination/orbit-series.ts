import { celestialToTerrestrial, type EarthRotation } from '@gravity/geodesy';
import { orbitAxes } from '../arc/empirical.js';
import { stateAt, type Trajectory } from '../dynamics/orbit.js';
import type { StateSeries } from '../types.js';
import { type ScreenedResiduals, summarize } from './screening.js';
import type { PositionResiduals } from './types.js';

/** States of a trajectory at a regular sampling from the start of the arc, in both frames. */
export function orbitSeries(
  trajectory: Trajectory,
  rotation: EarthRotation,
  samplingSeconds: number,
): { readonly celestial: StateSeries; readonly terrestrial: StateSeries } {
  const { startGpsSeconds, durationSeconds } = trajectory.grid;
  const count = Math.floor(durationSeconds / samplingSeconds + 1e-9) + 1;
  const gpsSeconds = Float64Array.from({ length: count }, (_, i) => startGpsSeconds + i * samplingSeconds);
  const make = (frame: StateSeries['frame']): StateSeries => ({
    frame,
    gpsSeconds,
    position: new Float64Array(3 * count),
    velocity: new Float64Array(3 * count),
  });
  const [celestial, terrestrial] = [make('celestial'), make('terrestrial')];
  const state = new Float64Array(6);
  for (let i = 0; i < count; i++) {
    const t = Math.min(durationSeconds, i * samplingSeconds);
    stateAt(trajectory, t, state);
    celestial.position.set(state.subarray(0, 3), 3 * i);
    celestial.velocity.set(state.subarray(3), 3 * i);
    const whole = Math.floor(t);
    celestialToTerrestrial(rotation, startGpsSeconds + whole, t - whole, state, state);
    terrestrial.position.set(state.subarray(0, 3), 3 * i);
    terrestrial.velocity.set(state.subarray(3), 3 * i);
  }
  return { celestial, terrestrial };
}

/** Statistics of position residuals per axis of the celestial frame and of the orbit. */
export function positionResiduals(trajectory: Trajectory, residuals: ScreenedResiduals): PositionResiduals {
  const { gpsSeconds, values, weights } = residuals;
  const sums = Array.from({ length: 2 }, () => ({ mean: [0, 0, 0], square: [0, 0, 0] }));
  const state = new Float64Array(6);
  const axes = new Float64Array(9);
  let count = 0;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    count++;
    stateAt(trajectory, gpsSeconds[i] - trajectory.grid.startGpsSeconds, state);
    orbitAxes(state.subarray(0, 3), state.subarray(3), axes);
    const v = values.subarray(3 * i, 3 * i + 3);
    for (let c = 0; c < 3; c++) {
      const turned = axes[3 * c] * v[0] + axes[3 * c + 1] * v[1] + axes[3 * c + 2] * v[2];
      [v[c], turned].forEach((value, k) => {
        sums[k].mean[c] += value;
        sums[k].square[c] += value * value;
      });
    }
  }
  const [celestial, orbital] = sums.map(({ mean, square }) => ({
    rms: square.map((sum) => Math.sqrt(sum / count)),
    mean: mean.map((sum) => sum / count),
  }));
  return { ...summarize(residuals), celestial, orbital, gpsSeconds, values };
}
