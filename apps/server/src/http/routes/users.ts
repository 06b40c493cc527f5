import { type Static, Type } from 'typebox';
import { unlockLogin } from '../../auth/login-guard.js';
import { LastAdminError, listUsers, type UserRecord, updateUser } from '../../auth/users.js';
import type { Api, AppContext } from '../context.js';
import { HttpError, notFound } from '../errors.js';
import { roles, UserListSchema, UserPatchBody, UserSchema } from '../schemas/auth.js';
import { iso, stringEnum, Uuid } from '../schemas/common.js';

const tags = ['users'];

export function presentUser(user: UserRecord): Static<typeof UserSchema> {
  const { id, username, email, role, disabled, created_at } = user;
  return { id, username, email, role, disabled, created_at: iso(created_at) };
}

/** Users and their roles, for admins. */
export function userRoutes(api: Api, { db }: AppContext): void {
  api.get(
    '/users',
    {
      schema: {
        operationId: 'listUsers',
        tags,
        summary: 'Users',
        querystring: Type.Object(
          {
            role: Type.Optional(stringEnum(roles)),
            disabled: Type.Optional(Type.Boolean()),
            search: Type.Optional(
              Type.String({ minLength: 1, maxLength: 100, description: 'Part of name or address.' }),
            ),
            sort: Type.Optional(
              stringEnum(['created_at', '-created_at', 'username', '-username'], { default: 'created_at' }),
            ),
            skip: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 })),
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
          },
          { additionalProperties: false },
        ),
        response: { 200: UserListSchema },
      },
    },
    async (request) => {
      const { sort = 'created_at', skip = 0, limit = 100, ...filter } = request.query;
      const { users, total } = await listUsers(db, {
        ...filter,
        sort: sort.endsWith('username') ? 'username' : 'created_at',
        descending: sort.startsWith('-'),
        skip,
        limit,
      });
      return { items: users.map(presentUser), total, skip, limit };
    },
  );

  api.patch(
    '/users/:user_id',
    {
      schema: {
        operationId: 'updateUser',
        tags,
        summary: 'Change role or access of a user',
        description: '`locked: false` takes the lock of too many failed logins away.',
        params: Type.Object({ user_id: Uuid }),
        body: UserPatchBody,
        response: { 200: UserSchema },
      },
    },
    async (request) => {
      try {
        const { locked, ...change } = request.body;
        const user = await updateUser(db, request.params.user_id, change);
        if (user === undefined) throw notFound('User');
        if (locked === false) await unlockLogin(db, user.username);
        return presentUser(user);
      } catch (error) {
        if (error instanceof LastAdminError) throw new HttpError(409, error.message);
        throw error;
      }
    },
  );
}
