import type { FastifyInstance } from 'fastify';
import { authenticate, hasRole } from '../auth/authenticate.js';
import { type AppContext, unauthorized } from './context.js';
import { HttpError } from './errors.js';

/**
 * Closed unless said otherwise: a route without `access` in its config needs a user. Runs after the rate limit, so that
 * refused requests count, and before the body is read.
 */
export function installAccessControl(app: FastifyInstance, { db, tokens }: AppContext): void {
  app.addHook('preParsing', async (request) => {
    const access = request.routeOptions.config.access ?? 'viewer';
    if (access === 'public') return;
    const offered = request.headers.authorization !== undefined || request.headers['x-api-key'] !== undefined;
    request.principal = await authenticate(request, db, tokens);
    if (request.principal === undefined) {
      throw offered
        ? unauthorized('The token or API key is not valid, expired or revoked', 'invalid_token')
        : unauthorized('A bearer token or an API key is needed');
    }
    if (!hasRole(request.principal, access)) {
      throw new HttpError(403, `This needs the role ${access}; yours is ${request.principal.role}`);
    }
  });
}
