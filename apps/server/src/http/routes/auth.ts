import formbody from '@fastify/formbody';
import { type Static, Type } from 'typebox';
import { type AttemptLimiter, createAttemptLimiter } from '../../auth/attempt-limiter.js';
import { createLoginGuard, type LoginGuard } from '../../auth/login-guard.js';
import { passwordProblem } from '../../auth/passwords.js';
import { revokeSession, rotateSession } from '../../auth/sessions.js';
import { accessTokenSeconds, type TokenPair } from '../../auth/tokens.js';
import {
  type Credentials,
  DuplicateUserError,
  findCredentials,
  findUser,
  registerUser,
  setPassword,
} from '../../auth/users.js';
import { type Api, type AppContext, principalOf, unauthorized } from '../context.js';
import { HttpError, invalidField } from '../errors.js';
import {
  PasswordBody,
  RefreshBody,
  RegisterBody,
  TokenBody,
  TokenSchema,
  UserSchema,
} from '../schemas/auth.js';
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

function addRegister(api: Api, { config, db, passwords }: AppContext): void {
  api.post(
    '/auth/register',
    {
      config: { rateLimit: hashRateLimit },
      schema: {
        operationId: 'registerUser',
        tags,
        summary: 'Register a user',
        description:
          'In the embedded default the first registered user becomes admin, all later ones operator. 403 where the server makes accounts by its administrators only.',
        body: RegisterBody,
        response: { 201: UserSchema },
      },
    },
    async (request, reply) => {
      if (config.registration === 'closed') {
        throw new HttpError(403, 'Accounts are made by the administrators of this server');
      }
      const { username, email, password } = request.body;
      const problem = passwordProblem(password, { username, email });
      if (problem !== undefined) throw invalidField('password', problem);
      try {
        const user = await registerUser(db, {
          username,
          email,
          passwordHash: await passwords.hash(password),
          role: config.newUserRole,
          firstRole: config.firstUserRole,
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

interface LoginCheck {
  /** The user whose name and password these are; throws 429 while guesses are refused. */
  judge(address: string, username: string, password: string): Promise<Credentials | undefined>;
}

/** Passwords are judged at one place, so that every guess counts, wherever it is made. */
function createLoginCheck(context: AppContext): LoginCheck {
  const { config, db, passwords, metrics, shared } = context;
  const perUser = createAttemptLimiter(shared, 'user', failuresPerUserPerMinute, 60);
  const perAddress = createAttemptLimiter(shared, 'address', failuresPerAddressPerMinute, 60);
  const guard = createLoginGuard(db, { failures: config.lockoutFailures, minutes: config.lockoutMinutes });
  const compare = async (username: string, password: string) => {
    const user = await findCredentials(db, username);
    const matches = await passwords.verify(password, user?.password_hash);
    return matches && user?.disabled === false ? user : undefined;
  };
  return {
    async judge(address, username, password) {
      const userKey = `${address} ${username.toLowerCase()}`;
      refuseAfterFailures(await perUser.begin(userKey));
      const addressWait = await perAddress.begin(address);
      if (addressWait > 0) await perUser.released(userKey);
      refuseAfterFailures(addressWait);
      const user = await checkUnlocked(guard, username, () => compare(username, password)).catch(
        async (error) => {
          await releaseBoth(perUser, userKey, perAddress, address);
          throw error;
        },
      );
      if (user === undefined) {
        metrics.loginFailures.inc();
        await guard.failed(username);
        return undefined;
      }
      await Promise.all([
        perUser.succeeded(userKey),
        perAddress.released(address),
        guard.succeeded(username),
      ]);
      return user;
    },
  };
}

async function checkUnlocked<T>(guard: LoginGuard, username: string, compare: () => Promise<T>): Promise<T> {
  refuseAfterFailures(await guard.lockedFor(username));
  return compare();
}

async function releaseBoth(
  perUser: AttemptLimiter,
  userKey: string,
  perAddress: AttemptLimiter,
  address: string,
): Promise<void> {
  await Promise.all([perUser.released(userKey), perAddress.released(address)]);
}

async function addToken(api: Api, { tokens }: AppContext, check: LoginCheck): Promise<void> {
  await api.register(formbody);
  api.post(
    '/auth/token',
    {
      config: { rateLimit: hashRateLimit },
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
      const user = await check.judge(request.ip, username, password);
      if (user === undefined) throw unauthorized('Incorrect username or password');
      const pair = await tokens.issue(user.id, user.token_generation);
      return reply.header('cache-control', 'no-store').send(presentTokens(pair));
    },
  );
}

function addPassword(api: Api, { db, passwords, tokens }: AppContext, check: LoginCheck): void {
  api.post(
    '/auth/password',
    {
      config: { rateLimit: hashRateLimit },
      schema: {
        operationId: 'changePassword',
        tags,
        summary: 'Change your password',
        description:
          'Ends every login of the user, this one too: the answer holds new tokens. API keys stay; revoke those you no longer trust.',
        body: PasswordBody,
        response: { 200: TokenSchema },
      },
    },
    async (request, reply) => {
      const { username, email, id } = principalOf(request);
      const { current_password, new_password } = request.body;
      const problem = passwordProblem(new_password, { username, email });
      if (problem !== undefined) throw invalidField('new_password', problem);
      if (new_password === current_password) throw invalidField('new_password', 'is the password there is');
      const user = await check.judge(request.ip, username, current_password);
      if (user === undefined) throw new HttpError(403, 'The current password is not right');
      const hash = await passwords.hash(new_password);
      const generation = await setPassword(db, id, hash, user.password_hash);
      if (generation === undefined) throw new HttpError(409, 'The password was changed at the same moment');
      const pair = await tokens.issue(id, generation);
      return reply.header('cache-control', 'no-store').send(presentTokens(pair));
    },
  );
}

/** Registration, login, the caller's own account, refresh and logout. */
export async function authRoutes(api: Api, context: AppContext): Promise<void> {
  const { db, tokens } = context;
  addRegister(api, context);
  // The form parser belongs to this one route: everywhere else a form is an unsupported media type.
  const check = createLoginCheck(context);
  await api.register(async (scope) => addToken(scope.withTypeProvider(), context, check));
  addPassword(api, context, check);

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
      if (token === undefined) throw new HttpError(400, 'An API key has no login to end');
      await revokeSession(db, token);
      return reply.code(204).send(null);
    },
  );
}
