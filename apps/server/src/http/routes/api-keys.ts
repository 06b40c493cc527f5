import { Type } from 'typebox';
import { type ApiKeyRecord, createApiKey, listApiKeys, revokeApiKey } from '../../auth/api-keys.js';
import type { Scope } from '../../auth/permissions.js';
import { type Api, type AppContext, isAdmin, principalOf } from '../context.js';
import { HttpError, notFound } from '../errors.js';
import { ApiKeyBody, ApiKeySchema, NewApiKeySchema } from '../schemas/auth.js';
import { iso, Uuid } from '../schemas/common.js';

const tags = ['auth'];
const maxKeysPerUser = 50;

const defaultScopes: readonly Scope[] = ['read', 'jobs', 'products'];
const defaultDays = 90;

function present({ id, name, prefix, scopes, created_at, expires_at, last_used_at }: ApiKeyRecord) {
  return {
    id,
    name,
    prefix,
    scopes,
    created_at: iso(created_at),
    expires_at: iso(expires_at),
    last_used_at: iso(last_used_at),
  };
}

/** API keys of the caller. A key cannot make further keys. */
export function apiKeyRoutes(api: Api, { db }: AppContext): void {
  api.post(
    '/auth/api-keys',
    {
      schema: {
        operationId: 'createApiKey',
        tags,
        summary: 'Create an API key',
        description:
          'The answer is the only place where the key is shown. A key does what its user may do and its scopes allow: `read`; `jobs` (plan, ingest, process, upload, cancel); `products` (catalogue and publish); `admin` (what only admins may do).',
        body: ApiKeyBody,
        response: { 201: NewApiKeySchema },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const { name, scopes = defaultScopes, expires_in_days = defaultDays } = request.body;
      if (scopes.includes('admin') && !isAdmin(principal)) {
        throw new HttpError(403, 'Only an admin can have keys of the scope admin');
      }
      const keys = await listApiKeys(db, principal.id);
      if (keys.length >= maxKeysPerUser) {
        throw new HttpError(409, `There are ${maxKeysPerUser} keys already; delete one first`);
      }
      const expiresAt = new Date(Date.now() + expires_in_days * 86_400_000);
      const { record, key } = await createApiKey(db, principal.id, { name, scopes, expiresAt });
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({ ...present(record), key });
    },
  );

  api.get(
    '/auth/api-keys',
    {
      schema: {
        operationId: 'listApiKeys',
        tags,
        summary: 'Your API keys',
        response: { 200: Type.Object({ items: Type.Array(ApiKeySchema) }, { title: 'ApiKeyList' }) },
      },
    },
    async (request) => ({ items: (await listApiKeys(db, principalOf(request).id)).map(present) }),
  );

  api.delete(
    '/auth/api-keys/:key_id',
    {
      schema: {
        operationId: 'revokeApiKey',
        tags,
        summary: 'Revoke an API key',
        params: Type.Object({ key_id: Uuid }),
        response: { 204: Type.Null({ description: 'Revoked.' }) },
      },
    },
    async (request, reply) => {
      const revoked = await revokeApiKey(db, principalOf(request).id, request.params.key_id);
      if (!revoked) throw notFound('API key');
      return reply.code(204).send(null);
    },
  );
}
