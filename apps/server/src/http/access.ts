import type { FastifyInstance, RouteOptions } from 'fastify';
import { authenticate } from '../auth/authenticate.js';
import { judge, openPages, permissions, type Rule, type Verdict } from '../auth/permissions.js';
import { createTokenOwners } from '../auth/token-owner.js';
import { type AppContext, unauthorized } from './context.js';
import { HttpError } from './errors.js';
import { countUserRequest } from './user-rate-limit.js';

/** One route of the API with its rule. */
export interface RoutePermission {
  readonly method: string;
  readonly url: string;
  readonly operationId: string;
  readonly rule: Rule;
  /** Whether its schema describes a body. */
  readonly hasBody: boolean;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Filled as routes are added; the permission matrix of the tests is made from it. */
    routePermissions: RoutePermission[];
  }
}

/** The rule of a route; throws for one that nobody has thought about. */
function ruleOf({ schema, method, url }: Pick<RouteOptions, 'schema' | 'method' | 'url'>): Rule {
  const id = (schema as { readonly operationId?: string } | undefined)?.operationId;
  const rule = id === undefined ? undefined : permissions[id];
  if (rule === undefined) {
    throw new Error(`${method} ${url} (operationId ${id}) has no rule in auth/permissions.ts`);
  }
  return rule;
}

function refusal(verdict: Extract<Verdict, { allowed: false }>, role: string): HttpError {
  const { reason, needed } = verdict;
  if (reason === 'login') return new HttpError(403, 'This needs a login; an API key will not do');
  if (reason === 'scope') return new HttpError(403, `This needs a key of the scope ${needed}`);
  return new HttpError(403, `This needs the role ${needed}; yours is ${role}`);
}

/**
 * Enforces auth/permissions.ts on every route added after this. Runs after the rate limit, so that refused requests
 * count, and before the body is read.
 */
export function installAccessControl(
  app: FastifyInstance,
  { config, db, tokens, shared }: Pick<AppContext, 'config' | 'db' | 'tokens' | 'shared'>,
): void {
  const ownerOf = createTokenOwners(db);
  app.addHook('onRoute', (route) => {
    const rule = ruleOf(route);
    route.config = { ...route.config, permission: rule };
    const { operationId, body } = route.schema as { readonly operationId: string; readonly body?: unknown };
    for (const method of [route.method].flat()) {
      if (method === 'HEAD') continue;
      app.routePermissions.push({ method, url: route.url, operationId, rule, hasBody: body !== undefined });
    }
  });
  app.addHook('preParsing', async (request, reply) => {
    const rule = request.routeOptions.config.permission;
    if (rule?.role === 'public') return;
    const offered = request.headers.authorization !== undefined || request.headers['x-api-key'] !== undefined;
    request.principal = await authenticate(request, db, tokens, ownerOf);
    if (request.principal === undefined) {
      throw offered
        ? unauthorized('The token or API key is not valid, expired or revoked', 'invalid_token')
        : unauthorized('A bearer token or an API key is needed');
    }
    await countUserRequest(reply, shared, request.principal.id, config.userRateLimitPerMinute);
    // Only pages of the 404 handler have no rule; they answer nothing but 404 and 405.
    const verdict = rule && judge(rule, request.principal);
    if (verdict?.allowed === false) throw refusal(verdict, request.principal.role);
  });
}

/** Routes outside of the API must be among the pages known to be open. */
export function guardPages(app: FastifyInstance): void {
  app.addHook('onRoute', ({ url, method, config }) => {
    if (method === 'OPTIONS' || config?.permission !== undefined) return;
    if (openPages.some((page) => page.test(url.replace(/\*$/, 'x')))) return;
    throw new Error(`${method} ${url} is neither a route of the API nor an open page of auth/permissions.ts`);
  });
}
