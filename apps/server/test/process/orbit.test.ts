import { readEpochTable, readLevel1bTable } from '@gravity/formats';
import { COMPLETE_FORCES, createProcessTask } from '@gravity/server';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createHarness, type Harness } from '../ingest/harness.js';
import {
  ggm05c,
  isoOf,
  productText,
  realOrbitTable,
  SATELLITES,
  START,
  simulate,
  tablesOf,
} from './forces-data.js';

const task = createProcessTask();
const HOURS = 3;
/** The four fields of the contract, and the interval that would else come from a plan. */
const request = (degree: number, satellites: readonly string[]) => ({
  algorithm: 'orbit',
  degree_max: degree,
  regularization: { kaula: 1e-5, tikhonov: 0 },
  output_products: ['orbit', 'residuals', 'report'],
  satellites: [...satellites],
  start_time: isoOf(START),
  end_time: isoOf(START + 3600 * HOURS),
});

interface Axes {
  readonly radial: number;
  readonly along: number;
  readonly cross: number;
}
interface Quality {
  readonly residuals: readonly { satellite: string; rejected: number; rms: number; rms_axes: Axes }[];
}
const qualityOf = (result: Record<string, unknown>) => result.quality as Quality;

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
beforeEach(() => harness.clear());
afterAll(() => harness.close());

const ingest = (files: Record<string, string>, satellites: readonly string[]) => {
  harness.folder('orbits', files);
  return harness.run({ data_source: 'file:orbits', data_type: 'table', satellites: [...satellites] });
};

describe('orbits', () => {
  it('of a simulated pair come back to the millimetre, in both frames, with an outlier left out', async () => {
    const day = await simulate(await ggm05c(12));
    const spoilt = { ...day, satellites: [...day.satellites] as unknown as typeof day.satellites };
    const noisy = day.satellites[0].position.slice();
    noisy[3 * 100 + 1] += 50;
    const files = tablesOf(
      { ...spoilt, satellites: [{ ...day.satellites[0], position: noisy }, day.satellites[1]] },
      COMPLETE_FORCES,
    );
    await ingest(files, SATELLITES);
    const result = await harness.runTask(task, request(12, SATELLITES));
    const kinds = (result.products as { kind: string; file_name: string }[]).map(
      ({ kind, file_name }) => `${kind} ${file_name}`,
    );
    expect(kinds).toEqual([
      'orbit GPB_GRACE-FO_20210716-20210717_GRACE-C_GNV1B.txt',
      'orbit GPB_GRACE-FO_20210716-20210717_GRACE-C_ICRF.csv',
      'residuals GPB_GRACE-FO_20210716-20210717_GRACE-C_residuals.csv',
      'orbit GPB_GRACE-FO_20210716-20210717_GRACE-D_GNV1B.txt',
      'orbit GPB_GRACE-FO_20210716-20210717_GRACE-D_ICRF.csv',
      'residuals GPB_GRACE-FO_20210716-20210717_GRACE-D_residuals.csv',
      'report GPB_GRACE-FO_20210716-20210717_orbit_report.json',
    ]);
    // No noise and the same forces: what is left are empirical accelerations that are not needed.
    for (const { rms } of qualityOf(result).residuals) expect(rms).toBeLessThan(1e-4);
    expect(qualityOf(result).residuals[0].rejected).toBe(3);

    const gnv = await productText(harness, result, 'orbit', 'GRACE-C_GNV1B.txt');
    expect(gnv).toContain('SIMULATED DATA');
    const { table } = await readLevel1bTable([Buffer.from(gnv)], { file: 'GNV1B.txt' });
    expect(table.count).toBe(HOURS * 120 + 1);
    const icrf = await productText(harness, result, 'orbit', 'GRACE-C_ICRF.csv');
    const celestial = await readEpochTable([Buffer.from(icrf)], { file: 'x.csv' });
    if (celestial.kind !== 'orbit') throw new Error('no orbit');
    const truth = day.satellites[0];
    for (let i = 0; i < celestial.count; i++) {
      expect(celestial.gpsSeconds[i]).toBe(truth.gpsSeconds[i]);
      for (let c = 3 * i; c < 3 * i + 3; c++) {
        expect(Math.abs(celestial.position[c] - truth.celestialPosition[c])).toBeLessThan(1e-3);
        expect(Math.abs(celestial.velocity[c] - truth.celestialVelocity[c])).toBeLessThan(1e-6);
      }
    }
    const report = JSON.parse(await productText(harness, result, 'report')) as {
      arcs: {
        satellite: string;
        outliers: { gps_seconds: number; weight: number }[];
        parameters: unknown[];
      }[];
    };
    expect(report.arcs[0].outliers).toEqual([
      expect.objectContaining({ gps_seconds: truth.gpsSeconds[100], weight: 0 }),
    ]);
    expect(report.arcs[0].parameters.length).toBeGreaterThan(9);
    const residuals = await productText(harness, result, 'residuals', 'GRACE-C_residuals.csv');
    expect(residuals).toContain(`\n${truth.gpsSeconds[100]},`);
  });

  it('of the real GRACE-C fit to centimetres with the complete forces, and worse without', async () => {
    await ingest({ 'GRACE-C.csv': realOrbitTable(HOURS) }, ['GRACE-C']);
    const real = { ...request(90, ['GRACE-C']), output_products: ['orbit'] };
    const empirical = { empirical_accelerations: [{}, { cycles_per_revolution: 1 }] };
    const fit = async (more: Record<string, unknown>) =>
      qualityOf(await harness.runTask(task, { ...real, ...more })).residuals[0].rms_axes;
    const complete = await fit({});
    // The arc was computed by another program with accelerometer data and its own models.
    for (const rms of Object.values(complete)) expect(rms).toBeLessThan(0.02);
    const stiff = await fit({ parametrization: empirical });
    const without = await fit({ parametrization: empirical, background_models: { forces: 'none' } });
    expect(without.along).toBeGreaterThan(2 * stiff.along);
    const log: string[] = [];
    const none = { ...real, background_models: { forces: 'none' } };
    const result = await harness.runTask(task, none, { onLog: (message) => log.push(message) });
    expect(log.join('\n')).toContain('real observations feel Sun, Moon');
    expect(result.warnings).toHaveLength(1);
  });

  it('have no products of fields', async () => {
    await expect(
      harness.runTask(task, { ...request(12, SATELLITES), output_products: ['orbit', 'grids'] }),
    ).rejects.toMatchObject({ code: 'invalid_parameters', errors: [{ field: 'output_products' }] });
  });
});
