import { createEarthRotation } from '@gravity/geodesy';
import { createNodeGrid, integrateOrbit, NodeForces, stateAt, type Trajectory } from '@gravity/recovery';
import { describe, expect, it } from 'vitest';
import { ggm05c, orbitTable, rangingTable, SIMULATOR_ROTATION } from './support.js';

interface Differences {
  readonly epochs: number;
  readonly position: number;
  readonly velocity: number;
  readonly rangeRate: number;
}

/** Largest differences of our orbits from those of the simulator, started from the same states. */
async function compare(folder: string, degree: number, seconds: number): Promise<Differences> {
  const field = await ggm05c(degree);
  const tables = await Promise.all(
    ['A', 'B'].map((k) => orbitTable(`${folder}/orbit-SIM-${k}-inertial.csv`)),
  );
  const ranging = await rangingTable(`${folder}/range-rate.csv`);
  const start = tables[0].gpsSeconds[0];
  const grid = createNodeGrid(start, start + seconds, degree, createEarthRotation(SIMULATOR_ROTATION));
  const forces = new NodeForces(grid, field);
  let [epochs, position, velocity, rangeRate] = [0, 0, 0, 0];
  const own = new Float64Array(6);
  const orbits = tables.map((table): Trajectory => {
    const orbit = integrateOrbit(forces, [...table.position.slice(0, 3), ...table.velocity.slice(0, 3)]);
    for (let i = 0; i < table.count && table.gpsSeconds[i] <= start + seconds; i++, epochs++) {
      stateAt(orbit, table.gpsSeconds[i] - start, own);
      for (let c = 0; c < 3; c++) {
        position = Math.max(position, Math.abs(own[c] - table.position[3 * i + c]));
        velocity = Math.max(velocity, Math.abs(own[3 + c] - table.velocity[3 * i + c]));
      }
    }
    return orbit;
  });
  const other = new Float64Array(6);
  for (let i = 0; i < ranging.count && ranging.gpsSeconds[i] <= start + seconds; i++) {
    stateAt(orbits[0], ranging.gpsSeconds[i] - start, own);
    stateAt(orbits[1], ranging.gpsSeconds[i] - start, other);
    let [square, product] = [0, 0];
    for (let c = 0; c < 3; c++) {
      square += (other[c] - own[c]) ** 2;
      product += (other[c] - own[c]) * (other[3 + c] - own[3 + c]);
    }
    rangeRate = Math.max(rangeRate, Math.abs(product / Math.sqrt(square) - ranging.rangeRate[i]));
  }
  return { epochs, position, velocity, rangeRate };
}

describe('orbit against an independent program in quadruple precision', () => {
  it('degree 60, 6 hours', async () => {
    const d = await compare('degree-60-6-hours', 60, 21_600);
    expect(d.epochs).toBe(2 * 361);
    // Measured 8e-8 m, 9e-11 m/s, 8e-12 m/s: rounding, a double holds 1e-9 m and 1e-12 m/s. One coefficient of degree
    // 60 wrong by 1e-12 makes 3e-5 m, an Earth rotation angle wrong by 1e-9 rad 9e-6 m.
    expect(d.position).toBeLessThan(3e-7);
    expect(d.velocity).toBeLessThan(4e-10);
    expect(d.rangeRate).toBeLessThan(1e-10);
  });

  it('degree 30, a day', async () => {
    const d = await compare('degree-30-3-days', 30, 86_400);
    expect(d.epochs).toBe(2 * 1441);
    // Measured 7e-7 m, 8e-10 m/s, 3e-11 m/s. Rounding errors of velocity grow to 3e5 times themselves along the track.
    expect(d.position).toBeLessThan(1e-6);
    expect(d.velocity).toBeLessThan(1.5e-9);
    expect(d.rangeRate).toBeLessThan(1e-10);
  });
});
