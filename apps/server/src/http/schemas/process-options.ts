import { type Static, Type } from 'typebox';
import { strict, stringEnum, Timestamp } from './common.js';
import { Forces } from './forces.js';

const Iers2010Rotation = Type.Object(
  {
    model: Type.Literal('iers2010'),
    eop: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 512,
        description:
          'upload:{upload_id} or object:products/… of an IERS C04 series, where the one that ships does not reach.',
      }),
    ),
  },
  strict,
);
const ConstantRotation = Type.Object(
  {
    model: Type.Literal('constant'),
    rate: Type.Optional(
      Type.Number({ minimum: -1e-3, maximum: 1e-3, description: 'rad/s; default 7.292115e-5' }),
    ),
    angle_at_epoch: Type.Optional(
      Type.Number({ minimum: -1e6, maximum: 1e6, description: 'rad; default 0' }),
    ),
    epoch: Type.Optional(Timestamp),
    epoch_gps_seconds: Type.Optional(
      Type.Number({ minimum: -1e10, maximum: 1e10, description: 'Seconds past 2000-01-01T12:00:00 GPS.' }),
    ),
  },
  strict,
);

const EarthRotation = Type.Unsafe<Static<typeof Iers2010Rotation> | Static<typeof ConstantRotation>>({
  type: 'object',
  required: ['model'],
  discriminator: { propertyName: 'model' },
  oneOf: [Iers2010Rotation, ConstantRotation],
});

export const BackgroundModels = Type.Object(
  {
    static_field: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 512,
        description:
          'A registered field such as GGM05C, or object:products/… or upload:{upload_id} of an ICGEM gfc file.',
      }),
    ),
    static_field_degree: Type.Optional(Type.Integer({ minimum: 0, maximum: 2190 })),
    static_field_tide_system: Type.Optional(
      stringEnum(['zero_tide', 'tide_free', 'mean_tide'], {
        description: 'Of a file that does not state it.',
      }),
    ),
    earth_rotation: Type.Optional(EarthRotation),
    forces: Type.Optional(Forces),
  },
  strict,
);

/** A word, or an object with options. */
function wordOr<Word extends string, Options>(words: readonly Word[], options: object, description: string) {
  return Type.Unsafe<Word | Options>({
    type: ['string', 'object'],
    if: { type: 'object' },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: options,
    else: { enum: words },
    description,
  });
}

export const noiseModels = ['white', 'autocovariance'] as const;
export const noiseScopes = ['arc', 'mission'] as const;
export const varianceScopes = ['none', 'arc', 'mission'] as const;
export const regularizationWeights = ['given', 'vce', 'l_curve'] as const;
export const stochasticLimits = { maxOrder: 60, maxIterations: 10 } as const;

const NoiseModelOptions = Type.Object(
  {
    method: stringEnum(noiseModels),
    scope: Type.Optional(
      stringEnum(noiseScopes, { description: 'A model for every arc (default), or one for all.' }),
    ),
    max_order: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: stochasticLimits.maxOrder,
        description: 'Highest order of the autoregressive process; the data choose theirs. Default 30.',
      }),
    ),
  },
  strict,
);

const VarianceComponentOptions = Type.Object(
  {
    scope: Type.Optional(
      stringEnum(varianceScopes, {
        description: 'Factors for every arc (default) or for all arcs together; none: the noise model alone.',
      }),
    ),
    max_iterations: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: stochasticLimits.maxIterations,
        description: 'Updates of noise model and factors, each with a pass; default 4.',
      }),
    ),
    tolerance: Type.Optional(
      Type.Number({
        minimum: 1e-4,
        maximum: 1,
        description: 'Converged when no variance changes by more than this part; default 0.02.',
      }),
    ),
  },
  strict,
);

export const Regularization = Type.Object(
  {
    kaula: Type.Number({
      minimum: 0,
      maximum: 1,
      description: 'A-priori sigma kaula/n² of every coefficient; 0: none.',
    }),
    tikhonov: Type.Number({
      minimum: 0,
      maximum: 1e6,
      description: 'Zeroth-order Tikhonov, in units of the mean diagonal of the normals; 0: none.',
    }),
    weight: Type.Optional(
      stringEnum(regularizationWeights, {
        description:
          'given (default): as stated. vce: weight by variance components, l_curve: at the corner of the L-curve; kaula and tikhonov then say only in which proportion.',
      }),
    ),
    reference: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 512,
        description:
          'Field it pulls towards: a registered field, or object:products/… or upload:{upload_id} of an ICGEM gfc file; default: the static field.',
      }),
    ),
  },
  strict,
);

export const Observations = Type.Object(
  {
    ranging: Type.Optional(stringEnum(['auto', 'KBR1B', 'LRI1B', 'table', 'none'])),
    ranging_observation: Type.Optional(
      stringEnum(['range_rate', 'range', 'range_acceleration'], {
        description: 'What of the ranging is observed; default range_rate.',
      }),
    ),
    sigma_range: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1e3, description: 'm' })),
    sigma_range_acceleration: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 1, description: 'm/s²' }),
    ),
    sigma_range_rate: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1, description: 'm/s' })),
    sigma_position: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1e4, description: 'm' })),
    position_sampling_seconds: Type.Optional(Type.Number({ minimum: 1, maximum: 3600 })),
    use_accelerometer: Type.Optional(Type.Boolean()),
    noise_model: Type.Optional(
      wordOr<(typeof noiseModels)[number], Static<typeof NoiseModelOptions>>(
        noiseModels,
        NoiseModelOptions,
        'Of the ranging. white (default): as sigma_… states. autocovariance: estimated from the residuals of the pass before, and whitened with.',
      ),
    ),
    variance_components: Type.Optional(
      wordOr<(typeof varianceScopes)[number], Static<typeof VarianceComponentOptions>>(
        varianceScopes,
        VarianceComponentOptions,
        'Whether the variances of ranging and of the positions of every satellite are estimated: none (default), for every arc, or for the mission.',
      ),
    ),
  },
  strict,
);

const EmpiricalAcceleration = Type.Object(
  {
    cycles_per_revolution: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 10, description: '0: constant.' }),
    ),
    directions: Type.Optional(
      Type.Array(stringEnum(['radial', 'along', 'cross']), { minItems: 1, maxItems: 3, uniqueItems: true }),
    ),
    piece_seconds: Type.Optional(
      Type.Number({ minimum: 300, maximum: 172_800, description: 'Default: the whole arc.' }),
    ),
    sigma: Type.Optional(
      Type.Number({
        minimum: 1e-15,
        maximum: 1,
        description: 'A-priori standard deviation about zero, m/s².',
      }),
    ),
  },
  strict,
);

const RangingParameter = Type.Object(
  {
    term: stringEnum(['bias', 'trend', 'periodic']),
    cycles_per_revolution: Type.Optional(Type.Integer({ minimum: 1, maximum: 10 })),
    piece_seconds: Type.Optional(
      Type.Unsafe<number | 'revolution'>({
        type: ['number', 'string'],
        if: { type: 'string' },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: { enum: ['revolution'] },
        else: { minimum: 60, maximum: 172_800 },
      }),
    ),
    sigma: Type.Optional(Type.Number({ minimum: 1e-15, maximum: 1e3 })),
  },
  strict,
);

const screeningMethods = ['none', 'clip', 'huber', 'igg'] as const;
const factor = Type.Optional(Type.Number({ minimum: 0.1, maximum: 1000 }));
const ScreeningOptions = Type.Object(
  { method: stringEnum(screeningMethods), factor, low: factor, high: factor },
  strict,
);
type ScreeningMethod = (typeof screeningMethods)[number];
const Screening = Type.Unsafe<ScreeningMethod | Static<typeof ScreeningOptions>>({
  type: ['string', 'object'],
  if: { type: 'object' },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: ScreeningOptions,
  else: { enum: screeningMethods },
  description:
    'Of observations by their residuals, anew in every pass: left out, or weighted down. A method, or an object with method and its factors in robust standard deviations: clip and huber factor, igg low and high.',
});

export const Parametrization = Type.Object(
  {
    accelerometer_bias: Type.Optional(stringEnum(['none', 'constant', 'linear'])),
    accelerometer_scale: Type.Optional(Type.Boolean()),
    ranging_empirical: Type.Optional(stringEnum(['none', 'bias', 'bias_trend'])),
    empirical_accelerations: Type.Optional(
      Type.Array(EmpiricalAcceleration, {
        maxItems: 8,
        description: 'Per satellite and arc. Default: none for fields; for orbits see docs/recovery.md.',
      }),
    ),
    ranging_parameters: Type.Optional(Type.Array(RangingParameter, { maxItems: 8 })),
    screening: Type.Optional(Screening),
  },
  strict,
);
