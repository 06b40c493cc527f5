/** Which table holds a product, which values make its series, and which of its records are not to be used. */
export interface ProductUse {
  readonly table: 'satellite_observations' | 'baseline_vectors';
  /** Names in ingested_files.columns of the values taken, in the order of the series. */
  readonly values: readonly string[];
  /** Bits of quality_flag (0 = rightmost) with which a record is left out, and why. */
  readonly badBits: readonly { readonly bit: number; readonly reason: string }[];
  /** Nominal sampling, s; undefined: as the file has it. */
  readonly stepSeconds?: number;
}

const ORBIT = ['xpos', 'ypos', 'zpos', 'xvel', 'yvel', 'zvel'];
const QUATERNION = ['quatangle', 'quaticoeff', 'quatjcoeff', 'quatkcoeff'];

const ACCELEROMETER: ProductUse = {
  table: 'satellite_observations',
  values: ['lin_accl_x', 'lin_accl_y', 'lin_accl_z'],
  // residuals above 10 µm/s² (bit 2) are thruster spikes that the filter has smoothed: real accelerations
  badBits: [
    { bit: 0, reason: 'proof mass voltage out of its nominal range' },
    { bit: 5, reason: 'interpolated over a gap, more than 15 s from data' },
  ],
  stepSeconds: 1,
};

/**
 * Flag meanings are those of the release 04 headers. Left out is what is no measurement (long interpolation) or is
 * wrong (phase break); notes about small corrections, missing overlap or missing formal errors are kept.
 */
export const PRODUCT_USES: Readonly<Record<string, ProductUse>> = {
  GNV1B: { table: 'satellite_observations', values: ORBIT, badBits: [], stepSeconds: 1 },
  GNI1B: { table: 'satellite_observations', values: ORBIT, badBits: [], stepSeconds: 1 },
  SCA1B: {
    table: 'satellite_observations',
    values: QUATERNION,
    // interpolated attitude (bits 0, 1) is smooth and far better than a gap
    badBits: [],
    stepSeconds: 1,
  },
  ACT1B: ACCELEROMETER,
  ACC1B: ACCELEROMETER,
  KBR1B: {
    table: 'baseline_vectors',
    values: ['range_rate', 'light_time_rate', 'antenna_rate'],
    badBits: [
      { bit: 0, reason: 'phase break' },
      { bit: 1, reason: 'unreliable antenna correction' },
      { bit: 6, reason: 'interpolated over a gap, more than 5 s from data' },
      { bit: 7, reason: 'interpolated over a gap' },
    ],
    stepSeconds: 5,
  },
  LRI1B: {
    table: 'baseline_vectors',
    values: ['range_rate', 'light_time_rate', 'antenna_rate'],
    badBits: [
      { bit: 0, reason: 'phase break' },
      { bit: 6, reason: 'interpolated over a gap, more than 5 s from data' },
      { bit: 7, reason: 'interpolated over a gap' },
    ],
    stepSeconds: 2,
  },
  table_orbit: { table: 'satellite_observations', values: ['x', 'y', 'z', 'vx', 'vy', 'vz'], badBits: [] },
  table_accelerometer: { table: 'satellite_observations', values: ['ax', 'ay', 'az'], badBits: [] },
  table_attitude: { table: 'satellite_observations', values: ['qw', 'qx', 'qy', 'qz'], badBits: [] },
  table_range_rate: {
    table: 'baseline_vectors',
    values: ['range_rate', 'light_time_rate', 'antenna_rate'],
    badBits: [],
  },
};

/** Products that belong to a pair of satellites. */
export function isBaselineProduct(product: string): boolean {
  return Object.hasOwn(PRODUCT_USES, product) && PRODUCT_USES[product].table === 'baseline_vectors';
}

/** Level-1B products that the gravity field computation reads; ingested unless others are asked for. */
export const PROCESSING_PRODUCTS: readonly string[] = [
  'GNV1B',
  'GNI1B',
  'SCA1B',
  'ACT1B',
  'ACC1B',
  'KBR1B',
  'LRI1B',
];
