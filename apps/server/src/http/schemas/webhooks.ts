import type { Selectable } from 'kysely';
import { type Static, Type } from 'typebox';
import type { WebhookDeliveriesTable, WebhooksTable } from '../../db/schema.js';
import {
  iso,
  NextCursor,
  NullableInteger,
  NullableNumber,
  NullableString,
  NullableTimestamp,
  strict,
  stringEnum,
  Timestamp,
  Uuid,
} from './common.js';
import { jobTypes } from './jobs.js';

export const webhookEvents = ['job.completed', 'job.failed', 'job.cancelled'] as const;

const Url = Type.String({
  minLength: 8,
  maxLength: 2048,
  description: 'http or https, a public address. Redirects are not followed.',
});
const Events = Type.Array(stringEnum(webhookEvents), { minItems: 1, maxItems: 3, uniqueItems: true });
const Types = Type.Array(stringEnum(jobTypes), { minItems: 1, maxItems: 4, uniqueItems: true });
const Description = Type.String({ maxLength: 200 });

export const WebhookBody = Type.Object(
  {
    url: Url,
    events: Type.Optional({ ...Events, description: 'Default: all.' }),
    job_types: Type.Optional({ ...Types, description: 'Default: all.' }),
    description: Type.Optional(Description),
  },
  {
    ...strict,
    title: 'WebhookRequest',
    examples: [{ url: 'https://example.org/hooks/gravity', events: ['job.completed', 'job.failed'] }],
  },
);

export const WebhookPatch = Type.Object(
  {
    url: Type.Optional(Url),
    events: Type.Optional(Events),
    job_types: Type.Optional(Types),
    description: Type.Optional(Description),
    active: Type.Optional(
      Type.Boolean({ description: 'true switches a webhook on again that failures have switched off.' }),
    ),
  },
  { ...strict, minProperties: 1, title: 'WebhookPatch' },
);

const webhookFields = {
  id: Uuid,
  user_id: Uuid,
  url: Type.String(),
  events: Events,
  job_types: Type.Unsafe<string[] | null>({ type: ['array', 'null'], items: stringEnum(jobTypes) }),
  description: NullableString,
  active: Type.Boolean(),
  disabled_reason: NullableString,
  failures: Type.Integer({ description: 'Attempts that failed since the last one that did not.' }),
  created_at: Timestamp,
  updated_at: Timestamp,
  last_success_at: NullableTimestamp,
};
export const WebhookSchema = Type.Object(webhookFields, { title: 'Webhook' });
export const CreatedWebhookSchema = Type.Object(
  {
    ...webhookFields,
    secret: Type.String({ description: 'Verifies the signatures; shown this once.' }),
  },
  { title: 'CreatedWebhook' },
);
export const WebhookListSchema = Type.Object({ items: Type.Array(WebhookSchema) }, { title: 'WebhookList' });

export const WebhookDeliverySchema = Type.Object(
  {
    id: Type.String({ format: 'uuid', description: 'Of the event; in the header webhook-id.' }),
    event: Type.String(),
    job_id: NullableString,
    status: stringEnum(['pending', 'delivered', 'failed']),
    attempts: Type.Integer(),
    next_attempt_at: NullableTimestamp,
    last_status: NullableInteger,
    last_error: NullableString,
    duration_ms: NullableNumber,
    created_at: Timestamp,
    delivered_at: NullableTimestamp,
  },
  { title: 'WebhookDelivery' },
);
export const WebhookDeliveryListSchema = Type.Object(
  { items: Type.Array(WebhookDeliverySchema), next_cursor: NextCursor },
  { title: 'WebhookDeliveryList' },
);

export function presentWebhook(hook: Selectable<WebhooksTable>): Static<typeof WebhookSchema> {
  const { sealed_secret: _secret, ...rest } = hook;
  return {
    ...rest,
    events: rest.events as (typeof webhookEvents)[number][],
    created_at: iso(hook.created_at),
    updated_at: iso(hook.updated_at),
    last_success_at: iso(hook.last_success_at),
  };
}

export function presentDelivery(
  row: Selectable<WebhookDeliveriesTable>,
): Static<typeof WebhookDeliverySchema> {
  const { id, event, job_id, status, attempts, last_status, last_error, duration_ms } = row;
  return {
    id,
    event,
    job_id,
    status,
    attempts,
    next_attempt_at: status === 'pending' ? iso(row.next_attempt_at) : null,
    last_status,
    last_error,
    duration_ms,
    created_at: iso(row.created_at),
    delivered_at: iso(row.delivered_at),
  };
}
