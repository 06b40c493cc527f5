import { gpsToIso } from '@gravity/geodesy';
import { degreeAmplitudes, errorDegreeAmplitudes } from '@gravity/products';
import type { RecoverySolution } from '@gravity/recovery';
import type { ArcSummary, SolutionSummary } from '../summary.js';
import type { ProductContext } from './context.js';
import { period, solvedField } from './describe.js';
import { residualField } from './grids.js';
import { arcNoise, commonNoise, finiteOrNull, noiseSummary } from './noise.js';
import { contributionsByDegree, regularizationOf } from './regularization.js';
import type { UnhashedFile } from './types.js';

/** Figures by which a user judges the solution; the same in report, result and database. */
export function qualityOf(context: ProductContext, solution: SolutionSummary) {
  const field = solvedField(context, { ...solution, covariance: new Float64Array(0) });
  return {
    sigma0: solution.sigma0,
    condition_estimate: solution.conditionEstimate,
    observation_count: solution.observationCount,
    parameter_count: solution.parameterCount,
    arc_parameter_count: context.arcs.reduce((sum, arc) => sum + arc.arcParameterCount, 0),
    arcs_used: context.arcs.length,
    arcs_skipped: context.skippedArcs.length,
    residuals: overallResiduals(context.arcs),
    passes: context.passes.map((pass) => ({
      pass: pass.pass,
      sigma0: pass.sigma0,
      update_geoid_m: pass.updateGeoidMeters,
      formal_geoid_m: pass.formalGeoidMeters,
      ...(pass.stochasticChange !== undefined && { variance_change: finiteOrNull(pass.stochasticChange) }),
    })),
    degree_amplitudes_geoid_m: {
      first_degree: 0,
      signal: Array.from(degreeAmplitudes(field).amplitudes),
      correction: Array.from(degreeAmplitudes(residualField(context, field)).amplitudes),
      formal_error: Array.from(errorDegreeAmplitudes(field).amplitudes),
    },
    regularization: regularizationOf(context),
    data_contribution_per_degree: contributionsByDegree(context.request, solution.dataContribution),
    ...(context.estimatedNoise && { stochastic_model: noiseSummary(context, context.estimatedNoise) }),
  };
}

const UNITS: Readonly<Record<string, string>> = {
  position: 'm',
  range: 'm',
  range_rate: 'm/s',
  range_acceleration: 'm/s2',
};

/** RMS over all arcs by type, satellite by satellite, weighted with the counts. */
function overallResiduals(arcs: readonly ArcSummary[]) {
  const sums = new Map<
    string,
    { type: string; satellite?: string; count: number; rejected: number; square: number; max: number }
  >();
  for (const { residuals } of arcs) {
    for (const { type, satellite, count, rejected, rms, max } of residuals) {
      const key = `${type} ${satellite ?? ''}`;
      const sum = sums.get(key) ?? { type, satellite, count: 0, rejected: 0, square: 0, max: 0 };
      sum.count += count;
      sum.rejected += rejected;
      sum.square += count * rms * rms;
      sum.max = Math.max(sum.max, max);
      sums.set(key, sum);
    }
  }
  return [...sums.values()].map(({ square, ...rest }) => ({
    ...rest,
    rms: rest.count > 0 ? Math.sqrt(square / rest.count) : 0,
    unit: UNITS[rest.type],
  }));
}

/** The report of the solution as JSON. Without times of day and run times: the same recipe gives the same bytes. */
export function reportProduct(context: ProductContext, solution: RecoverySolution): UnhashedFile {
  const { start, end } = period(context);
  const { planId: _plan, ...request } = context.request;
  const quality = qualityOf(context, solution);
  const report = {
    title: `Report of ${context.baseName}`,
    mission: context.mission,
    satellites: context.satellites,
    time_coverage_start: start,
    time_coverage_end: end,
    software: context.software,
    linear_algebra: context.backend,
    recipe_sha256: context.recipeHash,
    parameters: request,
    models: context.models,
    ...(context.warnings.length > 0 && { warnings: context.warnings }),
    inputs: context.inputs.map(({ fileName, sha256 }) => ({ file_name: fileName, sha256 })),
    quality,
    ...(context.estimatedNoise && { ranging_noise: commonNoise(context, context.estimatedNoise) }),
    arcs: context.arcs.map((arc, i) => ({
      start: gpsToIso(arc.startGpsSeconds, 0, 0),
      end: gpsToIso(arc.endGpsSeconds, 0, 0),
      observation_count: arc.observationCount,
      arc_parameter_count: arc.arcParameterCount,
      orbit_iterations: arc.orbitIterations,
      row_compression: arc.compression,
      residuals: arc.residuals,
      ...(context.estimatedNoise && arcNoise(context, context.estimatedNoise, i)),
    })),
    skipped_arcs: context.skippedArcs.map((arc) => ({
      start: gpsToIso(arc.startGpsSeconds, 0, 0),
      end: gpsToIso(arc.endGpsSeconds, 0, 0),
      reason: arc.reason,
    })),
    excluded_data: context.excludedData,
  };
  return {
    kind: 'report',
    fileName: `${context.baseName}_report.json`,
    mediaType: 'application/json',
    bytes: new TextEncoder().encode(`${JSON.stringify(report, null, 2)}\n`),
    metadata: { format: 'JSON', description: 'quality report of the solution' },
  };
}
