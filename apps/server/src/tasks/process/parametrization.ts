import type { EmpiricalAcceleration, OrbitDirection, RangingParameter, Screening } from '@gravity/recovery';
import type { FieldReader } from '../../field-reader.js';
import { type ProcessRequest, SCREENING } from './request.js';

const DIRECTIONS: readonly OrbitDirection[] = ['radial', 'along', 'cross'];
const MOST = 8;

/** Reads `parametrization` of a request. Faults are collected by the reader. */
export function parseParametrization(
  reader: FieldReader,
  algorithm: ProcessRequest['algorithm'],
): ProcessRequest['parametrization'] {
  reader.only([
    'accelerometer_bias',
    'accelerometer_scale',
    'empirical_accelerations',
    'ranging_empirical',
    'ranging_parameters',
    'screening',
  ]);
  return {
    accelerometerBias: reader.optionalChoice('accelerometer_bias', ['none', 'constant', 'linear']),
    accelerometerScale: reader.boolean('accelerometer_scale', false),
    empiricalAccelerations: reader.has('empirical_accelerations')
      ? reader.objects('empirical_accelerations', MOST).map(empirical)
      : undefined,
    rangingEmpirical: reader.choice('ranging_empirical', ['none', 'bias', 'bias_trend'], 'none'),
    rangingParameters: reader.objects('ranging_parameters', MOST).map(rangingParameter),
    screening: screening(reader, algorithm === 'orbit' ? 'clip' : 'none'),
  };
}

function empirical(reader: FieldReader): EmpiricalAcceleration {
  reader.only(['cycles_per_revolution', 'directions', 'piece_seconds', 'sigma']);
  const wanted = reader.list('directions');
  const unknown = wanted?.filter((name) => !DIRECTIONS.some((known) => known === name)) ?? [];
  if (unknown.length > 0) {
    reader.refuse('directions', `unknown: ${unknown.join(', ')}; known: ${DIRECTIONS.join(', ')}`);
  }
  const pieceSeconds = reader.optionalNumber('piece_seconds', 300, 172_800);
  const sigma = reader.optionalNumber('sigma', 1e-15, 1);
  return {
    cyclesPerRevolution: reader.integer('cycles_per_revolution', 0, 0, 10),
    ...(wanted && { directions: DIRECTIONS.filter((name) => wanted.includes(name)) }),
    ...(pieceSeconds !== undefined && { pieceSeconds }),
    ...(sigma !== undefined && { sigma }),
  };
}

function rangingParameter(reader: FieldReader): RangingParameter {
  reader.only(['term', 'cycles_per_revolution', 'piece_seconds', 'sigma']);
  if (!reader.has('term')) reader.refuse('term', 'is required');
  const term = reader.choice('term', ['bias', 'trend', 'periodic'], 'bias');
  const cyclesPerRevolution = reader.optionalInteger('cycles_per_revolution', 1, 10);
  if (cyclesPerRevolution !== undefined && term !== 'periodic') {
    reader.refuse('cycles_per_revolution', "is only for term 'periodic'");
  }
  const pieceSeconds = reader.isText('piece_seconds')
    ? reader.choice('piece_seconds', ['revolution'], 'revolution')
    : reader.optionalNumber('piece_seconds', 60, 172_800);
  const sigma = reader.optionalNumber('sigma', 1e-15, 1e3);
  return {
    term,
    ...(cyclesPerRevolution !== undefined && { cyclesPerRevolution }),
    ...(pieceSeconds !== undefined && { pieceSeconds }),
    ...(sigma !== undefined && { sigma }),
  };
}

/** A name, or an object with name and factors. */
function screening(parent: FieldReader, fallback: Screening['method']): Screening {
  if (!parent.isObject('screening')) return { method: parent.choice('screening', SCREENING, fallback) };
  const reader = parent.object('screening');
  if (!reader.has('method')) reader.refuse('method', 'is required');
  const method = reader.choice('method', SCREENING, fallback);
  if (method === 'igg') {
    reader.only(['method', 'low', 'high']);
    const low = reader.number('low', 1.5, 0.1, 100);
    const high = reader.number('high', Math.max(5, 1.01 * low), 0.1, 1000);
    if (!(high > low)) reader.refuse('high', `must be greater than low (${low})`);
    return { method, low, high };
  }
  reader.only(method === 'none' ? ['method'] : ['method', 'factor']);
  if (method === 'none') return { method };
  const factor = reader.optionalNumber('factor', 0.1, 1000);
  return { method, ...(factor !== undefined && { factor }) };
}
