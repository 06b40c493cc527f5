import {
  type OpenApiDocument,
  type Operation,
  type Parameter,
  type Route,
  routesOf,
  successOf,
} from './document.js';
import { comment, objectMembers, propertyName, schemaType } from './schema-type.js';

const head = `// Generated from openapi.json by \`npm run generate:client\`; not to be edited.\n`;

/** Where an operation's answer goes: parsed, dropped, or handed out as it comes. */
type AnswerKind = 'json' | 'none' | 'response';

function answerKind(operation: Operation): AnswerKind {
  const { answer } = successOf(operation);
  const media = Object.keys(answer.content ?? {});
  if (media.length === 0) return 'none';
  return media.some((type) => /json/.test(type)) ? 'json' : 'response';
}

function answerType(operation: Operation): string {
  const kind = answerKind(operation);
  if (kind !== 'json') return kind === 'none' ? 'void' : 'Response';
  const content = Object.entries(successOf(operation).answer.content ?? {});
  const media = content.find(([type]) => /json/.test(type))?.[1];
  return media?.schema === undefined ? 'unknown' : schemaType(media.schema, '  ');
}

function bodyType(operation: Operation): string | undefined {
  const content = operation.requestBody?.content;
  if (content === undefined) return undefined;
  const types = Object.entries(content).map(([type, media]) => {
    if (type === 'multipart/form-data') return 'FormData';
    return media.schema === undefined ? 'unknown' : schemaType(media.schema, '    ');
  });
  return [...new Set(types)].join(' | ');
}

function bodyKind(operation: Operation): 'json' | 'form' | 'bytes' | undefined {
  const [first] = Object.keys(operation.requestBody?.content ?? {});
  if (first === undefined) return undefined;
  if (first === 'application/x-www-form-urlencoded') return 'form';
  return first === 'application/json' ? 'json' : 'bytes';
}

/** A group of parameters as one member of the input. */
function parameterGroup(name: string, parameters: readonly Parameter[]): { text: string; required: boolean } {
  const required = parameters.filter((p) => p.required).map((p) => p.name);
  const properties = Object.fromEntries(
    parameters.map((p) => [
      p.name,
      { ...p.schema, ...(p.description !== undefined && { description: p.description }) },
    ]),
  );
  const text = `    readonly ${name}${required.length > 0 ? '' : '?'}: {\n${objectMembers({ properties, required }, '      ')}    };\n`;
  return { text, required: required.length > 0 };
}

function methodSource({ operation }: Route): string {
  const { operationId, parameters = [], summary, description, deprecated } = operation;
  const groups = (['path', 'query', 'header'] as const)
    .map((place) => ({
      name: place === 'header' ? 'headers' : place,
      list: parameters.filter((p) => p.in === place),
    }))
    .filter(({ list }) => list.length > 0)
    .map(({ name, list }) => parameterGroup(name, list));
  const body = bodyType(operation);
  if (body !== undefined) groups.push({ text: `    readonly body: ${body};\n`, required: true });
  const optional = groups.some(({ required }) => required) ? '' : '?';
  const input =
    groups.length === 0 ? 'Readonly<Record<string, never>>' : `{\n${groups.map((g) => g.text).join('')}  }`;
  const texts = [summary, description, deprecated ? '@deprecated' : undefined].filter((t) => t !== undefined);
  return `${comment(texts.join('\n'), '  ')}  ${operationId}(input${optional}: ${input}, options?: CallOptions): Promise<${answerType(operation)}>;\n`;
}

function tableEntry({ method, path, operation }: Route): string {
  const body = bodyKind(operation);
  const hasKey = (operation.parameters ?? []).some((p) => p.in === 'header' && p.name === 'idempotency-key');
  const members = [
    `method: '${method.toUpperCase()}'`,
    `path: '${path}'`,
    `answer: '${answerKind(operation)}'`,
    ...(body === undefined ? [] : [`body: '${body}'`]),
    ...(hasKey ? ['idempotencyKey: true'] : []),
    ...(operation.security?.length === 0 ? ['open: true'] : []),
  ];
  return `  ${propertyName(operation.operationId)}: { ${members.join(', ')} },\n`;
}

/** `types.ts`: one interface per named schema. */
export function typesSource(document: OpenApiDocument): string {
  const schemas = Object.entries(document.components?.schemas ?? {}).sort(([a], [b]) => a.localeCompare(b));
  const parts = schemas.map(([name, schema]) => {
    const text = comment(schema.description, '');
    const isObject = schema.type === 'object' && Object.keys(schema.properties ?? {}).length > 0;
    return isObject
      ? `${text}export interface ${name} {\n${objectMembers(schema, '  ')}}\n`
      : `${text}export type ${name} = ${schemaType(schema)};\n`;
  });
  const bytes = parts.some((part) => /\bBytes\b/.test(part))
    ? `import type { Bytes } from '../call.js';\n`
    : '';
  return `${head}${bytes}\n${parts.join('\n')}`;
}

/** `api.ts`: one method per operation, and the table by which they are made. */
export function apiSource(document: OpenApiDocument): string {
  const routes = [...routesOf(document)].sort((a, b) =>
    a.operation.operationId.localeCompare(b.operation.operationId),
  );
  const methods = routes.map(methodSource).join('\n');
  const names = Object.keys(document.components?.schemas ?? {})
    .filter((name) => new RegExp(`\\b${name}\\b`).test(methods))
    .sort();
  const bytes = /\bBytes\b/.test(methods) ? 'Bytes, ' : '';
  return `${head}import type { ${bytes}CallOptions, OperationTable } from '../call.js';
import type {
${names.map((name) => `  ${name},\n`).join('')}} from './types.js';

/** Version of the document this was generated from. */
export const apiVersion = '${document.info.version}';

/** One method per operation of the API. */
export interface Api {
${methods}}

export const operations = {
${routes.map(tableEntry).join('')}} as const satisfies OperationTable;
`;
}
