import { type Static, Type } from 'typebox';
import { LastAdminError, listUsers, type UserRecord, updateUser } from '../../auth/users.js';
import type { Api, AppContext } from '../context.js';
import { HttpError, notFound } from '../errors.js';
import { UserPatchBody, UserSchema } from '../schemas/auth.js';
import { iso, Uuid } from '../schemas/common.js';

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
      config: { access: 'admin' },
      schema: {
        operationId: 'listUsers',
        tags,
        summary: 'All users',
        response: { 200: Type.Object({ items: Type.Array(UserSchema) }, { title: 'UserList' }) },
      },
    },
    async () => ({ items: (await listUsers(db)).map(presentUser) }),
  );

  api.patch(
    '/users/:user_id',
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'updateUser',
        tags,
        summary: 'Change role or access of a user',
        params: Type.Object({ user_id: Uuid }),
        body: UserPatchBody,
        response: { 200: UserSchema },
      },
    },
    async (request) => {
      try {
        const user = await updateUser(db, request.params.user_id, request.body);
        if (user === undefined) throw notFound('User');
        return presentUser(user);
      } catch (error) {
        if (error instanceof LastAdminError) throw new HttpError(409, error.message);
        throw error;
      }
    },
  );
}
