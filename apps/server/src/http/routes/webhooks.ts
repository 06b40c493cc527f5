import { randomUUID } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import { Type } from 'typebox';
import type { WebhooksTable } from '../../db/schema.js';
import { createWebhookSecret } from '../../webhooks/signature.js';
import { sealContext, TEST_EVENT } from '../../webhooks/webhook-sender.js';
import { type Api, type AppContext, isAdmin, principalOf } from '../context.js';
import { decodeTimeCursor, timePage } from '../cursor.js';
import { HttpError, notFound } from '../errors.js';
import { publicUrl } from '../job-options.js';
import { CursorQuery, Uuid } from '../schemas/common.js';
import {
  CreatedWebhookSchema,
  presentDelivery,
  presentWebhook,
  WebhookBody,
  WebhookDeliveryListSchema,
  WebhookDeliverySchema,
  WebhookListSchema,
  WebhookPatch,
  WebhookSchema,
  webhookEvents,
} from '../schemas/webhooks.js';

const tags = ['webhooks'];
const perUser = 20;
const params = Type.Object({ webhook_id: Uuid });

type WebhookRow = Selectable<WebhooksTable>;

/** The webhook, if it is the caller's or the caller is admin; 404 otherwise. */
async function visibleWebhook(
  { db }: AppContext,
  request: Parameters<typeof principalOf>[0],
  id: string,
): Promise<WebhookRow> {
  const principal = principalOf(request);
  const row = await db.kysely.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined || (row.user_id !== principal.id && !isAdmin(principal))) throw notFound('Webhook');
  return row;
}

/** Addresses that are told when the caller's jobs have ended. */
export function webhookRoutes(api: Api, context: AppContext): void {
  addWebhooks(api, context);
  addWebhook(api, context);
  addDeliveries(api, context);
}

function addWebhooks(api: Api, { db, outbound, secrets }: AppContext): void {
  api.post(
    '/webhooks',
    {
      schema: {
        operationId: 'createWebhook',
        tags,
        summary: 'Be told when your jobs end',
        description:
          'The address gets a POST signed as Standard Webhooks prescribes (webhook-id, webhook-timestamp, webhook-signature: HMAC-SHA256). The secret is in this answer only.',
        body: WebhookBody,
        response: { 201: CreatedWebhookSchema },
      },
    },
    async (request, reply) => {
      const { url, events = [...webhookEvents], job_types = null, description = null } = request.body;
      const userId = principalOf(request).id;
      const target = await publicUrl('url', url, outbound);
      const id = randomUUID();
      const secret = createWebhookSecret();
      const row = await db.kysely.transaction().execute(async (transaction) => {
        await sql`select 1 from users where id = ${userId} for no key update`.execute(transaction);
        const { count } = await transaction
          .selectFrom('webhooks')
          .select((eb) => eb.fn.countAll<string>().as('count'))
          .where('user_id', '=', userId)
          .executeTakeFirstOrThrow();
        if (Number(count) >= perUser)
          throw new HttpError(409, `You have ${perUser} webhooks, the most allowed`);
        return transaction
          .insertInto('webhooks')
          .values({
            id,
            user_id: userId,
            url: target,
            events: [...events],
            job_types: job_types === null ? null : [...job_types],
            description,
            sealed_secret: secrets.seal(secret, sealContext(id, target)),
          })
          .returningAll()
          .executeTakeFirstOrThrow();
      });
      reply.code(201).header('location', `/webhooks/${id}`).header('cache-control', 'no-store');
      return { ...presentWebhook(row), secret };
    },
  );

  api.get(
    '/webhooks',
    {
      schema: {
        operationId: 'listWebhooks',
        tags,
        summary: 'Your webhooks, newest first',
        response: { 200: WebhookListSchema },
      },
    },
    async (request) => {
      const rows = await db.kysely
        .selectFrom('webhooks')
        .selectAll()
        .where('user_id', '=', principalOf(request).id)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .execute();
      return { items: rows.map(presentWebhook) };
    },
  );
}

function addWebhook(api: Api, context: AppContext): void {
  const { db, outbound } = context;
  api.get(
    '/webhooks/:webhook_id',
    {
      schema: {
        operationId: 'getWebhook',
        tags,
        summary: 'One webhook',
        params,
        response: { 200: WebhookSchema },
      },
    },
    async (request) => presentWebhook(await visibleWebhook(context, request, request.params.webhook_id)),
  );

  api.patch(
    '/webhooks/:webhook_id',
    {
      schema: {
        operationId: 'updateWebhook',
        tags,
        summary: 'Change a webhook, or switch it on or off',
        params,
        body: WebhookPatch,
        response: { 200: WebhookSchema },
      },
    },
    async (request) => {
      const hook = await visibleWebhook(context, request, request.params.webhook_id);
      const { url, active, events, job_types, description } = request.body;
      const target = url === undefined ? undefined : await publicUrl('url', url, outbound);
      const row = await db.kysely
        .updateTable('webhooks')
        .set({
          ...(target !== undefined && { url: target }),
          ...(events !== undefined && { events: [...events] }),
          ...(job_types !== undefined && { job_types: [...job_types] }),
          ...(description !== undefined && { description }),
          ...(active !== undefined && {
            active,
            failures: 0,
            disabled_reason: active ? null : 'switched off by its owner',
          }),
          updated_at: new Date(),
        })
        .where('id', '=', hook.id)
        .returningAll()
        .executeTakeFirst();
      if (row === undefined) throw notFound('Webhook');
      return presentWebhook(row);
    },
  );

  api.delete(
    '/webhooks/:webhook_id',
    {
      schema: {
        operationId: 'deleteWebhook',
        tags,
        summary: 'Remove a webhook, with its log and what was still to be sent',
        params,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const hook = await visibleWebhook(context, request, request.params.webhook_id);
      await db.kysely.deleteFrom('webhooks').where('id', '=', hook.id).execute();
      return reply.code(204).send(null);
    },
  );
}

function addDeliveries(api: Api, context: AppContext): void {
  const { db, jobs } = context;
  api.get(
    '/webhooks/:webhook_id/deliveries',
    {
      schema: {
        operationId: 'listWebhookDeliveries',
        tags,
        summary: 'What was sent, newest first, and what came of it',
        description: 'The log of the last 30 days.',
        params,
        querystring: Type.Object(CursorQuery, { additionalProperties: false }),
        response: { 200: WebhookDeliveryListSchema },
      },
    },
    async (request) => {
      const hook = await visibleWebhook(context, request, request.params.webhook_id);
      const { cursor, limit = 100 } = request.query;
      let query = db.kysely
        .selectFrom('webhook_deliveries')
        .selectAll()
        .select(sql<string>`created_at::text`.as('created_text'))
        .where('webhook_id', '=', hook.id);
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
      return { items: page.map(presentDelivery), next_cursor: nextCursor };
    },
  );

  api.post(
    '/webhooks/:webhook_id/test',
    {
      schema: {
        operationId: 'testWebhook',
        tags,
        summary: 'Send a message of type webhook.test',
        description: 'What became of it is in the list of deliveries. 409 while the webhook is switched off.',
        params,
        response: { 201: WebhookDeliverySchema },
      },
    },
    async (request, reply) => {
      const hook = await visibleWebhook(context, request, request.params.webhook_id);
      if (!hook.active) throw new HttpError(409, 'The webhook is switched off');
      const row = await db.kysely
        .insertInto('webhook_deliveries')
        .values({ webhook_id: hook.id, user_id: hook.user_id, event: TEST_EVENT })
        .returningAll()
        .executeTakeFirstOrThrow();
      jobs.messagesWaiting();
      reply.code(201);
      return presentDelivery(row);
    },
  );
}
