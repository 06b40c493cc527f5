import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { combineSystems, openNormalsSystem, solveCombined } from '@gravity/cli';
import { parseGfc, writeGfc } from '@gravity/formats';
import { type Geopotential, triangleIndex } from '@gravity/geodesy';
import { createLinearAlgebra } from '@gravity/linalg';
import { differenceDegreeAmplitudes } from '@gravity/products';
import { createProcessTask, loadStaticField } from '@gravity/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { disturbed, insertMission, ROTATION, redNoise, SATELLITES, whiteNoise } from './simulated-data.js';
import {
  bytesOf,
  contextOf,
  insertJob,
  keysOf,
  openTestServer,
  type ProcessResult,
  runJob,
  type TestServer,
} from './support.js';

const DEGREE = 8;
/** Poles at 0.99 and 0.5 at 10 s: flat to 0.16 mHz, then falling through the band of the field. */
const POLES = [0.99, 0.5] as const;
const INNOVATION = 3e-8;

const between = (start: string, end: string) => ({
  start_time: `2023-06-0${start}:00:00Z`,
  end_time: `2023-06-0${end}:00:00Z`,
});
/** Coloured range rates, and white ones. */
const COLOURED_DAY = between('1T00', '2T00');
const WHITE_HALF_DAY = between('2T00', '2T12');
const PARAMETERS = {
  algorithm: 'variational',
  degree_max: DEGREE,
  regularization: { kaula: 0, tikhonov: 0 },
  output_products: ['coefficients'],
  satellites: [...SATELLITES],
  arc_length_hours: 12,
  iterations: 1,
  background_models: {
    earth_rotation: {
      model: 'constant',
      rate: ROTATION.rate,
      angle_at_epoch: ROTATION.angleAtEpoch,
      epoch_gps_seconds: ROTATION.epochGpsSeconds,
    },
  },
};

/** What these tests read of the report. */
interface Report {
  readonly quality: {
    readonly sigma0: number;
    readonly passes: readonly { readonly pass: number; readonly variance_change?: number | null }[];
    readonly regularization: {
      readonly kaula: number;
      readonly weight: string;
      readonly reference: string | null;
      readonly variance_components?: { readonly converged: boolean; readonly data_variance: number };
      readonly l_curve?: { readonly points: readonly unknown[] };
    };
    readonly stochastic_model?: { readonly converged: boolean; readonly iterations: number };
    readonly data_contribution_per_degree: readonly {
      readonly degree: number;
      readonly mean: number;
      readonly determined_by_data: number;
    }[];
  };
  readonly ranging_noise?: Noise;
  readonly arcs: readonly {
    readonly variance_factors?: {
      readonly ranging?: number;
      readonly positions: Readonly<Record<string, number>>;
    };
    readonly ranging_noise?: Noise;
  }[];
}
interface Noise {
  readonly order: number;
  readonly innovation_sigma: number;
  readonly autocovariance: readonly number[];
  readonly spectrum: {
    readonly frequency_hz: readonly number[];
    readonly power_spectral_density: readonly number[];
  };
}

let server: TestServer;
let aPriori: Geopotential;
let truth: Geopotential;
const folder = mkdtempSync(join(tmpdir(), 'gravity-noise-'));
const task = createProcessTask();

beforeAll(async () => {
  server = await openTestServer();
  const loaded = await loadStaticField({ name: 'GGM05C', maxDegree: DEGREE, mjd: 60000 }, () =>
    Promise.reject(new Error('not asked for')),
  );
  aPriori = loaded.field;
  truth = disturbed(aPriori);
  await insertMission(server, truth, 2, [
    { position: 0.02, rangeRates: redNoise(INNOVATION, POLES, 11) },
    { position: 0.05, rangeRates: whiteNoise(6e-7, 12) },
  ]);
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

async function solve(changes: Record<string, unknown>) {
  const { result, job } = await runJob<ProcessResult>(server, 'process', task, { ...PARAMETERS, ...changes });
  return { ...(await readResult(result)), result, job };
}

async function readResult(result: ProcessResult) {
  const text = (await productOf(result, 'coefficients')).toString('utf8');
  const { constant: field } = await parseGfc(text, { file: 'solution.gfc' });
  const report = JSON.parse((await productOf(result, 'report')).toString('utf8')) as Report;
  return { field, report };
}

async function productOf({ products }: ProcessResult, kind: string): Promise<Buffer> {
  const row = await server.db.kysely
    .selectFrom('gravity_products')
    .select('object_key')
    .where('id', '=', products.find((product) => product.kind === kind)?.id ?? '')
    .executeTakeFirstOrThrow();
  return bytesOf(server, 'products', row.object_key);
}

/** True over formal error, root mean square over the coefficients from degree 3 (degree 2 is the positions' affair). */
function trueOverFormal(field: Geopotential): number {
  let square = 0;
  let count = 0;
  for (let n = 3; n <= DEGREE; n++) {
    for (let m = 0; m <= n; m++) {
      const i = triangleIndex(n, m);
      square += ((field.c[i] - truth.c[i]) / (field.sigmaC?.[i] ?? 0)) ** 2;
      if (m > 0) square += ((field.s[i] - truth.s[i]) / (field.sigmaS?.[i] ?? 0)) ** 2;
      count += m > 0 ? 2 : 1;
    }
  }
  return Math.sqrt(square / count);
}

describe('noise', () => {
  it('that is coloured, taken for white, makes formal errors that are too small; with a model they are true', async () => {
    const white = await solve({ ...COLOURED_DAY, iterations: 2, observations: { sigma_range_rate: 1e-6 } });
    const model = await solve({
      ...COLOURED_DAY,
      observations: {
        sigma_range_rate: 1e-6,
        noise_model: { method: 'autocovariance', scope: 'mission', max_order: 12 },
      },
    });
    expect(model.report.quality.stochastic_model?.converged).toBe(true);
    // 72 coefficients, correlated: their mean square scatters by some 20 %, its root by 10 %.
    expect(trueOverFormal(white.field)).toBeGreaterThan(2);
    expect(trueOverFormal(model.field)).toBeGreaterThan(0.7);
    expect(trueOverFormal(model.field)).toBeLessThan(1.35);
    const noise = model.report.ranging_noise;
    if (!noise) throw new Error('no noise model in the report');
    expect(noise.order).toBeGreaterThanOrEqual(2);
    // 8640 values determine a standard deviation to 0.8 %; the rest is the tapering.
    expect(Math.abs(noise.innovation_sigma / INNOVATION - 1)).toBeLessThan(0.04);
    // 2σ²T / |1 − a z|²|1 − b z|² at every frequency of the band of the field; a spectrum of order 2 from 8640 values.
    noise.spectrum.frequency_hz.forEach((frequency, i) => {
      if (frequency < 5e-4 || frequency > 2e-2) return;
      const phase = 2 * Math.PI * frequency * 10;
      const distance = (p: number) => 1 - 2 * p * Math.cos(phase) + p * p;
      const expected = (2 * INNOVATION ** 2 * 10) / (distance(POLES[0]) * distance(POLES[1]));
      expect(Math.abs(noise.spectrum.power_spectral_density[i] / expected - 1)).toBeLessThan(0.2);
    });
  });

  it('of two arcs and groups is found by variance components, and stated arc by arc', async () => {
    const { report, job } = await solve({
      // Half a day of each.
      ...between('1T12', '2T12'),
      observations: { sigma_position: 0.02, noise_model: 'autocovariance', variance_components: 'arc' },
    });
    const { stochastic_model: summary, passes } = report.quality;
    expect(summary?.converged).toBe(true);
    expect(passes).toHaveLength((summary?.iterations ?? 0) + 1);
    expect(passes[1].variance_change).toBeNull();
    expect(passes.at(-1)?.variance_change).toBeLessThan(0.02);
    expect(Math.abs(report.quality.sigma0 - 1)).toBeLessThan(0.02);
    const [first, second] = report.arcs;
    // 4320 coordinates: a variance to 2.2 %; three standard deviations.
    for (const value of Object.values(first.variance_factors?.positions ?? {})) {
      expect(Math.abs(value - 1)).toBeLessThan(0.065);
    }
    expect(Object.values(second.variance_factors?.positions ?? {})).toHaveLength(2);
    for (const value of Object.values(second.variance_factors?.positions ?? {})) {
      expect(Math.abs(value / 6.25 - 1)).toBeLessThan(0.065);
    }
    // Each arc has its own kind of noise; factor times model is its variance.
    const innovation = ({ variance_factors: factors, ranging_noise: noise }: Report['arcs'][number]) =>
      (noise?.innovation_sigma ?? 0) * Math.sqrt(factors?.ranging ?? 0);
    expect(Math.abs(innovation(first) / INNOVATION - 1)).toBeLessThan(0.04);
    expect(Math.abs(innovation(second) / 6e-7 - 1)).toBeLessThan(0.04);
    expect(first.ranging_noise?.order).toBeGreaterThanOrEqual(2);
    expect(second.ranging_noise?.order).toBeLessThanOrEqual(1);
    expect(job.progress.some(({ message }) => message.startsWith('residuals of pass 1 of at most 5'))).toBe(
      true,
    );
  });

  it('gives the same bytes when the job was killed between residuals and normals', async () => {
    const parameters = {
      ...PARAMETERS,
      ...between('2T00', '2T06'),
      arc_length_hours: 3,
      observations: {
        noise_model: 'autocovariance',
        variance_components: { scope: 'arc', max_iterations: 1 },
      },
    };
    const whole = await runJob<ProcessResult>(server, 'process', task, parameters);
    const id = await insertJob(server, 'process', parameters);
    const killed = contextOf(server, id, parameters, {
      onProgress: (_fraction, message, abort) => {
        if (/^pass 2 of at most 2, arc 2 of 2/.test(message)) abort.abort(new Error('the worker was killed'));
      },
    });
    await expect(task(killed.context)).rejects.toThrow('the worker was killed');
    // Two arcs of the first pass and their residuals, perhaps the first arc of the second pass.
    const left = (await keysOf(server, 'processed-data', 'checkpoints/')).length;
    expect(left).toBeGreaterThanOrEqual(4);
    await task(contextOf(server, id, parameters).context);
    const { result } = await server.db.kysely
      .selectFrom('processing_jobs')
      .select('result')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    const again = result as unknown as ProcessResult;
    expect(again.arcs_from_checkpoints).toBe(left);
    expect(again.products.map(({ sha256 }) => sha256)).toEqual(
      whole.result.products.map(({ sha256 }) => sha256),
    );
  });
});

describe('regularization', () => {
  it('by variance components and by the L-curve finds a weight that its statement was far from', async () => {
    // A thousand times too tight.
    const regularization = { kaula: 1e-12, tikhonov: 0 };
    const changes = { ...WHITE_HALF_DAY, output_products: ['coefficients', 'contributions'] };
    const errorOf = (field: Geopotential) =>
      Math.max(
        ...differenceDegreeAmplitudes(truth, field, 'geoidHeight', { assumeSameTideSystem: true }).amplitudes,
      );
    const given = await solve({ ...changes, regularization });
    const vce = await solve({ ...changes, regularization: { ...regularization, weight: 'vce' } });
    const curve = await solve({ ...changes, regularization: { ...regularization, weight: 'l_curve' } });
    expect(vce.report.quality.regularization).toMatchObject({
      weight: 'vce',
      reference: 'GGM05C',
      variance_components: { converged: true },
    });
    // The true field is off by coefficients of about 1e-9/n.
    expect(vce.report.quality.regularization.kaula).toBeGreaterThan(1e-9);
    expect(vce.report.quality.regularization.kaula).toBeLessThan(1e-8);
    expect(curve.report.quality.regularization.l_curve?.points.length).toBeGreaterThan(20);
    expect(curve.report.quality.regularization.kaula).toBeGreaterThan(1e-11);
    expect(errorOf(vce.field)).toBeLessThan(0.1 * errorOf(given.field));
    expect(errorOf(curve.field)).toBeLessThan(0.5 * errorOf(given.field));
    for (const { degree, mean, determined_by_data: determined } of vce.report.quality
      .data_contribution_per_degree) {
      expect(determined).toBeCloseTo((2 * degree + 1) * mean, 9);
      expect(mean).toBeGreaterThan(0.9);
    }
    const table = (await productOf(given.result, 'contributions')).toString('utf8').split('\n');
    // A row for every degree and for every coefficient.
    expect(table.filter((line) => /^\d+ 0\.\d+ 0\.\d+ \d/.test(line))).toHaveLength(DEGREE - 1);
    expect(table.filter((line) => /^[CS] \d+ \d+ 0\.\d+ 0\.\d+$/.test(line))).toHaveLength(
      (DEGREE + 1) ** 2 - 4,
    );
  });

  it('pulls towards a reference field of the user', async () => {
    const name = 'object:raw-data/models/truth.gfc';
    const { reference } = { reference: { ...truth, name: 'truth' } };
    await server.objects.put('raw-data', 'models/truth.gfc', Buffer.from(writeGfc(reference)));
    const { field, report } = await solve({
      ...WHITE_HALF_DAY,
      regularization: { kaula: 1e-15, tikhonov: 0, reference: name },
    });
    expect(report.quality.regularization.reference).toContain(name);
    for (let i = 3; i < truth.c.length; i++) {
      expect(Math.abs(field.c[i] - truth.c[i])).toBeLessThan(1e-15);
    }
    const missing = { kaula: 1e-9, tikhonov: 0, reference: 'object:raw-data/models/none.gfc' };
    await expect(solve({ ...WHITE_HALF_DAY, regularization: missing })).rejects.toMatchObject({
      code: 'model_file_not_found',
      errors: [{ field: 'regularization.reference' }],
    });
  });
});

describe('normal equations as products', () => {
  it('combined again give the solution of the job, from binary and from SINEX', async () => {
    const regularization = { kaula: 1e-9, tikhonov: 0 };
    const { field, result, report } = await solve({
      ...WHITE_HALF_DAY,
      iterations: 2,
      regularization,
      output_products: ['coefficients', 'normals', 'normals_sinex'],
      observations: { variance_components: { scope: 'mission', max_iterations: 1 } },
    });
    const la = await createLinearAlgebra({ backend: 'wasm', threads: 1 });
    for (const [kind, file] of [
      ['normals', 'a.bin'],
      ['normals_sinex', 'a.snx'],
    ] as const) {
      const path = join(folder, file);
      writeFileSync(path, await productOf(result, kind));
      const system = await openNormalsSystem(path, { gm: 1, radius: 1 });
      expect(system.reference.tideSystem).toBe(aPriori.tideSystem);
      const combined = await combineSystems([system], [1], system.reference, la);
      const again = await solveCombined(
        combined,
        system.reference,
        { kaula: regularization.kaula, tikhonov: 0 },
        la,
      );
      expect(Math.abs((again.sigma0 ?? 0) / report.quality.sigma0 - 1)).toBeLessThan(1e-6);
      for (let n = 2; n <= DEGREE; n++) {
        for (let m = 0; m <= n; m++) {
          const i = triangleIndex(n, m);
          const sigma = field.sigmaC?.[i] ?? 0;
          // C(2,0) has 5e-20 of its last digit in sigmas of 1e-13; SINEX carries fifteen digits.
          expect(Math.abs(again.field.c[i] - field.c[i]) / sigma).toBeLessThan(1e-5);
          expect(Math.abs(again.field.s[i] - field.s[i]) / sigma).toBeLessThan(1e-5);
          expect(Math.abs((again.field.sigmaC?.[i] ?? 0) * report.quality.sigma0 - sigma)).toBeLessThan(
            1e-9 * sigma,
          );
        }
      }
    }
    await la.close();
  });
});
