import type { Schema } from './document.js';

const identifier = /^[A-Za-z_$][\w$]*$/;

export function propertyName(name: string): string {
  return identifier.test(name) ? name : `'${name.replaceAll("'", "\\'")}'`;
}

function literal(value: unknown): string {
  return typeof value === 'string'
    ? `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
    : JSON.stringify(value);
}

/** A comment of one or several lines; '' without text. */
export function comment(text: string | undefined, indent: string): string {
  if (text === undefined || text.trim() === '') return '';
  const lines = text.replaceAll('*/', '*\\/').split('\n');
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`;
}

const union = (types: readonly string[]): string => [...new Set(types)].join(' | ') || 'never';

function arrayType(schema: Schema, indent: string): string {
  if (schema.prefixItems !== undefined && schema.items === undefined) {
    return `readonly [${schema.prefixItems.map((item) => schemaType(item, indent)).join(', ')}]`;
  }
  const item = schema.items === undefined ? 'unknown' : schemaType(schema.items, indent);
  return /[ |&]/.test(item) && !item.startsWith('{') ? `readonly (${item})[]` : `readonly ${item}[]`;
}

/** Members of an object type, one a line. */
export function objectMembers(schema: Schema, indent: string): string {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {})
    .map(([name, member]) => {
      const mark = required.has(name) ? '' : '?';
      return `${comment(member.description, indent)}${indent}readonly ${propertyName(name)}${mark}: ${schemaType(member, indent)};\n`;
    })
    .join('');
}

function objectType(schema: Schema, indent: string): string {
  const { properties, additionalProperties, patternProperties } = schema;
  const values = [
    ...(typeof additionalProperties === 'object' ? [additionalProperties] : []),
    ...Object.values(patternProperties ?? {}),
  ];
  if (properties === undefined || Object.keys(properties).length === 0) {
    const value = values.length === 0 ? 'unknown' : union(values.map((v) => schemaType(v, indent)));
    return additionalProperties === false && values.length === 0
      ? 'Readonly<Record<string, never>>'
      : `Readonly<Record<string, ${value}>>`;
  }
  return `{\n${objectMembers(schema, `${indent}  `)}${indent}}`;
}

function plainType(type: string, schema: Schema, indent: string): string {
  switch (type) {
    case 'object':
      return objectType(schema, indent);
    case 'array':
      return arrayType(schema, indent);
    case 'integer':
      return 'number';
    case 'string':
      return schema.format === 'binary' ? 'Bytes' : 'string';
    default:
      return type;
  }
}

/** The TypeScript type of a JSON Schema, as text. */
export function schemaType(schema: Schema, indent = ''): string {
  if (schema.$ref !== undefined) return schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
  if (schema.enum !== undefined) return union(schema.enum.map(literal));
  if (schema.const !== undefined) return literal(schema.const);
  const alternatives = schema.anyOf ?? schema.oneOf;
  // Alternatives beside a type only narrow it, for instance to "one of these two members is required".
  if (alternatives !== undefined && schema.type === undefined) {
    return union(alternatives.map((part) => schemaType(part, indent)));
  }
  if (schema.allOf !== undefined && schema.type === undefined) {
    return schema.allOf.map((part) => schemaType(part, indent)).join(' & ');
  }
  if (schema.type === undefined)
    return schema.properties === undefined ? 'unknown' : objectType(schema, indent);
  const types = typeof schema.type === 'string' ? [schema.type] : schema.type;
  return union(types.map((type) => plainType(type, schema, indent)));
}
