/** What is physically possible, per product; generous, so that only broken values fall outside. */
export interface ProductLimits {
  /** Nominal sampling, s. */
  readonly stepSeconds?: number;
  /** False for products with several records of the same epoch (channels, sensors, transmitters). */
  readonly oneRecordPerEpoch: boolean;
  /** Ranges of single columns. */
  readonly columns: readonly ColumnLimit[];
  /** Ranges of the length of a vector of columns. */
  readonly norms: readonly NormLimit[];
  /** Word that a text column must hold. */
  readonly words: Readonly<Record<string, string>>;
}

export interface ColumnLimit {
  readonly column: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly unit: string;
}

export interface NormLimit {
  readonly name: string;
  readonly columns: readonly string[];
  readonly minimum: number;
  readonly maximum: number;
  readonly unit: string;
}

const POSITION = ['xpos', 'ypos', 'zpos'];
const VELOCITY = ['xvel', 'yvel', 'zvel'];

const within = (column: string, limit: number, unit: string): ColumnLimit => ({
  column,
  minimum: -limit,
  maximum: limit,
  unit,
});

function navigation(frame: string, speedMin: number, speedMax: number): ProductLimits {
  return {
    stepSeconds: 1,
    oneRecordPerEpoch: true,
    columns: [],
    norms: [
      { name: 'radius', columns: POSITION, minimum: 6.5e6, maximum: 7.5e6, unit: 'm' },
      { name: 'speed', columns: VELOCITY, minimum: speedMin, maximum: speedMax, unit: 'm/s' },
    ],
    words: { coord_ref: frame },
  };
}

function ranging(stepSeconds: number, columns: readonly ColumnLimit[]): ProductLimits {
  return {
    stepSeconds,
    oneRecordPerEpoch: true,
    columns: [
      // the separation stays within some 100 km of its mean: the bias of the range is free, not its size
      within('biased_range', 1e7, 'm'),
      within('range_rate', 10, 'm/s'),
      within('range_accl', 0.1, 'm/s2'),
      within('lighttime_corr', 0.05, 'm'),
      within('lighttime_rate', 1e-3, 'm/s'),
      within('ant_centr_corr', 10, 'm'),
      within('ant_centr_rate', 0.1, 'm/s'),
      ...columns,
    ],
    norms: [],
    words: {},
  };
}

const accelerometer: ProductLimits = {
  stepSeconds: 1,
  oneRecordPerEpoch: true,
  columns: ['x', 'y', 'z'].flatMap((axis) => [
    // drag, radiation pressure and thrusters stay below 1e-4; the bias of one axis is some 1e-5
    within(`lin_accl_${axis}`, 1e-3, 'm/s2'),
    within(`ang_accl_${axis}`, 1e-2, 'rad/s2'),
  ]),
  norms: [],
  words: {},
};

const series = (stepSeconds: number | undefined, oneRecordPerEpoch: boolean): ProductLimits => ({
  stepSeconds,
  oneRecordPerEpoch,
  columns: [],
  norms: [],
  words: {},
});

const LIMITS: Readonly<Record<string, ProductLimits>> = {
  // inertial speed of a circular orbit is 7.3–7.8 km/s; seen from the turning Earth up to 0.55 km/s different
  GNI1B: navigation('I', 7.2e3, 7.9e3),
  GNV1B: navigation('E', 6.6e3, 8.5e3),
  KBR1B: ranging(
    5,
    ['K_A_SNR', 'Ka_A_SNR', 'K_B_SNR', 'Ka_B_SNR'].map((column) => ({
      column,
      minimum: 0,
      maximum: 1500,
      unit: '0.1 dB-Hz',
    })),
  ),
  LRI1B: ranging(2, [within('iono_corr', 1e-5, '1')]),
  ACC1B: accelerometer,
  ACT1B: accelerometer,
  SCA1B: {
    stepSeconds: 1,
    oneRecordPerEpoch: true,
    columns: [{ column: 'sca_id', minimum: 1, maximum: 23, unit: '1' }],
    norms: [
      {
        name: 'quaternion length',
        columns: ['quatangle', 'quaticoeff', 'quatjcoeff', 'quatkcoeff'],
        minimum: 1 - 1e-6,
        maximum: 1 + 1e-6,
        unit: '1',
      },
    ],
    words: {},
  },
  GPS1B: { ...series(10, false), columns: [{ column: 'prn_id', minimum: 1, maximum: 99, unit: '1' }] },
  // CLK1B holds two records where one solution ends and the next begins
  CLK1B: series(10, false),
  LLK1B: series(10, false),
  TIM1B: series(8, true),
  MAG1B: series(0.5, true),
  MAS1B: {
    ...series(3600, true),
    columns: ['mass_thr', 'mass_tnk'].map((column) => ({ column, minimum: 0, maximum: 1000, unit: 'kg' })),
  },
  THR1B: series(undefined, true),
  PCI1A: series(5, true),
};

/** Limits of a product; unknown products are only checked for time order. */
export function limitsOf(product: string | undefined): ProductLimits {
  return product !== undefined && Object.hasOwn(LIMITS, product) ? LIMITS[product] : series(undefined, false);
}
