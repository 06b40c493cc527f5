import formbody from '@fastify/formbody';
import { type Static, Type } from 'typebox';
import { createAttemptLimiter } from '../../auth/attempt-limiter.js';
import { passwordProblem } from '../../auth/passwords.js';
import { revokeSession, rotateSession } from '../../auth/sessions.js';
import { accessTokenSeconds, type TokenPair } from '../../auth/tokens.js';
import { DuplicateUserError, findCredentials, findUser, registerUser } from '../../auth/users.js';
import { type Api, type AppContext, principalOf, unauthorized } from '../context.js';
import { HttpError, invalidField } from '../errors.js';
import { RefreshBody, RegisterBody, TokenBody, TokenSchema, UserSchema } from '../schemas/auth.js';
import { presentUser } from './users.js';

const tags = ['auth'];
const failuresPerUserPerMinute = 10;
const failuresPerAddressPerMinute = 50;
/** bcrypt takes a fraction of a second of one core: no address may ask for more than this per minute. */
const hashRateLimit = { max: 60, timeWindow: '1 minute' };

function presentTokens(pair: TokenPair): Static<typeof TokenSchema> {
  return {
    access_token: pair.accessToken,
    token_type: 'bearer',
    expires_in: accessTokenSeconds,
    refresh_token: pair.refreshToken,
  };
}

function addRegister(api: Api, { db, passwords }: AppContext): void {
  api.post(
    '/auth/register',
    {
      config: { access: 'public', rateLimit: hashRateLimit },
      schema: {
        operationId: 'registerUser',
        tags,
        summary: 'Register a user',
        description: 'The first registered user becomes admin, all later ones operator.',
        body: RegisterBody,
        response: { 201: UserSchema },
      },
    },
    async (request, reply) => {
      const { username, email, password } = request.body;
      const problem = passwordProblem(password);
      if (problem !== undefined) throw invalidField('password', problem);
      try {
        const user = await registerUser(db, {
          username,
          email,
          passwordHash: await passwords.hash(password),
        });
        return await reply.code(201).header('location', '/auth/me').send(presentUser(user));
      } catch (error) {
        if (!(error instanceof DuplicateUserError)) throw error;
        throw new HttpError(409, error.message, [{ field: error.field, message: 'is taken' }]);
      }
    },
  );
}

function refuseAfterFailures(waitSeconds: number): void {
  if (waitSeconds === 0) return;
  throw new HttpError(429, `Too many failed logins; try again in ${waitSeconds} s`, [], {
    'retry-after': String(waitSeconds),
  });
}

async function addToken(api: Api, context: AppContext): Promise<void> {
  const { db, passwords, tokens, metrics, shared } = context;
  const perUser = createAttemptLimiter(shared, 'user', failuresPerUserPerMinute, 60);
  const perAddress = createAttemptLimiter(shared, 'address', failuresPerAddressPerMinute, 60);
  const judge = async (username: string, password: string) => {
    const user = await findCredentials(db, username);
    const matches = await passwords.verify(password, user?.password_hash);
    return matches && user?.disabled === false ? user : undefined;
  };
  await api.register(formbody);
  api.post(
    '/auth/token',
    {
      config: { access: 'public', rateLimit: hashRateLimit },
      schema: {
        operationId: 'login',
        tags,
        summary: 'Log in',
        description:
          'Form-encoded OAuth2 password grant; JSON is accepted too. The access token is valid for 30 minutes.',
        consumes: ['application/x-www-form-urlencoded', 'application/json'],
        body: TokenBody,
        response: { 200: TokenSchema },
      },
    },
    async (request, reply) => {
      const { username, password } = request.body;
      const userKey = `${request.ip} ${username.toLowerCase()}`;
      refuseAfterFailures(await perUser.begin(userKey));
      const addressWait = await perAddress.begin(request.ip);
      if (addressWait > 0) await perUser.released(userKey);
      refuseAfterFailures(addressWait);
      const user = await judge(username, password).catch(async (error) => {
        await Promise.all([perUser.released(userKey), perAddress.released(request.ip)]);
        throw error;
      });
      if (user === undefined) {
        metrics.loginFailures.inc();
        throw unauthorized('Incorrect username or password');
      }
      await Promise.all([perUser.succeeded(userKey), perAddress.released(request.ip)]);
      const pair = await tokens.issue(user.id);
      return reply.header('cache-control', 'no-store').send(presentTokens(pair));
    },
  );
}

/** Registration, login, the caller's own account, refresh and logout. */
export async function authRoutes(api: Api, context: AppContext): Promise<void> {
  const { db, tokens } = context;
  addRegister(api, context);
  // The form parser belongs to this one route: everywhere else a form is an unsupported media type.
  await api.register(async (scope) => addToken(scope.withTypeProvider(), context));

  api.get(
    '/auth/me',
    {
      schema: {
        operationId: 'getCurrentUser',
        tags,
        summary: 'The user of this token or API key',
        response: { 200: UserSchema },
      },
    },
    async (request) => {
      const user = await findUser(db, principalOf(request).id);
      if (user === undefined) throw unauthorized('This user no longer exists', 'invalid_token');
      return presentUser(user);
    },
  );

  api.post(
    '/auth/refresh',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'refreshToken',
        tags,
        summary: 'Exchange a refresh token',
        description: 'A refresh token works once. A second use ends the login it belongs to.',
        body: RefreshBody,
        response: { 200: TokenSchema },
      },
    },
    async (request, reply) => {
      const pair = await rotateSession(db, tokens, request.body.refresh_token);
      if (pair === undefined)
        throw unauthorized('The refresh token is not valid, expired or used', 'invalid_token');
      return reply.header('cache-control', 'no-store').send(presentTokens(pair));
    },
  );

  api.post(
    '/auth/logout',
    {
      schema: {
        operationId: 'logout',
        tags,
        summary: 'End this login',
        description: 'Revokes the access token used and every token of the same login.',
        response: { 204: Type.Null({ description: 'Logged out.' }) },
      },
    },
    async (request, reply) => {
      const { token } = principalOf(request);
      if (token === undefined)
        throw new HttpError(400, 'An API key has no login to end; delete the key instead');
      await revokeSession(db, token);
      return reply.code(204).send(null);
    },
  );
}
