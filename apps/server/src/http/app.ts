import { randomUUID } from 'node:crypto';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyInstance } from 'fastify';
import { installAudit } from '../audit/audit-hooks.js';
import { openAuditWriter } from '../audit/audit-writer.js';
import { createPasswordHasher } from '../auth/passwords.js';
import { createSecretBox } from '../auth/secrets.js';
import { openTokenKeys } from '../auth/token-keys.js';
import { createTokenService } from '../auth/tokens.js';
import { openSharedState } from '../cache/open-shared-state.js';
import type { SharedState } from '../cache/shared-state.js';
import type { ServerConfig } from '../config.js';
import type { Database } from '../db/database.js';
import type { JobService } from '../jobs/job-service.js';
import type { QueueDepth } from '../jobs/transport.js';
import { createMetrics } from '../metrics/metrics.js';
import { createOutboundPolicy } from '../net/public-target.js';
import type { ObjectStore } from '../storage/object-store.js';
import { guardPages, installAccessControl } from './access.js';
import { installClosing } from './closing.js';
import type { Api, AppContext } from './context.js';
import { type Deprecation, installDeprecations } from './deprecations.js';
import { answerFrameworkError, installErrorHandling, refuseMalformed } from './error-handler.js';
import { installEtags } from './etag.js';
import { createHealth, type Probe, type RunnerStatus } from './health.js';
import { collectRoutes } from './known-routes.js';
import { loggerOptions } from './logger.js';
import { openApiOptions } from './openapi.js';
import { installPressureRelief } from './pressure.js';
import { installRequestEnd } from './request-end.js';
import { apiKeyRoutes } from './routes/api-keys.js';
import { auditRoutes } from './routes/audit.js';
import { authRoutes } from './routes/auth.js';
import { dataSourceRoutes } from './routes/data-sources.js';
import { installDocs } from './routes/docs.js';
import { fileRoutes } from './routes/files.js';
import { healthRoutes } from './routes/health.js';
import { jobEventRoutes } from './routes/job-events.js';
import { jobRoutes } from './routes/jobs.js';
import { limitRoutes } from './routes/limits.js';
import { objectRoutes } from './routes/objects.js';
import { observationRoutes } from './routes/observations.js';
import { operationRoutes } from './routes/operations.js';
import { productRoutes } from './routes/products.js';
import { provenanceRoutes } from './routes/provenance.js';
import { quotaRoutes } from './routes/quotas.js';
import { uploadRoutes } from './routes/uploads.js';
import { userRoutes } from './routes/users.js';
import { installWeb } from './routes/web.js';
import { webhookRoutes } from './routes/webhooks.js';
import { installSecurity } from './security.js';
import { installTimeouts } from './timeouts.js';
import { createValidatorCompiler } from './validation.js';

export interface AppOptions {
  readonly config: ServerConfig;
  readonly db: Database;
  readonly objects: ObjectStore;
  readonly jobs: JobService;
  /** Leave out when jobs run in other processes. */
  readonly runner?: { status(): RunnerStatus };
  /** Folder of the start page. */
  readonly webRoot?: string;
  readonly version?: string;
  /** Instead of the table in deprecations.ts. */
  readonly deprecations?: Readonly<Record<string, Deprecation>>;
  /** Wins over `config.trustProxy`. */
  readonly trustProxy?: boolean | number | readonly string[];
  /** Counters shared with other processes; opened (and closed) as the configuration says when left out. */
  readonly shared?: SharedState;
  /** Further parts for /health, such as queues. */
  readonly probes?: Readonly<Record<string, Probe>>;
  /** What the queues say of themselves, for /metrics. */
  readonly queueDepths?: () => Promise<readonly QueueDepth[]>;
  /** Whether the process around is complete, for /health/ready; default: yes. */
  readonly isReady?: () => boolean;
  readonly logStream?: { write(line: string): void };
}

/** `/v1/x` is `/x`: one set of routes under both names. */
function withoutVersion(url: string): string {
  return url.startsWith('/v1/') ? url.slice(3) : url;
}

function trustedProxies(
  trust: AppOptions['trustProxy'],
): boolean | string[] | ((address: string, hop: number) => boolean) {
  if (typeof trust === 'number') return (_address, hop) => hop < trust;
  return typeof trust === 'object' ? [...trust] : (trust ?? false);
}

async function openOwnState(app: FastifyInstance, config: ServerConfig): Promise<SharedState> {
  const shared = await openSharedState(config, {
    onOutage: (err) => app.log.error({ err }, 'Redis does not answer; request rates are counted per process'),
    onRecovery: () => app.log.info('Redis answers again'),
  });
  app.addHook('onClose', () => shared.close());
  return shared;
}

/**
 * The HTTP application over the given ports, ready for `inject` or `listen`. Closing it ends open event streams and
 * writes the audit rows that are buffered; it closes none of the ports.
 */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { config, db, objects, jobs, runner, version = '0.1.0' } = options;
  const app = Fastify({
    logger: loggerOptions(config.logLevel, options.logStream),
    bodyLimit: config.bodyLimitBytes,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    rewriteUrl: (request) => withoutVersion(request.url ?? '/'),
    trustProxy: trustedProxies(options.trustProxy ?? config.trustProxy),
    forceCloseConnections: 'idle',
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: refuseMalformed,
    routerOptions: { ignoreTrailingSlash: false, maxParamLength: 1024 },
    // Slow senders must not hold a connection for ever; uploads may take an hour.
    requestTimeout: 3_600_000,
    connectionTimeout: 0,
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(createValidatorCompiler());
  app.removeContentTypeParser('text/plain');
  app.decorateRequest('principal', undefined);
  app.decorate('routePermissions', []);

  const knownRoutes = collectRoutes(app);
  const requestEnd = installRequestEnd(app);
  const audit = await openAuditWriter(db, {
    dataDir: config.dataDir,
    keys: config.encryptionKeys,
    onError: (err, rows) => app.log.error({ err, rows }, 'audit rows could not be written; trying again'),
  });
  const shared = options.shared ?? (await openOwnState(app, config));
  const health = createHealth({
    ...options,
    shared,
    onChange: (component, state, err) =>
      state.status === 'ok'
        ? app.log.info({ component, ...state }, 'component is well again')
        : app.log.error({ component, ...state, ...(err !== undefined && { err }) }, 'component is not well'),
  });
  const metrics = createMetrics(app, requestEnd, db, audit, version, health, options.queueDepths);
  installPressureRelief(app, requestEnd, config);
  installAudit(app, requestEnd, audit);
  const closing = installClosing(app);
  app.addHook('onClose', async () => {
    await audit
      .close()
      .catch((err) => app.log.error({ err }, 'audit rows stay in the journal until the next start'));
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });

  installTimeouts(app, config.bodyTimeoutSeconds);
  installEtags(app);
  await installSecurity(app, config, shared);
  installErrorHandling(app, knownRoutes, config.bodyLimitBytes);
  installDeprecations(app, options.deprecations);
  await app.register(swagger, openApiOptions(config.baseUrl, version));

  const context: AppContext = {
    config,
    db,
    objects,
    jobs,
    tokens: createTokenService(openTokenKeys(config)),
    passwords: await createPasswordHasher(config.bcryptCost),
    secrets: createSecretBox(config.encryptionKeys),
    outbound: createOutboundPolicy(config.outboundAllow),
    metrics,
    audit,
    shared,
    health,
    isReady: options.isReady ?? (() => true),
    version,
    ...(runner !== undefined && { runner }),
    closing,
  };
  await app.register(async (scope) => addApi(scope.withTypeProvider(), context));
  guardPages(app);
  await installDocs(app);
  await installWeb(app, options.webRoot);
  await app.ready();
  return app;
}

async function addApi(api: Api, context: AppContext): Promise<void> {
  installAccessControl(api, context);
  await authRoutes(api, context);
  apiKeyRoutes(api, context);
  userRoutes(api, context);
  dataSourceRoutes(api, context);
  operationRoutes(api, context);
  jobRoutes(api, context);
  jobEventRoutes(api, context);
  productRoutes(api, context);
  provenanceRoutes(api, context);
  quotaRoutes(api, context);
  webhookRoutes(api, context);
  fileRoutes(api, context);
  observationRoutes(api, context);
  auditRoutes(api, context);
  limitRoutes(api, context);
  healthRoutes(api, context);
  await api.register(async (scope) => uploadRoutes(scope.withTypeProvider(), context));
  await api.register(async (scope) => objectRoutes(scope.withTypeProvider(), context));
}
