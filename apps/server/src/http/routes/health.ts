import { Type } from 'typebox';
import type { Api, AppContext } from '../context.js';
import { stringEnum } from '../schemas/common.js';

const timeoutMilliseconds = 3000;
const Check = Type.Object({
  status: stringEnum(['up', 'down', 'external']),
  milliseconds: Type.Optional(Type.Number()),
});
const HealthSchema = Type.Object(
  {
    status: stringEnum(['ok', 'degraded']),
    version: Type.String(),
    uptime_seconds: Type.Number(),
    checks: Type.Object({ database: Check, object_store: Check, runner: Check }),
  },
  { title: 'Health' },
);

async function probe(
  check: () => Promise<unknown>,
): Promise<{ status: 'up' | 'down'; milliseconds: number }> {
  const start = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('timeout')), timeoutMilliseconds);
  });
  try {
    await Promise.race([check(), timeout]);
    return { status: 'up', milliseconds: Math.round((performance.now() - start) * 10) / 10 };
  } catch {
    return { status: 'down', milliseconds: Math.round((performance.now() - start) * 10) / 10 };
  } finally {
    clearTimeout(timer);
  }
}

/** State of the parts, and the metrics. Both are open: they name no user and no data. */
export function healthRoutes(api: Api, { db, objects, runner, version, metrics }: AppContext): void {
  const open = { access: 'public', rateLimit: false } as const;
  api.get(
    '/health',
    {
      config: open,
      schema: {
        operationId: 'getHealth',
        tags: ['system'],
        summary: 'Whether this server works',
        description:
          '200 when every part works, else 503 with the same body. Runner `external`: jobs run elsewhere.',
        response: { 200: HealthSchema, 503: HealthSchema },
      },
    },
    async (_request, reply) => {
      const [database, objectStore] = await Promise.all([
        probe(() => db.ping()),
        probe(() => objects.head('temp', 'health-check')),
      ]);
      const runnerState =
        runner === undefined ? 'external' : runner.status().running ? ('up' as const) : ('down' as const);
      const checks = { database, object_store: objectStore, runner: { status: runnerState } } as const;
      const ok = database.status === 'up' && objectStore.status === 'up' && runnerState !== 'down';
      return reply
        .code(ok ? 200 : 503)
        .header('cache-control', 'no-store')
        .send({
          status: ok ? 'ok' : 'degraded',
          version,
          uptime_seconds: Math.round(process.uptime()),
          checks,
        });
    },
  );

  api.get(
    '/metrics',
    {
      config: open,
      schema: {
        operationId: 'getMetrics',
        tags: ['system'],
        summary: 'Metrics for Prometheus',
        produces: ['text/plain'],
      },
    },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.render()),
  );
}
