import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { AuditWriter } from '../audit/audit-writer.js';
import { hasRole, type Principal } from '../auth/authenticate.js';
import type { PasswordHasher } from '../auth/passwords.js';
import type { Rule } from '../auth/permissions.js';
import type { SecretBox } from '../auth/secrets.js';
import type { TokenService } from '../auth/tokens.js';
import type { SharedState } from '../cache/shared-state.js';
import type { ServerConfig } from '../config.js';
import type { Database } from '../db/database.js';
import type { JobService } from '../jobs/job-service.js';
import type { Metrics } from '../metrics/metrics.js';
import type { OutboundPolicy } from '../net/public-target.js';
import type { ObjectStore } from '../storage/object-store.js';
import { HttpError } from './errors.js';
import type { Health, RunnerStatus } from './health.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** From auth/permissions.ts, put there when the route is added. */
    readonly permission?: Rule;
    /** Its body is a file and may take long. */
    readonly longBody?: boolean;
    /** Its answer is a stream or a file and may take long. */
    readonly streams?: boolean;
    /** Of a deprecated operation; see deprecations.ts. */
    readonly deprecationHeaders?: Readonly<Record<string, string>>;
  }
  interface FastifyRequest {
    principal: Principal | undefined;
  }
}

/** Everything a route may use. */
export interface AppContext {
  readonly config: ServerConfig;
  readonly db: Database;
  readonly objects: ObjectStore;
  readonly jobs: JobService;
  readonly tokens: TokenService;
  readonly passwords: PasswordHasher;
  /** Seals what the database must not be able to read. */
  readonly secrets: SecretBox;
  /** Where requests of this server may go to. */
  readonly outbound: OutboundPolicy;
  readonly metrics: Metrics;
  readonly audit: AuditWriter;
  readonly shared: SharedState;
  readonly health: Health;
  /** False while the process around the application is not yet, or no longer, complete. */
  isReady(): boolean;
  readonly version: string;
  /** undefined: jobs run in other processes. */
  readonly runner?: { status(): RunnerStatus };
  /** Aborted when the server closes; ends open event streams. */
  readonly closing: AbortSignal;
}

export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** The user of a request on a route that needs one. */
export function principalOf(request: { readonly principal: Principal | undefined }): Principal {
  if (request.principal === undefined) throw unauthorized('Not authenticated');
  return request.principal;
}

export function isAdmin(principal: Principal): boolean {
  return hasRole(principal, 'admin');
}

/** `/v1` when the request came in under it, so that links stay where the client is. */
export function linkPrefix(request: Pick<FastifyRequest, 'originalUrl'>): string {
  return request.originalUrl.startsWith('/v1/') ? '/v1' : '';
}

export function unauthorized(detail: string, error?: 'invalid_token'): HttpError {
  const challenge = `Bearer realm="gravity"${error === undefined ? '' : `, error="${error}"`}`;
  return new HttpError(401, detail, [], { 'www-authenticate': challenge });
}
