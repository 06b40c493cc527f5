import { type Static, Type } from 'typebox';
import type { Api, AppContext } from '../context.js';
import type { ComponentHealth } from '../health.js';
import { stringEnum } from '../schemas/common.js';

const Status = stringEnum(['ok', 'degraded', 'down']);
const Check = Type.Object({
  status: stringEnum(['up', 'down', 'external']),
  milliseconds: Type.Optional(Type.Number()),
});
const HealthSchema = Type.Object(
  {
    status: Status,
    version: Type.String(),
    uptime_seconds: Type.Number(),
    checks: Type.Object({ database: Check, object_store: Check, runner: Check }),
    components: Type.Record(
      Type.String(),
      Type.Object(
        { status: Status, milliseconds: Type.Optional(Type.Number()) },
        { additionalProperties: true },
      ),
      { description: 'Every part with its figures, such as engine, version, lag_seconds, free_bytes.' },
    ),
  },
  { title: 'Health' },
);
const LiveSchema = Type.Object({ status: stringEnum(['ok']) }, { title: 'Live' });
const ReadySchema = Type.Object({ ready: Type.Boolean() }, { title: 'Ready' });

const open = { rateLimit: false } as const;
const tags = ['system'];

function check({ status, milliseconds }: ComponentHealth): Static<typeof Check> {
  return { status: status === 'down' ? 'down' : 'up', milliseconds };
}

/** For load balancers and orchestrators: is the process alive, and should requests go to it now? */
function probeRoutes(api: Api, { health, closing, isReady }: AppContext): void {
  api.get(
    '/health/live',
    {
      config: open,
      schema: {
        operationId: 'getLiveness',
        tags,
        summary: 'Whether this process answers at all',
        description: 'Looks at nothing else: a process must not be restarted because its database is away.',
        response: { 200: LiveSchema },
      },
    },
    async (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' as const }),
  );
  api.get(
    '/health/ready',
    {
      config: open,
      schema: {
        operationId: 'getReadiness',
        tags,
        summary: 'Whether requests should be sent to this process',
        description: '503 while it starts or stops, and while its database does not answer.',
        response: { 200: ReadySchema, 503: ReadySchema },
      },
    },
    async (_request, reply) => {
      const ready = isReady() && !closing.aborted && (await health.read()).serves;
      return reply
        .code(ready ? 200 : 503)
        .header('cache-control', 'no-store')
        .send({ ready });
    },
  );
}

/** State of the parts, and the metrics. All are open: they name no user and no data. */
export function healthRoutes(api: Api, context: AppContext): void {
  const { runner, health, version, metrics } = context;
  api.get(
    '/health',
    {
      config: open,
      schema: {
        operationId: 'getHealth',
        tags,
        summary: 'How this server and its parts are',
        description:
          '200 as long as requests can be served, `degraded` when a part of less weight is missing; 503 with the same body when the database is down or the only job runner stands still. Runner `external`: jobs run elsewhere.',
        response: { 200: HealthSchema, 503: HealthSchema },
      },
    },
    async (_request, reply) => {
      const { status, serves, components } = await health.read();
      const { database, object_store: objectStore, jobs } = components;
      return reply
        .code(serves ? 200 : 503)
        .header('cache-control', 'no-store')
        .send({
          status,
          version,
          uptime_seconds: Math.round(process.uptime()),
          checks: {
            database: check(database),
            object_store: check(objectStore),
            runner: { status: runner === undefined ? ('external' as const) : check(jobs).status },
          },
          components,
        });
    },
  );
  probeRoutes(api, context);

  api.get(
    '/metrics',
    {
      config: open,
      schema: {
        operationId: 'getMetrics',
        tags,
        summary: 'Metrics for Prometheus',
        produces: ['text/plain'],
      },
    },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.render()),
  );
}
