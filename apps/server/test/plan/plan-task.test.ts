import { createPlanTask, createTaskRegistry } from '@gravity/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archive, createHarness, type Harness, NO_LRI } from '../ingest/harness.js';

describe('plan task', () => {
  let harness: Harness;
  const parameters = {
    start_time: '2023-06-01T00:00:00Z',
    end_time: '2023-06-02T00:00:00Z',
    satellites: ['GRACE-C', 'GRACE-D'],
    time_step: 5,
    degree_max: 30,
    arc_length_hours: 12,
  };
  beforeAll(async () => {
    harness = await createHarness();
    harness.folder('day', { [NO_LRI]: archive(NO_LRI) });
    await harness.run({ data_source: 'file:day', satellites: ['C', 'D'] });
  });
  afterAll(() => harness.close());

  it('keeps what a process job takes over, finds the orbit and what is missing of the day', async () => {
    const plan = await harness.runTask(createPlanTask(), parameters);
    expect(plan).toMatchObject({ ...parameters, processing_mode: 'standard', arc_count: 2, usable_arcs: 0 });
    const orbit = plan.orbit as { semiMajorAxis: number; periodSeconds: number; inclination: number };
    // GRACE-FO flies at 89° and some 490 km: from 100 s of one orbit the osculating axis is within 10 km of the mean
    expect(orbit.semiMajorAxis).toBeGreaterThan(6.85e6);
    expect(orbit.semiMajorAxis).toBeLessThan(6.89e6);
    expect((orbit.inclination * 180) / Math.PI).toBeCloseTo(89, 0);
    const [arc] = plan.arcs as {
      data: { role: string; files: { file_name: string }[]; coverage: number }[];
      reason: string;
    }[];
    // 100 s of 12 h, of which 18 s lie before 0h UTC
    expect(arc.reason).toMatch(/orbit of GRACE-C \(GNV1B\) covers 0\.2 % of the arc/);
    expect(arc.data[0].files.map((f) => f.file_name)).toContain('GNV1B_2023-06-01_C_04.txt');
    const missing = (plan.missing_files as { file_name: string }[]).map((m) => m.file_name);
    expect(missing).toContain('KBR1B_2023-06-01_Y_04.txt');
    expect(missing.some((name) => name.includes('2023-06-02'))).toBe(false);
  });

  it('knows the spans of the Earth orientation table that ships', async () => {
    const codes = async (year: string) => {
      const times = { start_time: `${year}-06-01T00:00:00Z`, end_time: `${year}-06-04T00:00:00Z` };
      const plan = await harness.runTask(createTaskRegistry().plan, { ...parameters, ...times });
      return (plan.warnings as { code: string }[]).map((warning) => warning.code);
    };
    expect(await codes('2023')).not.toContain('outside_earth_orientation');
    expect(await codes('2015')).toContain('outside_earth_orientation');
  });
});
