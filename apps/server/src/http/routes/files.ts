import { sql } from 'kysely';
import { Type } from 'typebox';
import type { Api, AppContext } from '../context.js';
import { decodeTimeCursor, timePage } from '../cursor.js';
import { notFound } from '../errors.js';
import { CursorQuery, Uuid } from '../schemas/common.js';
import { FileListSchema, FileSchema, presentFile } from '../schemas/products.js';

const tags = ['observations'];

/** Ingested files. Observations are common property of all users of a server, and so are their files. */
export function fileRoutes(api: Api, { db }: AppContext): void {
  api.get(
    '/files',
    {
      schema: {
        operationId: 'listFiles',
        tags,
        summary: 'Ingested files and their quality, newest first',
        querystring: Type.Object(
          {
            product: Type.Optional(Type.String({ maxLength: 64 })),
            satellite: Type.Optional(Type.String({ maxLength: 64 })),
            job_id: Type.Optional(Type.String({ format: 'uuid' })),
            ...CursorQuery,
          },
          { additionalProperties: false },
        ),
        response: { 200: FileListSchema },
      },
    },
    async (request) => {
      const { product, satellite, job_id, cursor, limit = 100 } = request.query;
      let query = db.kysely
        .selectFrom('ingested_files')
        .selectAll()
        .select(sql<string>`created_at::text`.as('created_text'));
      if (product !== undefined) query = query.where('product', '=', product);
      if (satellite !== undefined) query = query.where('satellite', '=', satellite);
      if (job_id !== undefined) query = query.where('job_id', '=', job_id);
      if (cursor !== undefined) {
        const [time, id] = decodeTimeCursor(cursor);
        query = query.where(sql<boolean>`(created_at, id) < (${time}::timestamptz, ${id}::uuid)`);
      }
      const rows = await query
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute();
      const { page, nextCursor } = timePage(rows, limit, (row) => [row.created_text, row.id]);
      return {
        items: page.map(presentFile),
        next_cursor: nextCursor,
      };
    },
  );

  api.get(
    '/files/:file_id',
    {
      schema: {
        operationId: 'getFile',
        tags,
        summary: 'One ingested file',
        params: Type.Object({ file_id: Uuid }),
        response: { 200: FileSchema },
      },
    },
    async (request) => {
      const file = await db.kysely
        .selectFrom('ingested_files')
        .selectAll()
        .where('id', '=', request.params.file_id)
        .executeTakeFirst();
      if (file === undefined) throw notFound('File');
      return presentFile(file);
    },
  );
}
