import { Type } from 'typebox';
import { type ApiKeyRecord, createApiKey, listApiKeys, revokeApiKey } from '../../auth/api-keys.js';
import { type Api, type AppContext, principalOf } from '../context.js';
import { HttpError, notFound } from '../errors.js';
import { ApiKeyBody, ApiKeySchema, NewApiKeySchema } from '../schemas/auth.js';
import { iso, Uuid } from '../schemas/common.js';

const tags = ['auth'];
const maxKeysPerUser = 50;

function present({ id, name, prefix, created_at, last_used_at }: ApiKeyRecord) {
  return { id, name, prefix, created_at: iso(created_at), last_used_at: iso(last_used_at) };
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
        description: 'The answer is the only place where the key is shown.',
        body: ApiKeyBody,
        response: { 201: NewApiKeySchema },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      if (principal.via !== 'token')
        throw new HttpError(403, 'Keys are created with a login, not with a key');
      const keys = await listApiKeys(db, principal.id);
      if (keys.length >= maxKeysPerUser) {
        throw new HttpError(409, `There are ${maxKeysPerUser} keys already; delete one first`);
      }
      const { record, key } = await createApiKey(db, principal.id, request.body.name);
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
