import fc from 'fast-check';

/** As much of JSON Schema as the OpenAPI document uses. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly examples?: readonly unknown[];
}

/** What no schema asks for. */
const odd = fc.oneof(
  fc.constantFrom(
    null,
    true,
    '',
    ' ',
    '\u0000',
    '💥',
    -1,
    0,
    1e308,
    2 ** 53,
    '__proto__',
    "' or 1=1 --",
    [],
    {},
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

function text({ format, pattern, minLength = 0, maxLength = 40 }: Schema): fc.Arbitrary<unknown> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  if (format === 'date-time') {
    return fc
      .date({ min: new Date('2002-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })
      .map((date) => `${date.toISOString().slice(0, 19)}Z`);
  }
  if (format === 'uuid') return fc.uuid();
  if (format === 'email') return fc.emailAddress();
  return fc.string({ minLength, maxLength: Math.min(maxLength, minLength + 60), unit: 'grapheme' });
}

function bounds({ minimum, maximum, exclusiveMinimum }: Schema): readonly [number, number] {
  const low = minimum ?? (exclusiveMinimum === undefined ? -1e6 : exclusiveMinimum + Number.EPSILON);
  return [low, maximum ?? Math.max(low, 1e6)];
}

function ofType(type: string | undefined, schema: Schema, known: readonly string[]): fc.Arbitrary<unknown> {
  const [min, max] = bounds(schema);
  switch (type) {
    case 'string':
      return schema.format === 'uuid' && known.length > 0
        ? fc.oneof(fc.constantFrom(...known), text(schema))
        : text(schema);
    case 'integer':
      return fc.oneof(
        fc.integer({ min: Math.ceil(min), max: Math.floor(max) }),
        fc.constantFrom(Math.ceil(min), Math.floor(max)),
      );
    case 'number':
      return fc.oneof(fc.double({ min, max, noNaN: true }), fc.constantFrom(min, max));
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array': {
      const { minItems = 0, maxItems = minItems + 3, items = {} } = schema;
      return fc.array(valid(items, known), {
        minLength: minItems,
        maxLength: Math.min(maxItems, minItems + 3),
      });
    }
    case 'object': {
      const { properties = {}, required = [], additionalProperties } = schema;
      const model = Object.fromEntries(
        Object.entries(properties).map(([name, property]) => [name, valid(property, known)]),
      );
      const requiredKeys = required.filter((name) => name in model);
      const own = fc.record(model, { requiredKeys });
      if (typeof additionalProperties !== 'object') return own;
      const more = fc.dictionary(
        fc.string({ minLength: 1, maxLength: 8 }),
        valid(additionalProperties, known),
        {
          maxKeys: 2,
        },
      );
      return fc.tuple(more, own).map(([a, b]) => ({ ...a, ...b }));
    }
    default:
      return odd;
  }
}

/** Values that hold to the schema, as far as it is one of those above; `known`: ids that exist. */
export function valid(schema: Schema, known: readonly string[] = []): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) {
    // What stands beside the choice holds for each.
    const { anyOf: _a, oneOf: _o, ...rest } = schema;
    return fc.oneof(...choices.map((choice) => valid({ ...rest, ...choice }, known)));
  }
  const types = [schema.type ?? (schema.properties ? 'object' : undefined)].flat();
  const made = fc.oneof(...types.map((type) => ofType(type as string | undefined, schema, known)));
  return schema.examples?.length ? fc.oneof(made, fc.constantFrom(...schema.examples)) : made;
}

/** Values that mostly hold to it: one member is something else, is missing, or there is one too many. */
export function nearlyValid(schema: Schema, known: readonly string[] = []): fc.Arbitrary<unknown> {
  const names = Object.keys(schema.properties ?? {});
  if (names.length === 0) return fc.oneof(valid(schema, known), odd);
  const changed = fc
    .tuple(
      valid(schema, known),
      fc.constantFrom(...names, 'unknown_field'),
      fc.option(odd, { nil: undefined }),
    )
    .map(([value, name, other]) => {
      const { [name]: _, ...rest } = value as Record<string, unknown>;
      return other === undefined ? rest : { ...rest, [name]: other };
    });
  return fc.oneof({ weight: 2, arbitrary: valid(schema, known) }, { weight: 2, arbitrary: changed }, odd);
}
