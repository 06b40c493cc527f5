import { isoToGpsSeconds } from '@gravity/geodesy';
import { RECOVERY_ALGORITHMS } from '@gravity/recovery';
import { FieldReader } from '../../field-reader.js';
import { TaskError } from '../../jobs/task.js';
import {
  DEFAULT_STATIC_FIELD,
  type EarthRotationRequest,
  parseForces,
  TIDE_SYSTEMS,
} from '../../models/index.js';
import { parseParametrization } from './parametrization.js';
import { parseRegularization } from './regularization.js';
import {
  HIGHEST_NORMALS_DEGREE,
  ORBIT_PRODUCTS,
  OUTPUT_PRODUCTS,
  type ProcessRequest,
  RANGING,
} from './request.js';
import { parseStochastic } from './stochastic.js';

const MAX_DEGREE = 180;
const ALGORITHMS = [...RECOVERY_ALGORITHMS, 'orbit'] as const;
const RANGING_OBSERVATIONS = ['range_rate', 'range', 'range_acceleration'] as const;

/**
 * Checks the parameters of a process job and fills in the defaults: range rate 0.2 µm/s, positions 2 cm every 30 s,
 * arcs of a day, two passes, GGM05C to the degree of the solution.
 *
 * @throws TaskError `invalid_parameters` naming every field that is wrong
 */
export function parseProcessParameters(parameters: Readonly<Record<string, unknown>>): ProcessRequest {
  const errors: { field: string; message: string }[] = [];
  const top = new FieldReader(parameters, '', errors);
  const degreeMax = top.integer('degree_max', 60, 2, MAX_DEGREE);
  const degreeMin = top.integer('degree_min', 2, 0, degreeMax);
  const models = top.object('background_models');
  const observations = top.object('observations');
  const parametrization = top.object('parametrization');
  const orbit = top.object('orbit');
  const grid = top.object('grid');
  const algorithm = top.choice('algorithm', ALGORITHMS, 'variational');
  const tideSystem = models.optionalChoice('static_field_tide_system', TIDE_SYSTEMS);
  observations.only([
    'ranging',
    'ranging_observation',
    'sigma_range',
    'sigma_range_acceleration',
    'sigma_range_rate',
    'sigma_position',
    'position_sampling_seconds',
    'use_accelerometer',
    'noise_model',
    'variance_components',
  ]);
  grid.only(['step_degrees', 'smoothing_radius_km']);
  models.only([
    'static_field',
    'static_field_degree',
    'static_field_tide_system',
    'earth_rotation',
    'forces',
  ]);
  orbit.only(['sampling_seconds']);
  const startTime = time(top, 'start_time');
  const endTime = time(top, 'end_time');
  if ((startTime === undefined) !== (endTime === undefined)) {
    top.refuse(startTime === undefined ? 'start_time' : 'end_time', 'both ends of the interval are needed');
  }
  const ranging = observations.choice('ranging', RANGING, 'auto');
  const stochastic = parseStochastic(observations, { algorithm, ranging });
  const request: ProcessRequest = {
    algorithm,
    degreeMin,
    degreeMax,
    regularization: parseRegularization(top.object('regularization')),
    ...productsOf(top, algorithm, degreeMax),
    planId: top.text('plan_id'),
    ingestedBefore: time(top, 'ingested_before'),
    startTime,
    endTime,
    satellites: top.list('satellites'),
    arcLengthHours: top.optionalNumber('arc_length_hours', 0.5, 48),
    iterations: top.integer('iterations', 2, 1, 10),
    convergenceRatio: 0.01,
    backgroundModels: {
      staticField: models.text('static_field') ?? DEFAULT_STATIC_FIELD,
      staticFieldDegree: models.optionalInteger('static_field_degree', 0, 2190),
      ...(tideSystem && { staticFieldTideSystem: tideSystem }),
      earthRotation: earthRotation(models.object('earth_rotation')),
      forces: parseForces(models),
    },
    observations: {
      ranging,
      rangingObservation: observations.choice('ranging_observation', RANGING_OBSERVATIONS, 'range_rate'),
      sigmaRange: observations.number('sigma_range', 1e-5, 1e-12, 1e3),
      sigmaRangeAcceleration: observations.number('sigma_range_acceleration', 1e-9, 1e-18, 1),
      sigmaRangeRate: observations.number('sigma_range_rate', 2e-7, 1e-15, 1),
      sigmaPosition: observations.number('sigma_position', 0.02, 1e-12, 1e6),
      positionSamplingSeconds: observations.number('position_sampling_seconds', 30, 0.1, 86400),
      useAccelerometer: observations.boolean('use_accelerometer', true),
      ...(stochastic && { stochastic }),
    },
    parametrization: parseParametrization(parametrization, algorithm),
    orbit: { samplingSeconds: orbit.optionalNumber('sampling_seconds', 1, 3600) },
    grid: {
      stepDegrees: grid.number('step_degrees', 1, 0.05, 30),
      smoothingRadiusKm: grid.number('smoothing_radius_km', 300, 0, 10000),
    },
  };
  if (Math.abs(Math.round(180 / request.grid.stepDegrees) * request.grid.stepDegrees - 180) > 1e-9) {
    grid.refuse('step_degrees', `must divide 180: ${request.grid.stepDegrees}`);
  }
  if (errors.length > 0) {
    const first = errors.map(({ field, message }) => `${field}: ${message}`).join('; ');
    throw new TaskError('invalid_parameters', first, errors);
  }
  return request;
}

/** The report is always made and may be named; a field's coefficients are the result itself, an orbit its orbits. */
function productsOf(
  top: FieldReader,
  algorithm: ProcessRequest['algorithm'],
  degreeMax: number,
): Pick<ProcessRequest, 'outputProducts' | 'orbitProducts'> {
  const isOrbit = algorithm === 'orbit';
  const known: readonly string[] = [...(isOrbit ? ORBIT_PRODUCTS : OUTPUT_PRODUCTS), 'report'];
  const wanted = top.list('output_products') ?? known.slice(0, isOrbit ? 2 : 1);
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    const what = isOrbit ? 'no product of orbits' : 'unknown';
    top.refuse('output_products', `${what}: ${unknown.join(', ')}; known: ${known.join(', ')}`);
  }
  for (const name of ['normals', 'normals_sinex'] as const) {
    if (wanted.includes(name) && degreeMax > HIGHEST_NORMALS_DEGREE[name]) {
      top.refuse(
        'output_products',
        `${name}: to degree ${HIGHEST_NORMALS_DEGREE[name]}, degree_max is ${degreeMax}`,
      );
    }
  }
  if (isOrbit) {
    return {
      outputProducts: [],
      orbitProducts: ORBIT_PRODUCTS.filter((name) => name === 'orbit' || wanted.includes(name)),
    };
  }
  return {
    outputProducts: OUTPUT_PRODUCTS.filter((name) => name === 'coefficients' || wanted.includes(name)),
    orbitProducts: [],
  };
}

function time(reader: FieldReader, name: string): string | undefined {
  const text = reader.text(name);
  if (text === undefined) return undefined;
  try {
    isoToGpsSeconds(text);
  } catch (error) {
    reader.refuse(name, (error as Error).message);
  }
  return text;
}

function earthRotation(reader: FieldReader): EarthRotationRequest {
  const model = reader.choice('model', ['iers2010', 'constant'], 'iers2010');
  reader.only(['model', 'eop', 'rate', 'angle_at_epoch', 'epoch', 'epoch_gps_seconds']);
  const eop = reader.text('eop');
  if (model === 'iers2010') return eop === undefined ? { model } : { model, eop };
  if (eop !== undefined) reader.refuse('eop', "is only for model 'iers2010'");
  const epoch = time(reader, 'epoch');
  let epochGpsSeconds = reader.number('epoch_gps_seconds', 0, -1e10, 1e10);
  if (epoch !== undefined) {
    try {
      epochGpsSeconds = isoToGpsSeconds(epoch);
    } catch {
      // Reported by `time`.
    }
  }
  return {
    model,
    rate: reader.number('rate', 7.292115e-5, -1e-3, 1e-3),
    angleAtEpoch: reader.number('angle_at_epoch', 0, -1e6, 1e6),
    epochGpsSeconds,
  };
}
