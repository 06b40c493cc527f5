import type {} from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import type { RequestEnd } from '../http/request-end.js';
import type { AuditWriter } from './audit-writer.js';

/**
 * One row for each request that was let in, whatever its answer. Requests turned away by a rate limit (429) were
 * not: they are counted in the metrics only.
 */
export function installAudit(app: FastifyInstance, requestEnd: RequestEnd, writer: AuditWriter): void {
  app.addHook('onRequest', () => writer.waitForRoom());
  requestEnd.listen((request, status, elapsedMilliseconds) => {
    if (status === 429) return;
    const { method, routeOptions, principal } = request;
    const resource = (request.originalUrl ?? request.url).split('?', 1)[0].slice(0, 2000);
    const operation = routeOptions.schema?.operationId;
    writer.record({
      time: new Date(Date.now() - elapsedMilliseconds).toISOString(),
      request_id: request.id,
      user_id: principal?.id ?? null,
      username: principal?.username ?? null,
      action: operation ?? (routeOptions.url === undefined ? 'unknown' : `${method} ${routeOptions.url}`),
      method,
      // PostgreSQL text takes no NUL; control characters help nobody in a log.
      resource: resource.replace(/[^\x20-\x7e]/g, '?'),
      ip: request.ip,
      status,
      duration_ms: Math.max(0, Math.round(elapsedMilliseconds * 1000) / 1000),
    });
  });
}
