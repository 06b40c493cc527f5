import type { LinearAlgebra } from '@gravity/linalg';
import { type ScreenedResiduals, screen } from '../orbit-determination/screening.js';
import type { RecoverySetup, Screening } from '../types.js';
import { forEachRowBatch } from './design.js';
import { type DesignLayout, designLayout } from './design-layout.js';
import { factorizeLocal, solveLocal } from './local-solve.js';
import { NO_RANGING, type ObservationSet, type PositionSet, withParameters } from './observation-set.js';
import { RANGE_RATE_ROW } from './row-writer.js';
import type { SatelliteModel } from './satellite-model.js';

const MAX_ROUNDS = 30;
/** Changes of weights below this no longer matter. */
const SETTLED = 0.01;

/** Weights 0…1 per epoch: positions of each satellite, then the ranging. */
export type ObservationWeights = readonly Float64Array[];

export interface KeptRows {
  /** Rows of the arc's own parameters, and the reduced observation behind. */
  readonly rows: Float64Array;
  readonly residuals: ScreenedResiduals;
}

/**
 * Judges the observations of an arc by their residuals after a fit of the arc's own parameters: weights, fit and
 * residuals in turn until the weights stay. Errors of the field are in the residuals and widen the robust standard
 * deviation, so that a first linearization removes what is wild and later ones the rest.
 *
 * @throws ArcError 'singular_arc' when too little is left
 */
export async function screenObservations(
  setup: RecoverySetup,
  models: readonly SatelliteModel[],
  observations: ObservationSet,
  screening: Screening,
  la: LinearAlgebra,
): Promise<ObservationWeights> {
  const { rangeRate } = observations;
  const layout = designLayout(setup, models, rangeRate.seconds.length > 0, 0, rangeRate.parameters);
  const groups = await keepRows(models, observations, layout, la);
  const width = layout.localCount + 1;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const normals = la.allocate(width * width);
    for (const { rows, residuals } of groups) {
      const weighted = la.allocate(Math.max(1, rows.length));
      weighted.set(rows);
      residuals.weights.forEach((weight, i) => {
        if (weight === 1) return;
        const root = Math.sqrt(weight);
        const size = residuals.width * width;
        for (let c = i * size; c < (i + 1) * size; c++) weighted[c] *= root;
      });
      await la.syrk(width, rows.length / width, 1, weighted, width, 1, normals, width);
    }
    const x = solveArc(layout, models, normals);
    let change = 0;
    for (const { rows, residuals } of groups) {
      const { values, sigma } = residuals;
      for (let i = 0; i < values.length; i++) {
        let v = rows[i * width + layout.localCount];
        for (let c = 0; c < layout.localCount; c++) v -= rows[i * width + c] * x[c];
        values[i] = sigma * v;
      }
      change = Math.max(change, screen(residuals, screening));
    }
    if (change < SETTLED) break;
  }
  return groups.map(({ residuals }) => residuals.weights);
}

/** Rows of the arc's own parameters by group: positions of each satellite, then the ranging. */
export async function keepRows(
  models: readonly SatelliteModel[],
  { positions, rangeRate }: ObservationSet,
  layout: DesignLayout,
  la: LinearAlgebra,
): Promise<readonly KeptRows[]> {
  const ld = layout.columnCount;
  const make = (gpsSeconds: Float64Array, width: number, sigma: number): KeptRows => ({
    rows: new Float64Array(gpsSeconds.length * width * ld),
    residuals: {
      gpsSeconds,
      width,
      sigma,
      values: new Float64Array(gpsSeconds.length * width),
      weights: new Float64Array(gpsSeconds.length).fill(1),
    },
  });
  const groups = positions.map(({ seconds, sigma }) => make(seconds, 3, sigma));
  if (rangeRate.seconds.length > 0) groups.push(make(rangeRate.seconds, 1, rangeRate.sigma));
  const next = groups.map(() => 0);
  await forEachRowBatch(
    models,
    { positions, rangeRate },
    layout,
    undefined,
    la,
    async ({ rows, data, kind }) => {
      for (let i = 0; i < rows; i++) {
        const group = kind[i] === RANGE_RATE_ROW ? models.length : kind[i];
        groups[group].rows.set(data.subarray(i * ld, (i + 1) * ld), ld * next[group]++);
      }
    },
  );
  return groups;
}

/** Correction of the arc's own parameters, a-priori weights included. `normals` is left with its factor. */
function solveArc(
  layout: DesignLayout,
  models: readonly SatelliteModel[],
  normals: Float64Array,
): Float64Array {
  const n = layout.localCount;
  const ld = n + 1;
  addPriors(layout, models, normals, ld);
  const x = Float64Array.from({ length: n }, (_, i) => normals[i * ld + n]);
  factorizeLocal(n, normals, ld, layout.localNames);
  solveLocal(n, normals, ld, x);
  return x;
}

/** Adds the a-priori weights of the arc's own parameters; the orbit is linearized about the present calibration. */
export function addPriors(
  layout: DesignLayout,
  models: readonly SatelliteModel[],
  normals: Float64Array,
  ld: number,
): void {
  let offset = 6 * models.length;
  for (let p = 0; p < layout.rangingCount; p++, offset++) {
    normals[offset * ld + offset] += layout.localWeights[offset];
  }
  for (const model of models) {
    for (let p = 0; p < model.calibration.length; p++, offset++) {
      const weight = layout.localWeights[offset];
      normals[offset * ld + offset] += weight;
      normals[offset * ld + ld - 1] -= weight * model.calibration[p];
    }
  }
}

/** The observations with weight, rejected ones left out. */
export function selectObservations(
  setup: RecoverySetup,
  durationSeconds: number,
  { positions, rangeRate }: ObservationSet,
  weights: ObservationWeights,
): ObservationSet {
  const chosen = positions.map((set, k): PositionSet => {
    const keep = kept(weights[k]);
    if (!keep) return set;
    return {
      ...set,
      seconds: Float64Array.from(keep, (i) => set.seconds[i]),
      position: Float64Array.from({ length: 3 * keep.length }, (_, i) => {
        return set.position[3 * keep[Math.floor(i / 3)] + (i % 3)];
      }),
      weights: Float64Array.from(keep, (i) => weights[k][i]),
    };
  });
  const judged = weights[positions.length];
  const keep = judged && kept(judged);
  if (!keep) return { positions: chosen, rangeRate };
  if (keep.length === 0) return { positions: chosen, rangeRate: NO_RANGING };
  const fractional = keep.some((i) => judged[i] < 1);
  const { parameters: _, ...set } = rangeRate;
  return {
    positions: chosen,
    rangeRate: withParameters(setup, durationSeconds, chosen[0], {
      ...set,
      seconds: Float64Array.from(keep, (i) => rangeRate.seconds[i]),
      value: Float64Array.from(keep, (i) => rangeRate.value[i]),
      ...(fractional ? { weights: Float64Array.from(keep, (i) => judged[i]) } : {}),
    }),
  };
}

/** Indices of what has weight, or undefined when everything has full weight. */
function kept(weights: Float64Array): readonly number[] | undefined {
  if (weights.every((w) => w === 1)) return undefined;
  return [...weights.keys()].filter((i) => weights[i] > 0);
}
