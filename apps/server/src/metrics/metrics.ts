import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Database } from '../db/database.js';
import type { Health } from '../http/health.js';
import type { RequestEnd } from '../http/request-end.js';
import type { QueueDepth } from '../jobs/transport.js';
import { addDatabaseMetrics } from './database-metrics.js';
import { addHealthGauges } from './health-metrics.js';
import { addQueueMetrics } from './queue-metrics.js';

export interface Metrics {
  readonly contentType: string;
  readonly loginFailures: Counter;
  /** The figures of now in the text format of Prometheus. */
  render(): Promise<string>;
}

interface JobFigures {
  readonly type: string;
  readonly status: string;
  readonly count: number;
}

async function queryJobs(db: Database): Promise<JobFigures[]> {
  const rows = await db.kysely
    .selectFrom('processing_jobs')
    .select(({ fn }) => ['type', 'status', fn.countAll<string>().as('count')])
    .groupBy(['type', 'status'])
    .execute();
  return rows.map(({ type, status, count }) => ({ type, status, count: Number(count) }));
}

/** Metrics of one application: its own registry, so that several can live in one process. */
export function createMetrics(
  app: FastifyInstance,
  requestEnd: RequestEnd,
  db: Database,
  audit: { buffered(): number },
  version: string,
  health: Health,
  queueDepths?: () => Promise<readonly QueueDepth[]>,
): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'gravity_build_info',
    help: 'Version of the running software.',
    labelNames: ['version', 'node'],
    registers,
  }).set({ version, node: process.version }, 1);

  const requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the request to the end of its answer, by route.',
    labelNames: ['method', 'route', 'status_code'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const inFlight = new Gauge({ name: 'http_requests_in_flight', help: 'Requests being served.', registers });
  app.addHook('onRequest', async () => inFlight.inc());
  requestEnd.listen((request, status, elapsedMilliseconds, reply) => {
    inFlight.dec();
    // An event stream lasts as long as its job; its length says nothing about the server.
    if (String(reply.getHeader('content-type')).startsWith('text/event-stream')) return;
    // The pattern, not the path: ids would make a series each.
    const route = request.routeOptions.url ?? 'unknown';
    requests.observe({ method: request.method, route, status_code: status }, elapsedMilliseconds / 1000);
  });

  const deprecated = new Counter({
    name: 'gravity_deprecated_requests_total',
    help: 'Requests to operations that are going to go; who sent them is in the audit log.',
    labelNames: ['method', 'route'],
    registers,
  });
  requestEnd.listen(({ method, routeOptions }) => {
    if (routeOptions.config.deprecationHeaders)
      deprecated.inc({ method, route: routeOptions.url ?? 'unknown' });
  });

  const databaseUp = new Gauge({
    name: 'gravity_database_up',
    help: '1 when the database answers.',
    registers,
  });
  const jobs = new Gauge({
    name: 'gravity_jobs',
    help: 'Jobs by type and status.',
    labelNames: ['type', 'status'],
    registers,
  });
  const readDatabase = async () => {
    const figures = await queryJobs(db).catch(() => undefined);
    databaseUp.set(figures === undefined ? 0 : 1);
    jobs.reset();
    for (const { type, status, count } of figures ?? []) jobs.set({ type, status }, count);
  };
  new Gauge({
    name: 'gravity_audit_buffered_rows',
    help: 'Audit rows not yet in the database.',
    registers,
    collect() {
      this.set(audit.buffered());
    },
  });
  const loginFailures = new Counter({
    name: 'gravity_login_failures_total',
    help: 'Refused logins.',
    registers,
  });
  addDatabaseMetrics(registry, db);
  const readHealth = addHealthGauges(registry, health);
  const readQueues = addQueueMetrics(registry, db, queueDepths);
  return {
    contentType: registry.contentType,
    loginFailures,
    async render() {
      await Promise.all([readDatabase(), readHealth(), readQueues()]);
      return registry.metrics();
    },
  };
}
