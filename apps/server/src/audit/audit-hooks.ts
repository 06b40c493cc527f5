import type {} from '@fastify/swagger';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { wasShed } from '../http/pressure.js';
import type { RequestEnd } from '../http/request-end.js';
import type { AuditRow } from './audit-row.js';
import type { AuditWriter } from './audit-writer.js';

const readingMethods = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Longer ones were made up by a client behind a proxy that is trusted too much. */
const maxAddressLength = 100;

/**
 * One row for each request that was let in, whatever its answer. Requests turned away by a rate limit (429) or because
 * of overload were not: they are counted in the metrics only. What may have changed something is in the journal before its answer
 * leaves, so that a process killed right after answering leaves its trace too.
 */
export function installAudit(app: FastifyInstance, requestEnd: RequestEnd, writer: AuditWriter): void {
  const addresses = new WeakMap<FastifyRequest, string | undefined>();
  const announced = new WeakMap<FastifyRequest, AuditRow>();
  app.addHook('onRequest', (request) => {
    // A closed connection no longer says whose it was.
    addresses.set(request, request.ip);
    return writer.waitForRoom();
  });
  app.addHook('onSend', async (request, reply) => {
    if (readingMethods.has(request.method) || reply.statusCode === 429 || wasShed(request)) return;
    const row = rowOf(request, addresses.get(request), reply.statusCode, reply.elapsedTime);
    announced.set(request, row);
    writer.announce(row);
  });
  requestEnd.listen((request, status, elapsedMilliseconds) => {
    const before = announced.get(request);
    if (status === 429 || wasShed(request)) return;
    const row = rowOf(request, addresses.get(request), status, elapsedMilliseconds);
    writer.record(before === undefined ? row : { ...row, time: before.time });
  });
}

function rowOf(
  request: FastifyRequest,
  address: string | undefined,
  status: FastifyReply['statusCode'],
  elapsedMilliseconds: number,
): AuditRow {
  const { method, routeOptions, principal } = request;
  const resource = (request.originalUrl ?? request.url).split('?', 1)[0].slice(0, 2000);
  const operation = routeOptions.schema?.operationId;
  return {
    time: new Date(Date.now() - elapsedMilliseconds).toISOString(),
    request_id: request.id,
    user_id: principal?.id ?? null,
    username: principal?.username ?? null,
    action: operation ?? (routeOptions.url === undefined ? 'unknown' : `${method} ${routeOptions.url}`),
    method,
    // PostgreSQL text takes no NUL; control characters help nobody in a log.
    resource: resource.replace(/[^\x20-\x7e]/g, '?'),
    ip: (address ?? '').slice(0, maxAddressLength).replace(/[^\x20-\x7e]/g, '?'),
    status,
    duration_ms: Math.max(0, Math.round(elapsedMilliseconds * 1000) / 1000),
  };
}
