import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify';

/** What a client is told of an operation that is going to go. */
export interface Deprecation {
  /** ISO date of the release that deprecated it. */
  readonly since: string;
  /** ISO date from which it may be gone; left out while that is open. */
  readonly sunset?: string;
  /** Path of what takes its place. */
  readonly successor?: string;
}

/** The deprecated operations by operation id. What may be in here and for how long: docs/versioning.md. */
export const deprecations: Readonly<Record<string, Deprecation>> = {};

const GUIDE = '/docs';

/** Deprecation as in RFC 9745, Sunset as in RFC 8594, both with links. */
function headersOf({ since, sunset, successor }: Deprecation): Readonly<Record<string, string>> {
  const links = [`<${GUIDE}>; rel="deprecation"`];
  if (sunset !== undefined) links.push(`<${GUIDE}>; rel="sunset"`);
  if (successor !== undefined) links.push(`<${successor}>; rel="successor-version"`);
  return {
    deprecation: `@${Date.parse(since) / 1000}`,
    ...(sunset !== undefined && { sunset: new Date(sunset).toUTCString() }),
    link: links.join(', '),
  };
}

function textOf({ since, sunset, successor }: Deprecation): string {
  return [
    `Deprecated since ${since}`,
    ...(sunset === undefined ? [] : [`may be gone from ${sunset} on`]),
    ...(successor === undefined ? [] : [`use ${successor}`]),
  ].join('; ');
}

function check(id: string, { since, sunset }: Deprecation): void {
  for (const date of [since, ...(sunset === undefined ? [] : [sunset])]) {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(date) || Number.isNaN(Date.parse(date)))
      throw new Error(`deprecation of ${id}: ${date} is not a date`);
  }
  if (sunset !== undefined && sunset <= since)
    throw new Error(`deprecation of ${id}: sunset is not after since`);
}

/**
 * Marks the deprecated operations among the routes added after this: in the OpenAPI document, and by headers in every
 * answer, errors too. Throws when the application is ready and the table names an operation there is none of.
 */
export function installDeprecations(
  app: FastifyInstance,
  table: Readonly<Record<string, Deprecation>> = deprecations,
): void {
  const unseen = new Set(Object.keys(table));
  for (const [id, deprecation] of Object.entries(table)) check(id, deprecation);
  app.addHook('onRoute', (route: RouteOptions) => {
    const schema = route.schema as
      | (FastifySchema & { operationId?: string; description?: string })
      | undefined;
    const id = schema?.operationId ?? '';
    const deprecation = table[id];
    if (deprecation === undefined) return;
    unseen.delete(id);
    const description = [schema?.description, `${textOf(deprecation)}.`].filter(Boolean).join(' ');
    route.schema = { ...schema, deprecated: true, description } as FastifySchema;
    route.config = { ...route.config, deprecationHeaders: headersOf(deprecation) };
  });
  app.addHook('onRequest', async (request, reply) => {
    const { deprecationHeaders } = request.routeOptions.config;
    if (deprecationHeaders) reply.headers(deprecationHeaders);
  });
  app.addHook('onReady', async () => {
    if (unseen.size > 0)
      throw new Error(`deprecated, but no operation of the API: ${[...unseen].join(', ')}`);
  });
}
