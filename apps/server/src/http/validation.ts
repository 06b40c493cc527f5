import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import type { FieldError } from './errors.js';

/** Nouns for "At least one … required". */
const singular: Readonly<Record<string, string>> = {
  satellites: 'satellite',
  product_ids: 'product id',
  output_products: 'output product',
};

const shared = {
  // Strict by hand: unknown fields are errors that name the field, nothing is dropped silently.
  removeAdditional: false,
  useDefaults: true,
  // Every fault is named at once; arrays are bounded by maxItems and bodies by the body limit.
  allErrors: true,
  verbose: true,
  discriminator: true,
  strict: true,
  strictTypes: false,
  strictRequired: false,
} as const;

function createAjv(coerceTypes: boolean): Ajv {
  const ajv = new Ajv({ ...shared, coerceTypes });
  addFormats.default(ajv, { mode: 'full' });
  return ajv;
}

/**
 * Fastify's validator compiler: bodies are taken as they are (the text "60" is no number), while query strings,
 * path and header values are text by nature and are converted.
 */
export function createValidatorCompiler(): FastifySchemaCompiler<TSchema> {
  const strict = createAjv(false);
  const coercing = createAjv(true);
  const compiled = new WeakMap<object, Validator>();
  return ({ schema, httpPart }) => {
    const known = compiled.get(schema);
    if (known !== undefined) return known;
    const validate = withoutNul((httpPart === 'body' ? strict : coercing).compile(schema));
    compiled.set(schema, validate);
    return validate;
  };
}

interface Validator {
  (data: unknown): boolean;
  errors?: ErrorObject[] | null;
}

/** Path of the first text with a NUL character; undefined when there is none. */
function findNul(value: unknown, path: string): string | undefined {
  if (typeof value === 'string') return value.includes('\0') ? path : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, member] of Object.entries(value)) {
    const name = key.replaceAll('~', '~0').replaceAll('/', '~1');
    const found = key.includes('\0') ? `${path}/${name}` : findNul(member, `${path}/${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** PostgreSQL stores no NUL in text or JSON: it is refused wherever it comes from. */
function withoutNul(validate: ValidateFunction): Validator {
  const checked: Validator = (data) => {
    if (validate(data) !== true) {
      checked.errors = validate.errors;
      return false;
    }
    const instancePath = findNul(data, '');
    checked.errors =
      instancePath === undefined
        ? null
        : [
            {
              instancePath,
              schemaPath: '',
              keyword: 'nul',
              params: {},
              message: 'must not contain a NUL character',
            },
          ];
    return instancePath === undefined;
  };
  return checked;
}

/** `/regularization/kaula` → `regularization.kaula`, `/satellites/1` → `satellites[1]`. */
function fieldOf(error: ErrorObject): string {
  const base = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((path, part) => {
      if (/^\d+$/.test(part)) return `${path}[${part}]`;
      return path === '' ? part : `${path}.${part}`;
    }, '');
  const params: Record<string, unknown> = error.params;
  const member = params.missingProperty ?? params.additionalProperty;
  if (typeof member !== 'string') return base;
  return base === '' ? member : `${base}.${member}`;
}

function quoted(value: unknown): string {
  const text = typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function rangeMessage(error: ErrorObject): string {
  const { minimum, maximum } = (error.parentSchema ?? {}) as { minimum?: number; maximum?: number };
  if (minimum !== undefined && maximum !== undefined) {
    return `must be between ${minimum} and ${maximum}, is ${quoted(error.data)}`;
  }
  return minimum !== undefined
    ? `must be at least ${minimum}, is ${quoted(error.data)}`
    : `must be at most ${maximum}, is ${quoted(error.data)}`;
}

const formatNames: Readonly<Record<string, string>> = {
  'date-time': 'an ISO 8601 time with zone, such as 2025-01-01T00:00:00Z',
  uuid: 'a UUID',
  email: 'an e-mail address',
};

function messageOf(error: ErrorObject, field: string): string {
  const params: Record<string, unknown> = error.params;
  const { description, title } = (error.parentSchema ?? {}) as { description?: string; title?: string };
  switch (error.keyword) {
    case 'required':
      return 'is required';
    case 'additionalProperties':
      return 'unknown field';
    case 'minimum':
    case 'maximum':
      return rangeMessage(error);
    case 'exclusiveMinimum':
      return `must be greater than ${params.limit}, is ${quoted(error.data)}`;
    case 'enum': {
      const allowed = (params.allowedValues as unknown[]).join(', ');
      return `${quoted(error.data)} is not supported; supported: ${allowed}`;
    }
    case 'const':
      return `must be ${quoted(params.allowedValue)}`;
    case 'discriminator':
      return `must be one of the supported values, is ${quoted(params.tagValue ?? null)}`;
    case 'type':
      return `must be ${params.type === 'integer' ? 'a whole number' : `of type ${params.type}`}, is ${quoted(error.data)}`;
    case 'minItems':
      return params.limit === 1
        ? `At least one ${singular[field] ?? 'item'} required`
        : `must have at least ${params.limit} items`;
    case 'maxItems':
      return `must have at most ${params.limit} items`;
    case 'uniqueItems':
      return `has a duplicate (items ${params.j} and ${params.i})`;
    case 'minLength':
      return params.limit === 1 ? 'must not be empty' : `must have at least ${params.limit} characters`;
    case 'maxLength':
      return `must have at most ${params.limit} characters`;
    case 'format':
      return `must be ${formatNames[params.format as string] ?? `of format ${params.format}`}, is ${quoted(error.data)}`;
    case 'pattern':
      return `${quoted(error.data)} does not have the form: ${title ?? description ?? params.pattern}`;
    default:
      return error.message ?? 'is not valid';
  }
}

/** Errors of Ajv as the `errors` member; the same place is named once. */
export function fieldErrors(errors: readonly ErrorObject[]): FieldError[] {
  const seen = new Map<string, FieldError>();
  for (const error of errors) {
    if (error.keyword === 'oneOf' || error.keyword === 'anyOf' || error.keyword === 'if') continue;
    const field = fieldOf(error) || 'body';
    if (!seen.has(field)) seen.set(field, { field, message: messageOf(error, field) });
  }
  if (seen.size === 0) return [{ field: 'body', message: errors[0]?.message ?? 'is not valid' }];
  return [...seen.values()].slice(0, 50);
}
