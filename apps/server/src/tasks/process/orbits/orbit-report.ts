import { gpsToIso } from '@gravity/geodesy';
import type { DeterminedOrbit } from '@gravity/recovery';
import type { UnhashedFile } from '../products/types.js';
import type { OrbitContext, OrbitFit } from './types.js';

/** Outliers that are listed one by one. */
const MOST_LISTED = 100;

/** Figures by which a user judges the orbits; the same in report, result and database. */
export function orbitQuality(context: OrbitContext, fits: readonly OrbitFit[]) {
  return {
    arcs_used: fits.length,
    arcs_skipped: context.skippedArcs.length,
    static_field_degree: context.fieldDegree,
    observation_count: fits.reduce((sum, fit) => sum + fit.satellites[0].positions.count, 0),
    parameter_count: fits.reduce((sum, fit) => sum + fit.parameterCount, 0),
    residuals: context.satellites.flatMap((satellite) => {
      const own = fits.filter((fit) => fit.satellites[0].satellite === satellite);
      return own.length === 0 ? [] : [overall(satellite, own)];
    }),
  };
}

function overall(satellite: string, fits: readonly OrbitFit[]) {
  const all = fits.map(({ satellites: [orbit] }) => orbit.positions);
  const count = all.reduce((sum, positions) => sum + positions.count, 0);
  const rms = (pick: (positions: DeterminedOrbit['positions']) => readonly number[], axis: number) =>
    Math.sqrt(all.reduce((sum, positions) => sum + positions.count * pick(positions)[axis] ** 2, 0) / count);
  const [radial, along, cross] = [0, 1, 2].map((k) => rms((p) => p.orbital.rms, k));
  const [x, y, z] = [0, 1, 2].map((k) => rms((p) => p.celestial.rms, k));
  return {
    type: 'position',
    satellite,
    count: 3 * count,
    rejected: all.reduce((sum, positions) => sum + 3 * positions.rejected, 0),
    rms: Math.sqrt((x * x + y * y + z * z) / 3),
    max: Math.max(...all.map(({ max }) => max)),
    unit: 'm',
    rms_axes: { radial, along, cross, x, y, z },
  };
}

/** The report of the orbits as JSON. Without times of day and run times: the same recipe gives the same bytes. */
export function orbitReport(context: OrbitContext, fits: readonly OrbitFit[]): UnhashedFile {
  const { planId: _plan, outputProducts: _products, grid: _grid, ...request } = context.request;
  const report = {
    title: `Report of the orbits ${context.baseName}`,
    mission: context.mission,
    satellites: context.satellites,
    time_coverage_start: gpsToIso(context.startGpsSeconds, 0, 0),
    time_coverage_end: gpsToIso(context.endGpsSeconds, 0, 0),
    software: context.software,
    linear_algebra: context.backend,
    recipe_sha256: context.recipeHash,
    parameters: request,
    models: context.models,
    ...(context.warnings.length > 0 && { warnings: context.warnings }),
    inputs: context.inputs.map(({ fileName, sha256 }) => ({ file_name: fileName, sha256 })),
    quality: orbitQuality(context, fits),
    arcs: fits.map(arcReport),
    skipped_arcs: context.skippedArcs.map((arc) => ({
      satellite: arc.satellite,
      start: gpsToIso(arc.startGpsSeconds, 0, 0),
      end: gpsToIso(arc.endGpsSeconds, 0, 0),
      reason: arc.reason,
    })),
    excluded_data: context.excludedData,
  };
  return {
    kind: 'report',
    fileName: `${context.baseName}_orbit_report.json`,
    mediaType: 'application/json',
    bytes: new TextEncoder().encode(`${JSON.stringify(report, null, 2)}\n`),
    metadata: { format: 'JSON', description: 'quality report of the orbits' },
  };
}

function arcReport({
  satellites,
  startGpsSeconds,
  endGpsSeconds,
  iterations,
  sigma0,
  parameterCount,
}: OrbitFit) {
  const [{ satellite, initialState, covariance, parameters, positions }] = satellites;
  const [radial, along, cross] = positions.orbital.rms;
  const [x, y, z] = positions.celestial.rms;
  const means = positions.orbital.mean;
  return {
    satellite,
    start: gpsToIso(startGpsSeconds, 0, 0),
    end: gpsToIso(endGpsSeconds, 0, 0),
    iterations,
    sigma0,
    parameter_count: parameterCount,
    positions: {
      count: positions.count,
      rejected: positions.rejected,
      robust_sigma_m: positions.robustSigma,
      max_m: positions.max,
      rms_m: { radial, along, cross, x, y, z },
      mean_m: { radial: means[0], along: means[1], cross: means[2] },
    },
    initial_state: {
      frame: 'celestial',
      values: [...initialState],
      sigmas: Array.from({ length: 6 }, (_, i) => Math.sqrt(covariance[7 * i])),
    },
    parameters,
    outliers: positions.outliers.slice(0, MOST_LISTED).map((outlier) => ({
      time: gpsToIso(outlier.gpsSeconds, 0, 3),
      gps_seconds: outlier.gpsSeconds,
      residual_m: outlier.residual,
      size_sigma: outlier.size,
      weight: outlier.weight,
    })),
    outliers_truncated: positions.outliers.length > MOST_LISTED,
  };
}
