import { type Static, Type } from 'typebox';

/** A string out of a fixed list; the error names the list. */
export function stringEnum<const Values extends readonly string[]>(
  values: Values,
  options: Readonly<Record<string, unknown>> = {},
) {
  return Type.Unsafe<Values[number]>({ type: 'string', enum: [...values], ...options });
}

export const strict = { additionalProperties: false } as const;

export const Uuid = Type.String({ format: 'uuid' });
export const Timestamp = Type.String({ format: 'date-time' });
export const NullableTimestamp = Type.Unsafe<string | null>({
  type: ['string', 'null'],
  format: 'date-time',
});
export const NullableString = Type.Unsafe<string | null>({ type: ['string', 'null'] });
export const NullableNumber = Type.Unsafe<number | null>({ type: ['number', 'null'] });
export const NullableInteger = Type.Unsafe<number | null>({ type: ['integer', 'null'] });
/** Any JSON object. */
export const JsonObject = Type.Unsafe<Record<string, unknown>>({
  type: 'object',
  additionalProperties: true,
});
export const NullableJsonObject = Type.Unsafe<Record<string, unknown> | null>({
  type: ['object', 'null'],
  additionalProperties: true,
});

export const FieldErrorSchema = Type.Object(
  {
    field: Type.String({ description: 'Path of the field, such as regularization.kaula or satellites[1].' }),
    message: Type.String(),
  },
  { title: 'FieldError' },
);

export const ProblemSchema = Type.Object(
  {
    detail: Type.String(),
    status_code: Type.Integer(),
    errors: Type.Array(FieldErrorSchema),
    type: Type.String({ description: 'Kind of problem (RFC 9457).' }),
    title: Type.String(),
    status: Type.Integer(),
    instance: Type.String(),
    request_id: Type.String(),
  },
  {
    title: 'Problem',
    description: 'Every error has this form; it is valid problem details (RFC 9457).',
    examples: [
      {
        detail: 'Validation failed: satellites: At least one satellite required',
        status_code: 422,
        errors: [{ field: 'satellites', message: 'At least one satellite required' }],
        type: 'urn:gravity-processing-backend:problem:validation-error',
        title: 'Validation Error',
        status: 422,
        instance: '/ops/plan',
        request_id: '6f0f6a0e-0d3c-4a55-8a5c-6c7f4f4b7e0a',
      },
    ],
  },
);

export const CursorQuery = {
  cursor: Type.Optional(Type.String({ maxLength: 500, description: 'next_cursor of the page before.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
};

export const NextCursor = Type.Unsafe<string | null>({
  type: ['string', 'null'],
  description: 'Hand this back as `cursor` for the next page; null on the last one.',
});

export const JobIdParams = Type.Object({ job_id: Uuid });
export const ProductIdParams = Type.Object({ product_id: Uuid });
export type Iso = Static<typeof Timestamp>;

/** Date of the database as text of the API. */
export function iso(date: Date): string;
export function iso(date: Date | null): string | null;
export function iso(date: Date | null): string | null {
  return date === null ? null : date.toISOString();
}
