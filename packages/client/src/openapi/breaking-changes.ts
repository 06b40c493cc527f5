import {
  type OpenApiDocument,
  type Operation,
  resolveSchema,
  routesOf,
  type Schema,
  successOf,
} from './document.js';

/** Whether a value goes from the client to the server or back: what breaks is the opposite. */
type Direction = 'request' | 'answer';

interface Comparison {
  readonly before: OpenApiDocument;
  readonly after: OpenApiDocument;
  readonly direction: Direction;
  readonly found: string[];
  /** Pairs under comparison, for schemas that contain themselves. */
  readonly open: Set<string>;
}

const typesOf = (schema: Schema): readonly string[] | undefined =>
  schema.type === undefined ? undefined : typeof schema.type === 'string' ? [schema.type] : schema.type;

/** `integer` is a `number`. */
const accepts = (types: readonly string[], type: string): boolean =>
  types.includes(type) || (type === 'integer' && types.includes('number'));

function compareTypes(c: Comparison, where: string, before: Schema, after: Schema): void {
  const [was, is] = [typesOf(before), typesOf(after)];
  if (c.direction === 'request') {
    const lost = (was ?? []).filter((type) => is !== undefined && !accepts(is, type));
    if (lost.length > 0) c.found.push(`${where}: ${lost.join(', ')} is no longer taken`);
    if (was === undefined && is !== undefined) c.found.push(`${where}: only ${is.join(', ')} is taken now`);
    return;
  }
  const added = (is ?? []).filter((type) => was !== undefined && !accepts(was, type));
  if (added.length > 0) c.found.push(`${where}: may be ${added.join(', ')} now`);
  if (was !== undefined && is === undefined) c.found.push(`${where}: may be anything now`);
}

function compareValues(c: Comparison, where: string, before: Schema, after: Schema): void {
  const listed = (schema: Schema) => schema.enum ?? (schema.const === undefined ? undefined : [schema.const]);
  const [was, is] = [listed(before), listed(after)];
  // New values in an answer are allowed: clients are told to expect them (docs/versioning.md).
  if (c.direction === 'answer' || is === undefined) return;
  const lost = was?.filter((value) => !is.includes(value)) ?? [];
  if (lost.length > 0) c.found.push(`${where}: ${lost.map(String).join(', ')} is no longer taken`);
  if (was === undefined) c.found.push(`${where}: only ${is.map(String).join(', ')} is taken now`);
}

const lowerBounds = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'] as const;
const upperBounds = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'] as const;

function compareBounds(c: Comparison, where: string, before: Schema, after: Schema): void {
  if (c.direction === 'answer') return;
  for (const key of lowerBounds) {
    const [was, is] = [before[key], after[key]];
    if (
      is !== undefined &&
      is > (was ?? Number.NEGATIVE_INFINITY) &&
      !(was === undefined && key !== 'minimum' && is <= 0)
    )
      c.found.push(`${where}: ${key} is ${is}, was ${was ?? 'not there'}`);
  }
  for (const key of upperBounds) {
    const [was, is] = [before[key], after[key]];
    if (is !== undefined && is < (was ?? Number.POSITIVE_INFINITY))
      c.found.push(`${where}: ${key} is ${is}, was ${was ?? 'not there'}`);
  }
  if (after.pattern !== undefined && after.pattern !== before.pattern)
    c.found.push(`${where}: the pattern changed`);
  if (after.format !== undefined && after.format !== before.format)
    c.found.push(`${where}: the format changed`);
  if (after.uniqueItems && !before.uniqueItems) c.found.push(`${where}: items must be unique now`);
}

function compareMembers(c: Comparison, where: string, before: Schema, after: Schema): void {
  const was = before.properties ?? {};
  const is = after.properties ?? {};
  const requiredBefore = new Set(before.required ?? []);
  const requiredAfter = new Set(after.required ?? []);
  for (const [name, member] of Object.entries(was)) {
    const now = is[name];
    if (now !== undefined) {
      compareSchemas(c, `${where}.${name}`, member, now);
    } else if (c.direction === 'answer' || after.additionalProperties === false) {
      c.found.push(`${where}.${name}: is gone`);
    }
  }
  if (c.direction === 'request') {
    for (const name of requiredAfter)
      if (!requiredBefore.has(name)) c.found.push(`${where}.${name}: is required now`);
    if (after.additionalProperties === false && before.additionalProperties !== false)
      c.found.push(`${where}: further members are refused now`);
  } else {
    for (const name of requiredBefore)
      if (is[name] !== undefined && !requiredAfter.has(name))
        c.found.push(`${where}.${name}: may be missing now`);
  }
}

/** Each alternative of the side that must be covered needs a partner on the other side. */
function compareAlternatives(c: Comparison, where: string, before: Schema, after: Schema): boolean {
  const list = (schema: Schema) => schema.anyOf ?? schema.oneOf;
  const [was, is] = [list(before), list(after)];
  if (was === undefined && is === undefined) return false;
  const [needed, offered] =
    c.direction === 'request' ? [was ?? [before], is ?? [after]] : [is ?? [after], was ?? [before]];
  for (const [i, part] of needed.entries()) {
    const fits = offered.some((candidate) => {
      const trial: Comparison = { ...c, found: [], open: new Set(c.open) };
      const [a, b] = c.direction === 'request' ? [part, candidate] : [candidate, part];
      compareSchemas(trial, where, a, b);
      return trial.found.length === 0;
    });
    if (!fits) c.found.push(`${where}: alternative ${i + 1} has no equal`);
  }
  return true;
}

function compareSchemas(c: Comparison, where: string, before: Schema, after: Schema): void {
  if (before.$ref !== undefined && after.$ref !== undefined) {
    const pair = `${before.$ref} ${after.$ref}`;
    if (c.open.has(pair)) return;
    c.open.add(pair);
  }
  const a = resolveSchema(c.before, before);
  const b = resolveSchema(c.after, after);
  if (a.type === undefined && b.type === undefined && compareAlternatives(c, where, a, b)) return;
  compareTypes(c, where, a, b);
  compareValues(c, where, a, b);
  compareBounds(c, where, a, b);
  compareMembers(c, where, a, b);
  if (a.items !== undefined && b.items !== undefined) compareSchemas(c, `${where}[]`, a.items, b.items);
}

function compareOperations(
  documents: Pick<Comparison, 'before' | 'after'>,
  name: string,
  before: Operation,
  after: Operation,
): string[] {
  const found: string[] = [];
  const comparison = (direction: Direction): Comparison => ({
    ...documents,
    direction,
    found,
    open: new Set(),
  });
  if (before.operationId !== after.operationId)
    found.push(`${name}: operationId is ${after.operationId} now`);
  for (const parameter of before.parameters ?? []) {
    const now = after.parameters?.find((p) => p.in === parameter.in && p.name === parameter.name);
    const where = `${name} ${parameter.in} ${parameter.name}`;
    if (now === undefined) found.push(`${where}: is gone`);
    else compareSchemas(comparison('request'), where, parameter.schema ?? {}, now.schema ?? {});
    if (now?.required && !parameter.required) found.push(`${where}: is required now`);
  }
  for (const parameter of after.parameters ?? []) {
    const known = before.parameters?.some((p) => p.in === parameter.in && p.name === parameter.name);
    if (!known && parameter.required)
      found.push(`${name} ${parameter.in} ${parameter.name}: is new and required`);
  }
  if (before.requestBody === undefined && after.requestBody?.required)
    found.push(`${name}: a body is required now`);
  for (const [type, media] of Object.entries(before.requestBody?.content ?? {})) {
    const now = after.requestBody?.content[type];
    if (now === undefined) found.push(`${name}: ${type} is no longer taken`);
    else compareSchemas(comparison('request'), `${name} body`, media.schema ?? {}, now.schema ?? {});
  }
  const [was, is] = [successOf(before), successOf(after)];
  if (was.status !== is.status) found.push(`${name}: answers ${is.status}, was ${was.status}`);
  for (const [type, media] of Object.entries(was.answer.content ?? {})) {
    const now = is.answer.content?.[type];
    if (now === undefined) found.push(`${name}: ${type} is no longer answered`);
    else compareSchemas(comparison('answer'), `${name} answer`, media.schema ?? {}, now.schema ?? {});
  }
  const openBefore = before.security?.length === 0;
  if (openBefore && after.security !== undefined && after.security.length > 0)
    found.push(`${name}: needs credentials now`);
  return found;
}

/**
 * What would break a client of `before` that talks to a server of `after`: operations, parameters, media types or members
 * gone, new obligations, narrower bounds of what is taken, wider types of what is answered. One line each; empty
 * when nothing does. Patterns and formats count as narrower whenever they change.
 */
export function breakingChanges(before: OpenApiDocument, after: OpenApiDocument): readonly string[] {
  return routesOf(before).flatMap(({ method, path, operation }) => {
    const name = `${method.toUpperCase()} ${path}`;
    const now = after.paths[path]?.[method];
    return now === undefined
      ? [`${name}: is gone`]
      : compareOperations({ before, after }, name, operation, now);
  });
}
