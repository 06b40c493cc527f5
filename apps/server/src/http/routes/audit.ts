import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { exportAudit, readAudit } from '../../audit/query.js';
import { type Api, type AppContext, isAdmin, principalOf } from '../context.js';
import { decodeTimeCursor, timePage } from '../cursor.js';
import { CursorQuery, iso, NextCursor, NullableString, stringEnum, Timestamp } from '../schemas/common.js';

const tags = ['audit'];

const AuditSchema = Type.Object(
  {
    items: Type.Array(
      Type.Object({
        time: Timestamp,
        request_id: Type.String(),
        user_id: NullableString,
        username: NullableString,
        action: Type.String(),
        method: Type.String(),
        resource: Type.String(),
        ip: Type.String(),
        status: Type.Integer(),
        duration_ms: Type.Number(),
      }),
    ),
    next_cursor: NextCursor,
  },
  { title: 'AuditList' },
);

const Filters = {
  user_id: Type.Optional(Type.String({ format: 'uuid' })),
  username: Type.Optional(Type.String({ maxLength: 64 })),
  action: Type.Optional(Type.String({ maxLength: 200 })),
  method: Type.Optional(stringEnum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])),
  resource: Type.Optional(Type.String({ maxLength: 2000, description: 'The path begins with this.' })),
  ip: Type.Optional(Type.String({ maxLength: 100 })),
  request_id: Type.Optional(Type.String({ maxLength: 64 })),
  status: Type.Optional(Type.Integer({ minimum: 100, maximum: 599 })),
  status_class: Type.Optional(Type.Integer({ minimum: 1, maximum: 5, description: '4 for 400 to 499.' })),
  start_time: Type.Optional(Timestamp),
  end_time: Type.Optional(Timestamp),
};

/** The audit trail: all of it for admins, their own rows for others. */
export function auditRoutes(api: Api, { db, audit }: AppContext): void {
  api.get(
    '/audit',
    {
      schema: {
        operationId: 'listAudit',
        tags,
        summary: 'Audit trail, newest first',
        description: 'An admin sees every row, others see their own.',
        querystring: Type.Object({ ...Filters, ...CursorQuery }, { additionalProperties: false }),
        response: { 200: AuditSchema },
      },
    },
    async (request) => {
      const principal = principalOf(request);
      const { cursor, limit = 100, user_id: asked, ...filter } = request.query;
      if (!isAdmin(principal) && asked !== undefined && asked !== principal.id) {
        return { items: [], next_cursor: null };
      }
      const userId = isAdmin(principal) ? asked : principal.id;
      // What was answered before this request is in the list.
      await audit.flush().catch(() => undefined);
      const rows = await readAudit(
        db,
        { ...filter, ...(userId !== undefined && { user_id: userId }) },
        cursor === undefined ? undefined : decodeTimeCursor(cursor),
        limit + 1,
      );
      const { page, nextCursor } = timePage(rows, limit, (row) => [row.time_text, row.request_id]);
      return {
        items: page.map((row) => ({ ...row, time: iso(row.time) })),
        next_cursor: nextCursor,
      };
    },
  );

  api.get(
    '/audit/export',
    {
      config: { streams: true },
      schema: {
        operationId: 'exportAudit',
        tags,
        summary: 'Audit trail as a file, with its chain, newest first',
        querystring: Type.Object(
          { ...Filters, format: Type.Optional(stringEnum(['csv', 'ndjson'], { default: 'ndjson' })) },
          { additionalProperties: false },
        ),
        produces: ['application/x-ndjson', 'text/csv'],
      },
    },
    async (request, reply) => {
      const { format = 'ndjson', ...filter } = request.query;
      await audit.flush().catch(() => undefined);
      return reply
        .type(format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson; charset=utf-8')
        .header('content-disposition', `attachment; filename="audit.${format}"`)
        .header('cache-control', 'no-store')
        .send(Readable.from(exportAudit(db, filter, format), { objectMode: false }));
    },
  );
}
