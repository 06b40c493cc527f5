import { parseGfc } from '@gravity/formats';
import type { Geopotential } from '@gravity/geodesy';
import { differenceDegreeAmplitudes } from '@gravity/products';
import { COMPLETE_FORCES, createProcessTask } from '@gravity/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHarness, type Harness } from '../ingest/harness.js';
import { ggm05c, isoOf, productText, SATELLITES, START, simulate, tablesOf } from './forces-data.js';
import { disturbed } from './simulated-data.js';

const DEGREE = 8;
const HOURS = 12;
const task = createProcessTask();
const REQUEST = {
  algorithm: 'variational',
  degree_max: DEGREE,
  regularization: { kaula: 0, tikhonov: 0 },
  output_products: ['coefficients'],
  satellites: [...SATELLITES],
  start_time: isoOf(START),
  end_time: isoOf(START + 3600 * HOURS),
  arc_length_hours: HOURS,
};

let harness: Harness;
let aPriori: Geopotential;
let truth: Geopotential;
beforeAll(async () => {
  harness = await createHarness();
  aPriori = await ggm05c(DEGREE);
  truth = disturbed(aPriori);
  harness.folder('pair', tablesOf(await simulate(truth), COMPLETE_FORCES));
  const ingested = await harness.run({
    data_source: 'file:pair',
    data_type: 'table',
    satellites: [...SATELLITES],
  });
  expect(ingested.totals.ingested).toBe(3);
});
afterAll(() => harness.close());

async function process(forces?: unknown): Promise<{ result: Record<string, unknown>; error: number[] }> {
  const background = forces === undefined ? {} : { background_models: { forces } };
  const result = await harness.runTask(task, { ...REQUEST, ...background });
  const text = await productText(harness, result, 'coefficients');
  const { constant } = await parseGfc(text, { file: 'x.gfc' });
  const { amplitudes } = differenceDegreeAmplitudes(truth, constant, 'geoidHeight', { minDegree: 2 });
  return { result, error: [...amplitudes].slice(2) };
}

describe('a field from data that were simulated with all forces', () => {
  it('is recovered with the forces that the data state, which report, header and provenance name', async () => {
    const { result, error } = await process();
    // No noise: the figure of the closed loop of the recovery package, 2e-7 m per degree.
    for (const metres of error) expect(metres).toBeLessThan(2e-7);
    expect(result.warnings).toEqual([]);
    const report = JSON.parse(await productText(harness, result, 'report')) as {
      models: { role: string; name: string; sha256: string }[];
      parameters: { backgroundModels: { forces: unknown } };
    };
    expect(report.models.map(({ role }) => role).sort()).toEqual([
      'earth_rotation',
      'ephemeris',
      'ocean_tide',
      'pole_tide',
      'relativity',
      'solid_earth_tide',
      'static_field',
      'third_bodies',
    ]);
    expect(report.parameters.backgroundModels.forces).toEqual(JSON.parse(JSON.stringify(COMPLETE_FORCES)));
    const tide = report.models.find(({ role }) => role === 'ocean_tide');
    expect(await productText(harness, result, 'coefficients')).toContain(
      `ocean_tide: fes2004, FES2004 of the IERS Conventions 2010, cut at degree 8 (Orekit test resources); admittance, SHA-256 ${tide?.sha256}`,
    );
    const edges = await harness.db.kysely
      .selectFrom('provenance_edges')
      .select(['entity_id', 'sha256'])
      .where('entity_kind', '=', 'model')
      .execute();
    expect(edges).toContainEqual({ entity_id: 'fes2004', sha256: tide?.sha256 });
  });

  it('is wrong and warned of when the forces are left out, and has another recipe', async () => {
    const { result, error } = await process('none');
    // Sun, Moon and tides are of the size of 0.4 m at degree 2, far beyond the millimetres of the disturbance.
    expect(error[0]).toBeGreaterThan(0.05);
    expect(result.warnings).toEqual([
      expect.stringMatching(/simulated with the forces .*third_bodies.*taken for gravity/),
    ]);
    const complete = await process('complete');
    expect(complete.result.recipe_hash).not.toBe(result.recipe_hash);
    expect(complete.result.warnings).toEqual([]);
  });

  it('shows each force that is missing', async () => {
    const leaveOut = async (forces: Record<string, unknown>) => Math.max(...(await process(forces)).error);
    // Geoid metres of half a day: the smallest, relativity, is still a thousand times the error with all of them.
    expect(await leaveOut({ ocean_tide: 'none' })).toBeGreaterThan(1e-4);
    expect(await leaveOut({ relativity: false })).toBeGreaterThan(1e-6);
  });
});
