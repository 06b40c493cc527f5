import { FormatError } from '../errors.js';
import type { Level1bBatch, Level1bHeader } from './types.js';

/** Orbit states of GNV1B (terrestrial) or GNI1B (inertial). */
export interface OrbitRecords {
  readonly satellite: readonly string[];
  readonly frame: 'terrestrial' | 'inertial';
  readonly gpsSeconds: Float64Array;
  /** x y z per epoch, m; formal errors NaN where the file says not available (1e33). */
  readonly position: Float64Array;
  readonly positionError: Float64Array;
  /** m/s */
  readonly velocity: Float64Array;
  readonly velocityError: Float64Array;
  readonly qualityFlags: Uint32Array;
}

export interface AccelerometerRecords {
  readonly satellite: readonly string[];
  readonly gpsSeconds: Float64Array;
  /** Science reference frame, x y z per epoch, m/s². */
  readonly linear: Float64Array;
  /** rad/s², zero in ACT1B */
  readonly angular: Float64Array;
  /** Residual to the unfiltered value, m/s². */
  readonly residual: Float64Array;
  readonly qualityFlags: Uint32Array;
}

export interface AttitudeRecords {
  readonly satellite: readonly string[];
  readonly gpsSeconds: Float64Array;
  /** Scalar first, inertial frame to science reference frame. */
  readonly quaternion: Float64Array;
  readonly cameras: Float64Array;
  readonly formalError: Float64Array;
  readonly qualityFlags: Uint32Array;
}

const NO_VALUE = 1e32;

/** Columns of a GNV1B or GNI1B batch. @throws FormatError when a column is missing or frames are mixed */
export function orbitRecords(header: Level1bHeader, batch: Level1bBatch): OrbitRecords {
  const frames = new Set(column(header, batch.texts, 'coord_ref'));
  if (frames.size > 1) {
    throw new FormatError('unknown_frame', 'records of two frames in one file', { file: header.file });
  }
  return {
    satellite: satelliteColumn(header, batch),
    frame: frames.has('I') ? 'inertial' : 'terrestrial',
    gpsSeconds: batch.gpsSeconds,
    position: interleave(header, batch, ['xpos', 'ypos', 'zpos']),
    positionError: withoutFill(interleave(header, batch, ['xpos_err', 'ypos_err', 'zpos_err'])),
    velocity: interleave(header, batch, ['xvel', 'yvel', 'zvel']),
    velocityError: withoutFill(interleave(header, batch, ['xvel_err', 'yvel_err', 'zvel_err'])),
    qualityFlags: column(header, batch.bits, 'qualflg'),
  };
}

/** Columns of an ACC1B or ACT1B batch. @throws FormatError when a column is missing */
export function accelerometerRecords(header: Level1bHeader, batch: Level1bBatch): AccelerometerRecords {
  return {
    satellite: satelliteColumn(header, batch),
    gpsSeconds: batch.gpsSeconds,
    linear: interleave(header, batch, ['lin_accl_x', 'lin_accl_y', 'lin_accl_z']),
    angular: interleave(header, batch, ['ang_accl_x', 'ang_accl_y', 'ang_accl_z']),
    residual: interleave(header, batch, ['acl_x_res', 'acl_y_res', 'acl_z_res']),
    qualityFlags: column(header, batch.bits, 'qualflg'),
  };
}

/** Columns of an SCA1B batch. @throws FormatError when a column is missing */
export function attitudeRecords(header: Level1bHeader, batch: Level1bBatch): AttitudeRecords {
  return {
    satellite: satelliteColumn(header, batch),
    gpsSeconds: batch.gpsSeconds,
    quaternion: interleave(header, batch, ['quatangle', 'quaticoeff', 'quatjcoeff', 'quatkcoeff']),
    cameras: column(header, batch.numbers, 'sca_id'),
    formalError: column(header, batch.numbers, 'qual_rss'),
    qualityFlags: column(header, batch.bits, 'qualflg'),
  };
}

/** Satellite of each record; YAML files of GRACE name the column after that mission. */
function satelliteColumn(header: Level1bHeader, batch: Level1bBatch): readonly string[] {
  return batch.texts.GRACE_id ?? column(header, batch.texts, 'GRACEFO_id');
}

/** A column by name. @throws FormatError `missing_field` */
export function column<T>(header: Level1bHeader, columns: Readonly<Record<string, T>>, name: string): T {
  const values = columns[name];
  if (values === undefined) {
    const text = `no such column in ${header.product ?? 'this product'}`;
    throw new FormatError('missing_field', text, { file: header.file, field: name });
  }
  return values;
}

function interleave(header: Level1bHeader, batch: Level1bBatch, names: readonly string[]): Float64Array {
  const width = names.length;
  const out = new Float64Array(batch.count * width);
  names.forEach((name, k) => {
    const values = column(header, batch.numbers, name);
    for (let i = 0; i < batch.count; i++) out[i * width + k] = values[i];
  });
  return out;
}

function withoutFill(values: Float64Array): Float64Array {
  for (let i = 0; i < values.length; i++) if (values[i] > NO_VALUE) values[i] = Number.NaN;
  return values;
}
