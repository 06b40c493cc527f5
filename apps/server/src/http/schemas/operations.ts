import { type Static, Type } from 'typebox';
import { satellites } from '../../missions.js';
import { strict, stringEnum, Timestamp, Uuid } from './common.js';
import { BackgroundModels, Observations, Parametrization, Regularization } from './process-options.js';

export const limits = {
  degreeMin: 2,
  degreeMax: 180,
  intervalDays: 366,
  timeStepSeconds: { min: 1, max: 3600 },
  arcLengthHours: { min: 0.5, max: 48 },
  iterations: 5,
} as const;

export const algorithms = ['variational', 'short_arc', 'acceleration', 'orbit'] as const;
/** Of a field; the report is always made. */
export const fieldProducts = [
  'coefficients',
  'grids',
  'uncertainties',
  'covariance',
  'maps',
  'contributions',
  'normals',
  'normals_sinex',
  'report',
] as const;
/** Of algorithm orbit. */
export const orbitProducts = ['orbit', 'residuals', 'report'] as const;
export const outputProducts = [...fieldProducts.slice(0, -1), ...orbitProducts] as const;

const satelliteNamesAndAliases = satellites.flatMap((satellite) => [satellite.name, ...satellite.aliases]);
const aliasText = satellites
  .filter((satellite) => satellite.aliases.length > 0)
  .map((satellite) => `${satellite.name} (${satellite.aliases.join(', ')})`)
  .join('; ');

/** Names are checked against the registry by the semantic checks, which also resolve aliases. */
const Satellites = Type.Array(
  Type.String({ maxLength: 32, examples: satelliteNamesAndAliases.slice(0, 2) }),
  {
    minItems: 1,
    maxItems: 8,
    description: `Satellites by name or alias: ${aliasText}; simulated: SIM-A, SIM-B and any other name SIM-…; more as GET /limits lists.`,
    examples: [['GRACE-C', 'GRACE-D']],
  },
);

const DegreeMax = Type.Integer({ minimum: limits.degreeMin, maximum: limits.degreeMax, examples: [60] });
const ArcLength = { minimum: limits.arcLengthHours.min, maximum: limits.arcLengthHours.max };
const UserText = Type.String({ minLength: 1, maxLength: 200 });

const Priority = Type.Optional(
  Type.Integer({
    minimum: 1,
    maximum: 10,
    description:
      'Which jobs are started first: 1 (first) to 10, default 5; 1 to 4 for admins. It changes nothing in the result.',
  }),
);

const DependsOn = Type.Optional(
  Type.Array(Uuid, {
    maxItems: 100,
    uniqueItems: true,
    description:
      'Jobs of yours that have to complete before this one starts. When one of them fails or is cancelled, this one is cancelled.',
  }),
);

/** Where the end of one job is told, without a webhook. */
export const Callback = Type.Object(
  {
    url: Type.String({ minLength: 8, maxLength: 2048, description: 'http or https, a public address.' }),
    secret: Type.String({
      maxLength: 128,
      pattern: '^whsec_[A-Za-z0-9+/]{32,88}={0,2}$',
      description:
        'Signs the message: `whsec_` and 24 to 64 random bytes in base64. It is kept sealed and not shown again.',
    }),
  },
  { ...strict, description: 'Told once the job has ended; signed and repeated as for webhooks.' },
);

/** What says when and how a job is run, and nothing about its result. */
export const JobOptions = { priority: Priority, depends_on: DependsOn, callback: Type.Optional(Callback) };

export const PlanBody = Type.Object(
  {
    start_time: Timestamp,
    end_time: Timestamp,
    satellites: Satellites,
    time_step: Type.Optional(
      Type.Number({ minimum: 1, maximum: 3600, default: 5, description: 'Step of the solution, s.' }),
    ),
    processing_mode: Type.Optional(stringEnum(['standard', 'quick', 'precise'], { default: 'standard' })),
    output_format: Type.Optional(
      stringEnum(['spherical_harmonic', 'grid', 'netcdf'], { default: 'spherical_harmonic' }),
    ),
    degree_max: DegreeMax,
    arc_length_hours: Type.Optional(Type.Number({ ...ArcLength, default: 24 })),
    ...JobOptions,
  },
  {
    ...strict,
    title: 'PlanRequest',
    examples: [
      {
        start_time: '2025-01-01T00:00:00Z',
        end_time: '2025-01-31T23:59:59Z',
        satellites: ['GRACE-C', 'GRACE-D'],
        time_step: 5,
        processing_mode: 'standard',
        output_format: 'spherical_harmonic',
        degree_max: 60,
      },
    ],
  },
);

export const IngestBody = Type.Object(
  {
    data_source: Type.String({
      minLength: 1,
      maxLength: 1024,
      description:
        's3://bucket/prefix/, file:/folder-or-file (inside a folder the server allows), or upload:{upload_id} (see POST /ops/uploads).',
    }),
    data_type: stringEnum(['l1b', 'table']),
    satellites: Satellites,
    start_time: Type.Optional(Timestamp),
    end_time: Type.Optional(Timestamp),
    validate_data: Type.Optional(Type.Boolean({ default: true })),
    products: Type.Optional(
      Type.Array(Type.String({ pattern: '^(all|[A-Z]{3}1B)$' }), {
        minItems: 1,
        maxItems: 64,
        uniqueItems: true,
        description:
          'Level-1B products taken from folders and archives, such as ["GNV1B", "MAS1B"], or ["all"]. Default: those that processing uses.',
      }),
    ),
    table: Type.Optional(
      Type.Object(
        {
          satellite: Type.Optional(Type.String({ maxLength: 32 })),
          frame: Type.Optional(stringEnum(['celestial', 'inertial', 'terrestrial'])),
          time_scale: Type.Optional(stringEnum(['GPS', 'UTC', 'TT', 'TAI'])),
          kind: Type.Optional(stringEnum(['orbit', 'range_rate', 'accelerometer', 'attitude'])),
          epoch_format: Type.Optional(
            stringEnum(['gps_seconds', 'mjd', 'mjd+seconds', 'iso', 'decimal_year']),
          ),
          columns: Type.Optional(
            Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
              minItems: 2,
              maxItems: 64,
              description: 'Names of the columns of a table without a heading.',
            }),
          ),
        },
        { ...strict, description: 'What a table does not say itself; for data_type table.' },
      ),
    ),
    ...JobOptions,
  },
  {
    ...strict,
    title: 'IngestRequest',
    examples: [
      {
        data_source: 's3://gravity-data/raw/2025-01/',
        data_type: 'l1b',
        satellites: ['GRACE-C', 'GRACE-D'],
        start_time: '2025-01-01T00:00:00Z',
        end_time: '2025-01-31T23:59:59Z',
        validate_data: true,
      },
    ],
  },
);

const Orbit = Type.Object(
  {
    sampling_seconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 3600,
        description: 'Of the orbits written; default that of the positions.',
      }),
    ),
  },
  { ...strict, description: 'For algorithm orbit.' },
);

const Grid = Type.Object(
  {
    step_degrees: Type.Optional(Type.Number({ minimum: 0.1, maximum: 30, description: 'Must divide 180.' })),
    smoothing_radius_km: Type.Optional(Type.Number({ minimum: 0, maximum: 2000 })),
  },
  strict,
);

export const ProcessBody = Type.Object(
  {
    algorithm: stringEnum(algorithms, {
      description:
        'variational: the most accurate. short_arc: arcs of half an hour by integral equations, robust where forces are badly known. acceleration: line-of-sight accelerations, quick and rough; needs a pair. orbit: no field, but the orbit of each satellite fitted to its positions over the static field of degree_max.',
    }),
    degree_max: DegreeMax,
    regularization: Regularization,
    output_products: Type.Array(stringEnum(outputProducts), {
      minItems: 1,
      maxItems: 9,
      uniqueItems: true,
      description:
        'orbit and residuals are for algorithm orbit, the others but report for fields. The report is always made. normals: normal equations in binary, to degree 150; normals_sinex: as SINEX text, to degree 60; contributions: shares of data and regularization per degree and coefficient.',
    }),
    plan_id: Type.Optional(
      Type.String({ format: 'uuid', description: 'Default: your latest completed plan.' }),
    ),
    start_time: Type.Optional(Timestamp),
    end_time: Type.Optional(Timestamp),
    satellites: Type.Optional(Satellites),
    ingested_before: Type.Optional({
      ...Timestamp,
      description: 'Take only files ingested up to then: what was ingested later stays out.',
    }),
    arc_length_hours: Type.Optional(Type.Number(ArcLength)),
    degree_min: Type.Optional(Type.Integer({ minimum: 2, maximum: limits.degreeMax, default: 2 })),
    iterations: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.iterations, default: 2 })),
    background_models: Type.Optional(BackgroundModels),
    observations: Type.Optional(Observations),
    parametrization: Type.Optional(Parametrization),
    orbit: Type.Optional(Orbit),
    grid: Type.Optional(Grid),
    ...JobOptions,
  },
  {
    ...strict,
    title: 'ProcessRequest',
    examples: [
      {
        algorithm: 'variational',
        degree_max: 60,
        regularization: { kaula: 1e-5, tikhonov: 0 },
        output_products: ['coefficients', 'grids', 'uncertainties'],
      },
    ],
  },
);

export const CatalogBody = Type.Object(
  {
    product_ids: Type.Array(Uuid, { minItems: 1, maxItems: 1000, uniqueItems: true }),
    metadata: Type.Object(
      { mission: UserText, processing_center: UserText, version: UserText },
      { additionalProperties: Type.String({ maxLength: 2000 }), maxProperties: 50 },
    ),
    publish: Type.Boolean(),
    archive: Type.Boolean(),
    ...JobOptions,
  },
  {
    ...strict,
    title: 'CatalogRequest',
    examples: [
      {
        product_ids: ['550e8400-e29b-41d4-a716-446655440000'],
        metadata: { mission: 'GRACE-FO', processing_center: 'CSR', version: 'RL06.1' },
        publish: false,
        archive: true,
      },
    ],
  },
);

export type PlanRequest = Static<typeof PlanBody>;
export type IngestRequest = Static<typeof IngestBody>;
export type ProcessRequest = Static<typeof ProcessBody>;
export type CatalogRequest = Static<typeof CatalogBody>;
