/** Attributes of a variable in the order of the header (alphabetical), `comment` excepted: it counts the columns. */
export type VariableAttributes = Readonly<Record<string, string | readonly string[]>>;
export type Variable = readonly [name: string, attributes: VariableAttributes];

const MASKS = '1b, 2b, 4b, 8b, 16b, 32b, 64b, 128b';

function variable(name: string, content: string, longName: string, units?: string): Variable {
  return [
    name,
    {
      ...(content !== '' && { coverage_content_type: content }),
      long_name: longName,
      ...(units !== undefined && { units }),
    },
  ];
}

function flags(longName: string, meanings: readonly string[]): Variable {
  return [
    'qualflg',
    {
      coverage_content_type: 'qualityInformation',
      flag_masks: MASKS,
      flag_meanings: meanings,
      long_name: longName,
    },
  ];
}

const REFERENCE = 'referenceInformation';
const MODEL = 'modelResult';
const MEASURED = 'physicalMeasurement';

const gpsTime = variable('gps_time', REFERENCE, 'Continuous seconds past 01-Jan-2000 11:59:47 UTC', 'second');

const satelliteId: Variable = [
  'GRACEFO_id',
  {
    coverage_content_type: REFERENCE,
    long_name: 'GRACE-FO satellite identifier',
    units: 'char',
    valid_range: 'C,D',
    value_meanings: ['C = GRACE-FO 1 (GRACE C)', 'D = GRACE-FO 2 (GRACE D)'],
  },
];

const AXES = ['x', 'y', 'z'] as const;

/** GNV1B and GNI1B. */
export function navigationVariables(formalErrorsMeaning: string): readonly Variable[] {
  return [
    gpsTime,
    satelliteId,
    [
      'coord_ref',
      {
        coverage_content_type: REFERENCE,
        long_name: 'Coordinate reference frame',
        units: 'char',
        value_meanings: ['E = Earth-Centered, Earth-Fixed', 'I = Earth-Centered Inertial'],
      },
    ],
    ...AXES.map((a) => variable(`${a}pos`, MODEL, `Position, ${a.toUpperCase()} value`, 'm')),
    ...AXES.map((a) => variable(`${a}pos_err`, MODEL, `Formal error of ${a}pos`, 'm')),
    ...AXES.map((a) => variable(`${a}vel`, MODEL, `Velocity along ${a}-axis`, 'm/s')),
    ...AXES.map((a) => variable(`${a}vel_err`, MODEL, `Formal error of ${a}vel`, 'm/s')),
    flags('Quality flags', [
      'bits 0-1 - Not defined',
      'bit 2 - Overlap data missing before start midnight',
      'bit 3 - Overlap data missing after start midnight',
      'bit 4 - Overlap data missing before end midnight',
      'bit 5 - Overlap data missing after end midnight',
      'bit 6 - Not defined',
      `bit 7 - ${formalErrorsMeaning}`,
    ]),
  ];
}

const lightTime = [
  variable('lighttime_corr', MODEL, 'Light time correction for biased_range', 'm'),
  variable('lighttime_rate', MODEL, 'Light time correction for range_rate', 'm/s'),
  variable('lighttime_accl', MODEL, 'Light time correction for range_accl', 'm/s2'),
];
const rates = [
  variable('range_rate', MODEL, 'First time derivative of biased_range', 'm/s'),
  variable('range_accl', MODEL, 'Second time derivative of biased_range', 'm/s2'),
];
const interpolated = [
  'bit 6 = Interpolated data point (due to gap) exists > 5 s from center of CRN filter window',
  'bit 7 = Interpolated data point (due to gap) exists <= 5 s from center of CRN filter window',
];

export const KBR_VARIABLES: readonly Variable[] = [
  gpsTime,
  variable(
    'biased_range',
    MEASURED,
    'CRN-filtered biased inter-satellite range with ionospheric correction',
    'm',
  ),
  ...rates,
  variable('iono_corr', MODEL, 'biased ionospheric correction for biased_range, for Ka frequency'),
  ...lightTime,
  variable('ant_centr_corr', MODEL, 'Antenna phase center offset correction for biased_range', 'm'),
  variable('ant_centr_rate', MODEL, 'Antenna phase center offset correction for range_rate', 'm/s'),
  variable('ant_centr_accl', MODEL, 'Antenna phase center offset correction for range_accl', 'm/s2'),
  variable('K_A_SNR', MEASURED, 'SNR of K band for GRACE-FO C satellite', '0.1 db-Hz'),
  variable('Ka_A_SNR', MEASURED, 'SNR of Ka band for GRACE-FO C satellite', '0.1 db-Hz'),
  variable('K_B_SNR', MEASURED, 'SNR of K band for GRACE-FO D satellite', '0.1 db-Hz'),
  variable('Ka_B_SNR', MEASURED, 'SNR of Ka band for GRACE-FO D satellite', '0.1 db-Hz'),
  flags('Quality flags, rightmost is bit 0', [
    'bit 0 = Phase break',
    'bit 1 = unreliable PCI1A data for ant_centr_corr',
    'bit 2 = interpolated PCI1A data for ant_centr_corr',
    'bits 3-4 = Not defined',
    'bit 5 = data corrected for time tag bias in either K or Ka phase',
    ...interpolated,
  ]),
];

export const LRI_VARIABLES: readonly Variable[] = [
  gpsTime,
  variable('biased_range', MEASURED, 'CRN-filtered biased inter-satellite range', 'm'),
  ...rates,
  variable(
    'iono_corr',
    MODEL,
    'estimated scale correction epsilon for biased range, range rate, and range accl due to unknown onboard LRI frequency (scale correction = 1 + epsilon)',
  ),
  ...lightTime,
  variable('ant_centr_corr', '', 'not defined'),
  variable('ant_centr_rate', '', 'not defined'),
  variable('ant_centr_accl', '', 'not defined'),
  variable('K_A_SNR', MODEL, 'CNR of laser ranging for GRACE-FO C satellite', 'db-Hz'),
  variable('Ka_A_SNR', '', 'not defined'),
  variable('K_B_SNR', MODEL, 'CNR of laser ranging for GRACE-FO D satellite', 'db-Hz'),
  variable('Ka_B_SNR', '', 'not defined'),
  flags('Quality flags, rightmost is bit 0', ['bit 0 = Phase break', 'bits 1-5', ...interpolated]),
];

export const ACCELEROMETER_VARIABLES: readonly Variable[] = [
  gpsTime,
  satelliteId,
  ...AXES.map((a) =>
    variable(`lin_accl_${a}`, MEASURED, `Linear acceleration along ${a.toUpperCase()}-axis`, 'm/s2'),
  ),
  ...AXES.map((a) =>
    variable(
      `ang_accl_${a}`,
      MEASURED,
      `Angular acceleration about ${a.toUpperCase()}-axis, 0 for ACT1B`,
      'rad/s2',
    ),
  ),
  ...AXES.map((a) =>
    variable(`acl_${a}_res`, MODEL, `Residual of lin_accl_${a} from non-CRN-filtered value`, 'm/s2'),
  ),
  flags('Data quality flag', [
    'bit 0 = Vp (proof mass voltage) out of nominal range',
    'bit 1 = Not defined',
    'bit 2 = At least one of acl_x_res, acl_y_res, and acl_z_res is > 10 microns/s^2',
    'bit 3 = Extrapolated CLK1B clock offset value used for data point > 5 s from center of CRN filter window',
    'bit 4 = Extrapolated CLK1B clock offset value used for data point <= 5 s from center of CRN filter window',
    'bit 5 = Interpolated data point (due to gap) exists > 15 s from center of CRN filter window',
    'bit 6 = Interpolated data point (due to gap) exists > 5 s but < 15 s from center of CRN filter window',
    'bit 7 = Interpolated data point (due to gap) exists < 5 s from center of CRN filter window',
  ]),
];

const CAMERAS = ['SCA 1', 'SCA 2', 'SCAs 1 and 2', 'SCA 3', 'SCAs 1 and 3', 'SCAs 2 and 3'];

export const STAR_CAMERA_VARIABLES: readonly Variable[] = [
  gpsTime,
  satelliteId,
  [
    'sca_id',
    {
      coverage_content_type: REFERENCE,
      long_name: 'SCA identification number',
      valid_range: '1, 23',
      value_meanings: [
        ...CAMERAS.map((name, i) => `${i + 1} = ${name}`),
        '7 = SCAs 1, 2 and 3',
        '16 = IMU',
        ...CAMERAS.map((name, i) => `${i + 17} = ${name} and IMU`),
        '23 = SCAs 1, 2, and 3 and IMU',
      ],
    },
  ],
  variable('quatangle', MODEL, 'Cos(theta/2) component of rotation quaternion'),
  ...['i', 'j', 'k'].map((a) => variable(`quat${a}coeff`, MODEL, `${a}-component of rotation quaternion`)),
  variable('qual_rss', MODEL, 'RSS of formal error of quaternions'),
  flags('Quality flags, bit 0 is rightmost', [
    'bit 0 = Interpolated value',
    'bit 1 = Interpolated value using relative attitude data (IMU)',
    'bit 2 = Not defined',
    'bit 3 = Data from 1 star camera only',
    'bits 4-7 = Not defined',
  ]),
];
