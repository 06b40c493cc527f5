import { type Static, Type } from 'typebox';
import { strict, stringEnum } from './common.js';

const planets = ['mercury', 'venus', 'mars', 'jupiter', 'saturn', 'uranus', 'neptune'] as const;
const sets = ['auto', 'complete', 'none'] as const;

const FileName = { type: 'string', minLength: 1, maxLength: 512 } as const;
const Degree = Type.Optional(Type.Integer({ minimum: 2, maximum: 180 }));

const file = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 512, description }));

/** One name, or a list of them. */
const files = (description: string) =>
  Type.Optional(
    Type.Unsafe<string | string[]>({
      type: ['string', 'array'],
      if: { type: 'array' },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { items: FileName, minItems: 1, maxItems: 400, uniqueItems: true },
      else: { minLength: 1, maxLength: 512 },
      description,
    }),
  );

const Planets = Type.Object(
  { planets: Type.Array(stringEnum(planets), { minItems: 1, maxItems: 7, uniqueItems: true }) },
  strict,
);

const ForcesObject = Type.Object(
  {
    third_bodies: Type.Optional(
      Type.Unsafe<boolean | Static<typeof Planets>>({
        type: ['boolean', 'object'],
        if: { type: 'object' },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: Planets,
        description: 'Sun and Moon; planets in addition need an ephemeris file.',
      }),
    ),
    ephemeris: file('analytical, or upload:… / object:… of a binary JPL development ephemeris.'),
    solid_earth_tide: Type.Optional(Type.Boolean()),
    ocean_tide: file(
      'fes2004 (ships, to degree 8), none, or a file of Doodson coefficients (Stokes coefficients or heights).',
    ),
    ocean_tide_degree_max: Degree,
    pole_tide: Type.Optional(Type.Boolean({ description: 'Of the solid Earth.' })),
    ocean_pole_tide: file('none, or the coefficients of Desai (desaiscopolecoef.txt).'),
    atmospheric_tide: files(
      'none, files of AOD1B tides (also in a tar archive), or one of Doodson coefficients.',
    ),
    dealiasing: files('none, or AOD1B files of all days of the interval, also in tar archives.'),
    dealiasing_degree_max: Degree,
    relativity: Type.Optional(Type.Boolean()),
    field_variation: Type.Optional(
      Type.Boolean({
        description: 'Follow the time-variable terms of the static field through the interval.',
      }),
    ),
  },
  { ...strict, description: 'Members that are absent are those of the complete set.' },
);

/** Forces beside the static field. */
export const Forces = Type.Unsafe<(typeof sets)[number] | Static<typeof ForcesObject>>({
  type: ['string', 'object'],
  if: { type: 'object' },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: ForcesObject,
  else: { enum: sets },
  description:
    'auto (default): what the observations say they were simulated with; none for satellites named SIM-… and a constant rotation; else the complete set: Sun, Moon, relativity, tides of solid Earth, ocean (FES2004) and pole.',
  examples: ['complete', { ocean_tide: 'upload:…', dealiasing: ['upload:…'] }],
});
