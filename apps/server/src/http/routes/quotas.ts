import { type Static, Type } from 'typebox';
import type { QuotaLimits, ServerConfig } from '../../config.js';
import type { Database } from '../../db/database.js';
import { limitsOf, useOf } from '../../jobs/quotas.js';
import { type Api, type AppContext, principalOf } from '../context.js';
import { notFound } from '../errors.js';
import { strict, Uuid } from '../schemas/common.js';

const tags = ['users'];
const params = Type.Object({ user_id: Uuid });

const limitAndUse = (description: string) =>
  Type.Object(
    {
      limit: Type.Unsafe<number | null>({ type: ['number', 'null'], description: 'null: none.' }),
      used: Type.Number(),
    },
    { description },
  );

export const QuotaSchema = Type.Object(
  {
    pending_jobs: limitAndUse('Jobs that wait to be started; more give 429.'),
    running_jobs: limitAndUse('Jobs that run; more wait.'),
    storage_bytes: limitAndUse('Ingested files and products; full, it gives 403 for ingest and process.'),
  },
  { title: 'Quota' },
);

const number = (minimum: number, description: string) =>
  Type.Optional(
    Type.Unsafe<number | null>({
      type: ['integer', 'null'],
      minimum,
      maximum: Number.MAX_SAFE_INTEGER,
      description,
    }),
  );
const QuotaBody = Type.Object(
  {
    pending_jobs: Type.Optional(
      Type.Unsafe<number | null>({ type: ['integer', 'null'], minimum: 0, maximum: 1_000_000 }),
    ),
    running_jobs: Type.Optional(
      Type.Unsafe<number | null>({ type: ['integer', 'null'], minimum: 1, maximum: 1_000_000 }),
    ),
    storage_bytes: number(0, 'Bytes.'),
  },
  {
    ...strict,
    title: 'QuotaRequest',
    description: 'What is null or left out is as the role of the user has it.',
    examples: [{ pending_jobs: 100, running_jobs: 4, storage_bytes: 50_000_000_000 }],
  },
);

/** What a user may have, and has. */
export async function readQuota(
  { kysely }: Pick<Database, 'kysely'>,
  quotas: ServerConfig['quotas'],
  userId: string,
): Promise<Static<typeof QuotaSchema>> {
  const [limits, use] = await Promise.all([limitsOf(kysely, quotas, userId), useOf(kysely, userId)]);
  const both = (key: keyof QuotaLimits) => ({ limit: limits[key], used: use[key] });
  return {
    pending_jobs: both('pendingJobs'),
    running_jobs: both('runningJobs'),
    storage_bytes: both('storageBytes'),
  };
}

/** Quotas of single users, for admins. */
export function quotaRoutes(api: Api, { config, db }: AppContext): void {
  const known = async (id: string): Promise<void> => {
    const user = await db.kysely.selectFrom('users').select('id').where('id', '=', id).executeTakeFirst();
    if (user === undefined) throw notFound('User');
  };
  api.get(
    '/users/:user_id/quota',
    {
      schema: {
        operationId: 'getUserQuota',
        tags,
        summary: 'What a user may have, and has',
        params,
        response: { 200: QuotaSchema },
      },
    },
    async (request) => {
      await known(request.params.user_id);
      return readQuota(db, config.quotas, request.params.user_id);
    },
  );

  api.put(
    '/users/:user_id/quota',
    {
      schema: {
        operationId: 'setUserQuota',
        tags,
        summary: 'Allow a user other numbers than those of the role',
        params,
        body: QuotaBody,
        response: { 200: QuotaSchema },
      },
    },
    async (request) => {
      const { user_id: userId } = request.params;
      const { pending_jobs = null, running_jobs = null, storage_bytes = null } = request.body;
      await known(userId);
      const values = {
        pending_jobs,
        running_jobs,
        storage_bytes,
        updated_at: new Date(),
        updated_by: principalOf(request).id,
      };
      await db.kysely
        .insertInto('user_quotas')
        .values({ user_id: userId, ...values })
        .onConflict((conflict) => conflict.column('user_id').doUpdateSet(values))
        .execute();
      return readQuota(db, config.quotas, userId);
    },
  );
}
