import { formatNumber } from './format-number.js';
import { type HeaderContent, type SimulationNotes, simulatedHeader } from './writer-header.js';
import {
  ACCELEROMETER_VARIABLES,
  KBR_VARIABLES,
  LRI_VARIABLES,
  navigationVariables,
  STAR_CAMERA_VARIABLES,
} from './writer-variables.js';

export type { SimulationNotes } from './writer-header.js';

type Satellite = 'A' | 'B' | 'C' | 'D';
/** Formal error of records that have none, as the real GNI1B files write it. */
const NO_FORMAL_ERROR = '1e+33';
const NO_FORMAL_ERROR_FLAG = 0x80;
const ROWS_PER_CHUNK = 512;

interface Records {
  /** Whole GPS seconds past 2000-01-01T12:00:00. */
  readonly gpsSeconds: ArrayLike<number>;
  /** 8 bits per record, 0 by default. */
  readonly qualityFlags?: ArrayLike<number>;
}

export interface NavigationInput extends Records, SimulationNotes {
  readonly satellite: Satellite;
  /** x y z per record, m. */
  readonly position: ArrayLike<number>;
  /** m/s */
  readonly velocity: ArrayLike<number>;
  /** Formal errors, m and m/s; without them 1e+33 is written and flag bit 7 set, as in real GNI1B files. */
  readonly positionError?: ArrayLike<number>;
  readonly velocityError?: ArrayLike<number>;
}

export interface RangingInput extends Records, SimulationNotes {
  /** m, m/s, m/s² */
  readonly biasedRange: ArrayLike<number>;
  readonly rangeRate: ArrayLike<number>;
  readonly rangeAcceleration: ArrayLike<number>;
  /** Corrections to be added; zero by default. */
  readonly lightTime?: RangingCorrection;
  readonly antennaCentre?: RangingCorrection;
  /** KBR: ionospheric correction, m. LRI: scale correction ε. Zero by default. */
  readonly fifthColumn?: ArrayLike<number>;
  /** K_A, Ka_A, K_B, Ka_B per record in the unit of the header (KBR: 0.1 dB-Hz, LRI: dB-Hz); zero by default. */
  readonly snr?: ArrayLike<number>;
}

export interface RangingCorrection {
  readonly range: ArrayLike<number>;
  readonly rate: ArrayLike<number>;
  readonly acceleration: ArrayLike<number>;
}

export interface AccelerometerInput extends Records, SimulationNotes {
  readonly satellite: Satellite;
  /** Science reference frame, x y z per record, m/s². */
  readonly linear: ArrayLike<number>;
  /** rad/s²; zero by default */
  readonly angular?: ArrayLike<number>;
  readonly residual?: ArrayLike<number>;
}

export interface StarCameraInput extends Records, SimulationNotes {
  readonly satellite: Satellite;
  /** Scalar first, inertial frame to science reference frame, unit length. */
  readonly quaternion: ArrayLike<number>;
  /** Sum of 1, 2, 4 for the cameras and 16 for the IMU; 23 by default. */
  readonly cameras?: ArrayLike<number>;
  readonly formalError?: ArrayLike<number>;
}

/** GNV1B (Earth-fixed states) as text chunks. @throws RangeError for arrays of wrong length or bad values */
export function writeGnv1b(input: NavigationInput): AsyncGenerator<string, void, undefined> {
  return writeNavigation(input, 'E', {
    title: 'Level-1B GPS Navigation Data',
    summary: 'trajectory states in Earth-Fixed Frame',
    source: `Earth-Fixed Frame trajectories for GRACE ${input.satellite}`,
    variables: navigationVariables('Formal errors are not available'),
  });
}

/** GNI1B (inertial states) as text chunks. @throws RangeError for arrays of wrong length or bad values */
export function writeGni1b(input: NavigationInput): AsyncGenerator<string, void, undefined> {
  return writeNavigation(input, 'I', {
    title: 'Level-1B Intermediate GPS Navigation Data',
    summary: 'trajectory states in Inertial Frame',
    source: `Inertial Frame trajectories for GRACE ${input.satellite}`,
    variables: navigationVariables('Formal errors are not available and are set to 0.0'),
  });
}

function writeNavigation(
  input: NavigationInput,
  frame: 'E' | 'I',
  texts: Pick<HeaderContent, 'title' | 'summary' | 'source' | 'variables'>,
) {
  const { satellite, position, velocity, positionError, velocityError } = input;
  const n = input.gpsSeconds.length;
  check(n, 3, { position, velocity, positionError, velocityError });
  const error = (values: ArrayLike<number> | undefined, i: number) =>
    values ? three(values, i) : `${NO_FORMAL_ERROR} ${NO_FORMAL_ERROR} ${NO_FORMAL_ERROR}`;
  const extraFlag = positionError && velocityError ? 0 : NO_FORMAL_ERROR_FLAG;
  return write(
    input,
    { ...texts, instrument: 'GPS', platform: `GRACE ${satellite}` },
    (i) =>
      `${satellite} ${frame} ${three(position, i)} ${error(positionError, i)} ${three(velocity, i)} ${error(
        velocityError,
        i,
      )} `,
    extraFlag,
  );
}

/** KBR1B as text chunks. @throws RangeError for arrays of wrong length or bad values */
export function writeKbr1b(input: RangingInput): AsyncGenerator<string, void, undefined> {
  return writeRanging(input, {
    title: 'Level-1B K-Band Ranging Data',
    summary:
      'Biased inter-satellite ranges and their first two time derivatives, range rate and range acceleration',
    source: 'Inter-satellite range, range rate and range acceleration from KBR between GRACE-FO satellites',
    instrument: 'KBR',
    variables: KBR_VARIABLES,
  });
}

/** LRI1B as text chunks. @throws RangeError for arrays of wrong length or bad values */
export function writeLri1b(input: RangingInput): AsyncGenerator<string, void, undefined> {
  return writeRanging(input, {
    title: 'Level-1B LRI Range Data',
    summary:
      'biased inter-satellite ranges and their first two time derivatives, range rate and range acceleration, from LRI ranging',
    source: 'Inter-satellite range, range rate and range acceleration from LRI between GRACE-FO satellites',
    instrument: 'LRI',
    variables: LRI_VARIABLES,
  });
}

function writeRanging(
  input: RangingInput,
  texts: Pick<HeaderContent, 'title' | 'summary' | 'source' | 'instrument' | 'variables'>,
) {
  const n = input.gpsSeconds.length;
  const { biasedRange, rangeRate, rangeAcceleration, lightTime, antennaCentre, fifthColumn, snr } = input;
  check(n, 1, { biasedRange, rangeRate, rangeAcceleration, fifthColumn });
  for (const correction of [lightTime, antennaCentre]) if (correction) check(n, 1, { ...correction });
  check(n, 4, { snr });
  const correction = (c: RangingCorrection | undefined, i: number) =>
    c ? `${formatNumber(c.range[i])} ${formatNumber(c.rate[i])} ${formatNumber(c.acceleration[i])}` : '0 0 0';
  const ratio = (i: number, k: number) => String(snr ? snr[4 * i + k] : 0).padStart(k % 2 === 0 ? 1 : 2);
  return write(
    input,
    { ...texts, platform: 'GRACE C+D' },
    (i) =>
      `${formatNumber(biasedRange[i])} ${formatNumber(rangeRate[i])} ${formatNumber(rangeAcceleration[i])} ` +
      `${fifthColumn ? formatNumber(fifthColumn[i]) : '0'} ${correction(lightTime, i)} ` +
      `${correction(antennaCentre, i)} ${ratio(i, 0)} ${ratio(i, 1)} ${ratio(i, 2)} ${ratio(i, 3)} `,
    0,
  );
}

/** ACT1B as text chunks. @throws RangeError for arrays of wrong length or bad values */
export function writeAct1b(input: AccelerometerInput): AsyncGenerator<string, void, undefined> {
  return writeAccelerometer(input, 'Transformed ');
}

/** ACC1B as text chunks. @throws RangeError for arrays of wrong length or bad values */
export function writeAcc1b(input: AccelerometerInput): AsyncGenerator<string, void, undefined> {
  return writeAccelerometer(input, '');
}

function writeAccelerometer(input: AccelerometerInput, kind: string) {
  const { satellite, linear, angular, residual } = input;
  check(input.gpsSeconds.length, 3, { linear, angular, residual });
  return write(
    input,
    {
      title: `Level-1B ${kind}Accelerometer Data`,
      summary: `${kind}1-Hz linear and angular accelerations of the ACC proof mass in SRF`,
      source: `${kind}Accelerometer data for GRACE ${satellite}`,
      instrument: 'ACC',
      platform: `GRACE ${satellite}`,
      variables: ACCELEROMETER_VARIABLES,
    },
    (i) =>
      `${satellite} ${three(linear, i)} ${angular ? three(angular, i) : '0 0 0'} ${residual ? three(residual, i) : '0 0 0'} `,
    0,
  );
}

/** SCA1B as text chunks. @throws RangeError for arrays of wrong length or bad values */
export function writeSca1b(input: StarCameraInput): AsyncGenerator<string, void, undefined> {
  const { satellite, quaternion: q, cameras, formalError } = input;
  const n = input.gpsSeconds.length;
  check(n, 4, { quaternion: q });
  check(n, 1, { cameras, formalError });
  return write(
    input,
    {
      title: 'Level-1B Star Camera Data',
      summary: '1-Hz SCA data, in the form of rotation quaternions from Inertial Frame to SRF',
      source: `Star Camera Assembly data from GRACE ${satellite}`,
      instrument: 'Star Camera Assembly',
      platform: `GRACE ${satellite}`,
      variables: STAR_CAMERA_VARIABLES,
    },
    (i) => {
      const parts = [q[4 * i], q[4 * i + 1], q[4 * i + 2], q[4 * i + 3], formalError ? formalError[i] : 0];
      return `${satellite} ${cameras ? cameras[i] : 23} ${parts.map(formatNumber).join(' ')}`;
    },
    0,
  );
}

async function* write(
  input: Records & SimulationNotes,
  texts: Omit<HeaderContent, 'recordCount' | 'startGpsSeconds' | 'stopGpsSeconds'>,
  record: (i: number) => string,
  extraFlag: number,
): AsyncGenerator<string, void, undefined> {
  const { gpsSeconds, qualityFlags } = input;
  const n = gpsSeconds.length;
  check(n, 1, { qualityFlags });
  const recordCount = n;
  const startGpsSeconds = n > 0 ? gpsSeconds[0] : 0;
  const stopGpsSeconds = n > 0 ? gpsSeconds[n - 1] : 0;
  yield simulatedHeader({ ...texts, recordCount, startGpsSeconds, stopGpsSeconds }, input);
  let chunk = '';
  for (let i = 0; i < n; i++) {
    if (!Number.isInteger(gpsSeconds[i])) throw new RangeError(`record ${i}: epoch is no whole second`);
    const flag = ((qualityFlags ? qualityFlags[i] : 0) | extraFlag) & 0xff;
    chunk += `${gpsSeconds[i]} ${record(i)} ${flag.toString(2).padStart(8, '0')}\n`;
    if (i % ROWS_PER_CHUNK === ROWS_PER_CHUNK - 1) {
      yield chunk;
      chunk = '';
    }
  }
  if (chunk !== '') yield chunk;
}

const three = (values: ArrayLike<number>, i: number) =>
  `${formatNumber(values[3 * i])} ${formatNumber(values[3 * i + 1])} ${formatNumber(values[3 * i + 2])}`;

function check(
  n: number,
  width: number,
  arrays: Readonly<Record<string, ArrayLike<number> | undefined>>,
): void {
  for (const [name, values] of Object.entries(arrays)) {
    if (values && values.length !== n * width) {
      throw new RangeError(`${name} has ${values.length} values, ${n} records need ${n * width}`);
    }
  }
}
