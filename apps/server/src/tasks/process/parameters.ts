import { isoToGpsSeconds } from '@gravity/geodesy';
import { RECOVERY_ALGORITHMS } from '@gravity/recovery';
import { TaskError } from '../../jobs/task.js';
import { DEFAULT_STATIC_FIELD, type EarthRotationRequest } from '../../models/index.js';
import { FieldReader } from './fields.js';
import { OUTPUT_PRODUCTS, type OutputProduct, type ProcessRequest, RANGING, SCREENING } from './request.js';

const MAX_DEGREE = 180;

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
  const regularization = top.object('regularization');
  const models = top.object('background_models');
  const observations = top.object('observations');
  const parametrization = top.object('parametrization');
  const grid = top.object('grid');
  observations.only([
    'ranging',
    'sigma_range_rate',
    'sigma_position',
    'position_sampling_seconds',
    'use_accelerometer',
  ]);
  parametrization.only(['accelerometer_bias', 'accelerometer_scale', 'ranging_empirical', 'screening']);
  grid.only(['step_degrees', 'smoothing_radius_km']);
  models.only(['static_field', 'static_field_degree', 'earth_rotation']);
  const startTime = time(top, 'start_time');
  const endTime = time(top, 'end_time');
  if ((startTime === undefined) !== (endTime === undefined)) {
    top.refuse(startTime === undefined ? 'start_time' : 'end_time', 'both ends of the interval are needed');
  }
  const request: ProcessRequest = {
    algorithm: top.choice('algorithm', RECOVERY_ALGORITHMS, 'variational'),
    degreeMin,
    degreeMax,
    regularization: {
      kaula: regularization.number('kaula', 0, 0, 1),
      tikhonov: regularization.number('tikhonov', 0, 0, 1e6),
    },
    outputProducts: outputProducts(top),
    planId: top.text('plan_id'),
    startTime,
    endTime,
    satellites: top.list('satellites'),
    arcLengthHours: top.optionalNumber('arc_length_hours', 0.5, 48),
    iterations: top.integer('iterations', 2, 1, 10),
    convergenceRatio: 0.01,
    backgroundModels: {
      staticField: models.text('static_field') ?? DEFAULT_STATIC_FIELD,
      staticFieldDegree: models.optionalInteger('static_field_degree', 0, 2190),
      earthRotation: earthRotation(models.object('earth_rotation')),
    },
    observations: {
      ranging: observations.choice('ranging', RANGING, 'auto'),
      sigmaRangeRate: observations.number('sigma_range_rate', 2e-7, 1e-15, 1),
      sigmaPosition: observations.number('sigma_position', 0.02, 1e-12, 1e6),
      positionSamplingSeconds: observations.number('position_sampling_seconds', 30, 0.1, 86400),
      useAccelerometer: observations.boolean('use_accelerometer', true),
    },
    parametrization: {
      accelerometerBias: parametrization.optionalChoice('accelerometer_bias', ['none', 'constant', 'linear']),
      accelerometerScale: parametrization.boolean('accelerometer_scale', false),
      rangingEmpirical: parametrization.choice('ranging_empirical', ['none', 'bias', 'bias_trend'], 'none'),
      screening: parametrization.choice('screening', SCREENING, 'none'),
    },
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

function outputProducts(top: FieldReader): readonly OutputProduct[] {
  const wanted = top.list('output_products') ?? ['coefficients'];
  const unknown = wanted.filter((name) => !OUTPUT_PRODUCTS.some((known) => known === name));
  if (unknown.length > 0) {
    top.refuse('output_products', `unknown: ${unknown.join(', ')}; known: ${OUTPUT_PRODUCTS.join(', ')}`);
  }
  // The coefficients are the result itself: every other product is made of them.
  return OUTPUT_PRODUCTS.filter((name) => name === 'coefficients' || wanted.includes(name));
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
