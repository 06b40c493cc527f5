import { sql } from 'kysely';
import { Type } from 'typebox';
import { type Api, type AppContext, isAdmin, principalOf } from '../context.js';
import { decodeTimeCursor, timePage } from '../cursor.js';
import { CursorQuery, iso, NextCursor, NullableString, Timestamp } from '../schemas/common.js';

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

/** The audit trail: all of it for admins, their own rows for others. */
export function auditRoutes(api: Api, { db, audit }: AppContext): void {
  api.get(
    '/audit',
    {
      schema: {
        operationId: 'listAudit',
        tags: ['audit'],
        summary: 'Audit trail, newest first',
        description: 'An admin sees every row, others see their own.',
        querystring: Type.Object(
          {
            user_id: Type.Optional(Type.String({ format: 'uuid' })),
            action: Type.Optional(Type.String({ maxLength: 200 })),
            status: Type.Optional(Type.Integer({ minimum: 100, maximum: 599 })),
            start_time: Type.Optional(Timestamp),
            end_time: Type.Optional(Timestamp),
            ...CursorQuery,
          },
          { additionalProperties: false },
        ),
        response: { 200: AuditSchema },
      },
    },
    async (request) => {
      const principal = principalOf(request);
      const { user_id, action, status, start_time, end_time, cursor, limit = 100 } = request.query;
      // What was answered before this request is in the list.
      await audit.flush().catch(() => undefined);
      let query = db.kysely
        .selectFrom('audit_logs')
        .selectAll()
        .select(sql<string>`time::text`.as('time_text'));
      if (!isAdmin(principal)) query = query.where('user_id', '=', principal.id);
      if (user_id !== undefined) query = query.where('user_id', '=', user_id);
      if (action !== undefined) query = query.where('action', '=', action);
      if (status !== undefined) query = query.where('status', '=', status);
      if (start_time !== undefined) query = query.where('time', '>=', new Date(start_time));
      if (end_time !== undefined) query = query.where('time', '<', new Date(end_time));
      if (cursor !== undefined) {
        const [time, id] = decodeTimeCursor(cursor);
        query = query.where(sql<boolean>`(time, request_id) < (${time}::timestamptz, ${id})`);
      }
      const rows = await query
        .orderBy('time', 'desc')
        .orderBy('request_id', 'desc')
        .limit(limit + 1)
        .execute();
      const { page, nextCursor } = timePage(rows, limit, (row) => [row.time_text, row.request_id]);
      return {
        items: page.map(({ time_text: _text, ...row }) => ({ ...row, time: iso(row.time) })),
        next_cursor: nextCursor,
      };
    },
  );
}
