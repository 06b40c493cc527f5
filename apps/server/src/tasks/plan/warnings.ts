import { gpsToIso } from '@gravity/geodesy';
import { highestDegree } from '@gravity/recovery';
import { memoryUse } from '../process/check-memory.js';
import type { PlanCost } from './cost.js';
import { modelWarnings } from './model-warnings.js';
import type { PlanInput, PlannedArc, PlanWarning } from './types.js';

/** Period of a circular orbit at about 490 km height, s: where no data say better. */
export const DEFAULT_PERIOD_SECONDS = 5600;
const MEMORY_WARNING_DEGREE = 120;

export interface Resolution {
  readonly days: number;
  readonly period_seconds: number;
  readonly period_source: string;
  readonly revolutions: number;
  /** Ascending and descending tracks give two samples per wavelength at the equator up to this degree. */
  readonly resolvable_degree: number;
}

/**
 * Revolutions of the interval. In one revolution the equator is crossed twice (ascending and descending), so that
 * N revolutions sample it at 2N places; a wave of order L needs two samples: N ≥ L.
 */
export function resolutionOf({ parameters, orbit }: PlanInput): Resolution {
  const seconds = parameters.endGpsSeconds - parameters.startGpsSeconds;
  const period = orbit?.periodSeconds ?? DEFAULT_PERIOD_SECONDS;
  const revolutions = seconds / period;
  return {
    days: seconds / 86400,
    period_seconds: period,
    period_source: orbit?.source ?? 'assumed: no orbit of the satellites is ingested for the interval',
    revolutions,
    resolvable_degree: Math.floor(revolutions),
  };
}

/** Everything the user should know before the computation is started. */
export function planWarnings(
  input: PlanInput,
  arcs: readonly PlannedArc[],
  resolution: Resolution,
  cost: PlanCost,
): PlanWarning[] {
  return [
    ...resolutionWarnings(input, resolution),
    ...satelliteWarnings(input.parameters.satellites),
    ...simulationWarnings(input),
    ...dataWarnings(arcs),
    ...modelWarnings(input),
    ...sizeWarnings(input, arcs, cost),
  ];
}

function resolutionWarnings({ parameters, orbit }: PlanInput, resolution: Resolution): PlanWarning[] {
  const { degreeMax } = parameters;
  const warnings: PlanWarning[] = [];
  const { days, revolutions, resolvable_degree: degree } = resolution;
  if (degreeMax > degree) {
    warnings.push({
      code: 'degree_above_resolution',
      severity: 'warning',
      field: 'degree_max',
      message:
        `${days.toFixed(1)} days are ${revolutions.toFixed(0)} revolutions, which resolve about degree ${degree}; ` +
        `degree ${degreeMax} needs about ${Math.ceil((degreeMax * resolution.period_seconds) / 86400)} days, a lower ` +
        'degree_max, or regularization',
    });
  }
  if (!orbit) {
    warnings.push({
      code: 'inclination_unknown',
      severity: 'info',
      message: 'no orbit is ingested for the interval: period assumed, polar gap unknown',
    });
    return warnings;
  }
  const gap = Math.abs(Math.PI / 2 - orbit.inclination);
  // Sneeuw & van Gelderen (1997): a polar gap of θ degrades orders up to about θ·l
  if (gap * degreeMax >= 1) {
    const degrees = (gap * 180) / Math.PI;
    warnings.push({
      code: 'polar_gap',
      severity: degrees > 2 ? 'warning' : 'info',
      message:
        `the inclination leaves ${degrees.toFixed(1)}° around the poles without data: at degree ${degreeMax} ` +
        `coefficients of orders up to about ${Math.floor(gap * degreeMax)} are weak`,
    });
  }
  return warnings;
}

function satelliteWarnings(satellites: readonly string[]): PlanWarning[] {
  if (satellites.length === 1) {
    return [
      {
        code: 'single_satellite',
        severity: 'warning',
        field: 'satellites',
        message:
          'one satellite gives no ranging: its positions resolve the longest wavelengths only (degree 10–20)',
      },
    ];
  }
  if (satellites.length > 2) {
    const message = 'ranging is used for exactly two satellites; of these the orbits only are used';
    return [{ code: 'several_pairs', severity: 'warning', field: 'satellites', message }];
  }
  return [];
}

/** What `forces: auto` of a process request will find. */
function simulationWarnings({ files }: PlanInput): PlanWarning[] {
  const statements = [...new Set(files.flatMap(({ statedForces }) => statedForces ?? []))];
  if (statements.length === 0) return [];
  const same = statements.length === 1;
  return [
    {
      code: 'simulated_data',
      severity: same ? 'info' : 'warning',
      message:
        `the data are simulated, with the forces ${statements.join('; ')}` +
        (same
          ? ': processing takes the same ones unless background_models.forces says otherwise'
          : ': processing needs background_models.forces to say which are to be taken'),
    },
  ];
}

function dataWarnings(arcs: readonly PlannedArc[]): PlanWarning[] {
  const warnings: PlanWarning[] = [];
  const unusable = arcs.filter((arc) => !arc.usable);
  if (unusable.length === arcs.length) {
    warnings.push({
      code: 'no_usable_arc',
      severity: 'warning',
      message: `none of the ${arcs.length} arcs can be computed: ${unusable[0]?.reason ?? 'no data'}; ingest the files listed as missing`,
    });
  } else if (unusable.length > 0) {
    const first = unusable[0];
    warnings.push({
      code: 'missing_data',
      severity: 'warning',
      message: `${unusable.length} of ${arcs.length} arcs cannot be computed, the first at ${gpsToIso(first.startGpsSeconds, 0, 0)}: ${first.reason}`,
    });
  }
  for (const [role, code] of [
    ['ranging', 'no_ranging'],
    ['accelerometer', 'no_accelerometer'],
  ] as const) {
    const items = arcs.flatMap((arc) => arc.data.filter((item) => item.role === role));
    const without = items.filter((item) => item.product === null);
    if (without.length === 0) continue;
    const consequence =
      role === 'ranging'
        ? 'these arcs are left out'
        : 'non-gravitational forces are not modelled there (right for simulations without drag only)';
    const message = `no ${role} data in ${without.length} of ${items.length} cases; ${consequence}`;
    warnings.push({ code, severity: 'warning', message });
  }
  return warnings;
}

function sizeWarnings({ parameters }: PlanInput, arcs: readonly PlannedArc[], cost: PlanCost): PlanWarning[] {
  const warnings: PlanWarning[] = [];
  const needed = `degree ${parameters.degreeMax} has ${cost.parameters.coefficients} unknowns and needs about ${gigabytes(cost.memory_bytes)} GB of memory`;
  if (cost.memory_bytes > cost.memory_limit_bytes) {
    const use = memoryUse({ degreeMin: 2, degreeMax: parameters.degreeMax, outputProducts: [] });
    const fits = highestDegree(use, cost.memory_limit_bytes, parameters.degreeMax);
    warnings.push({
      code: 'memory',
      severity: 'warning',
      field: 'degree_max',
      message: `${needed}; a job here may take ${gigabytes(cost.memory_limit_bytes)} GB (GRAVITY_MEMORY_LIMIT_BYTES) and will be refused; degree ${fits} fits`,
    });
  } else if (parameters.degreeMax > MEMORY_WARNING_DEGREE) {
    warnings.push({ code: 'memory', severity: 'info', field: 'degree_max', message: needed });
  }
  const { total } = cost.observations;
  if (arcs.some((arc) => arc.usable) && total < 2 * cost.parameters.total) {
    warnings.push({
      code: 'few_observations',
      severity: 'warning',
      message: `${total} observations for ${cost.parameters.total} unknowns: regularization will decide much of the field`,
    });
  }
  return warnings;
}

const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1);
