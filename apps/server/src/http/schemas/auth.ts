import { Type } from 'typebox';
import { scopes } from '../../auth/permissions.js';
import { NullableTimestamp, strict, stringEnum, Timestamp, Uuid } from './common.js';

export const roles = ['viewer', 'operator', 'admin'] as const;

export const UserSchema = Type.Object(
  {
    id: Uuid,
    username: Type.String(),
    email: Type.String(),
    role: stringEnum(roles),
    disabled: Type.Boolean(),
    created_at: Timestamp,
  },
  { title: 'User' },
);

export const RegisterBody = Type.Object(
  {
    username: Type.String({
      minLength: 3,
      maxLength: 64,
      pattern: '^[A-Za-z0-9](?:[A-Za-z0-9._@-]*[A-Za-z0-9])?$',
      description: 'letters, digits, and . _ @ - between them',
    }),
    email: Type.String({ format: 'email', maxLength: 254 }),
    password: Type.String({ maxLength: 1024, description: '8 to 72 bytes in UTF-8 (bcrypt reads no more).' }),
  },
  {
    ...strict,
    title: 'RegisterRequest',
    examples: [{ username: 'user123', email: 'user@example.com', password: 'securepassword' }],
  },
);

export const TokenBody = Type.Object(
  {
    grant_type: Type.Optional(stringEnum(['password'])),
    username: Type.String({ maxLength: 254 }),
    password: Type.String({ maxLength: 1024 }),
    scope: Type.Optional(Type.String({ maxLength: 1000 })),
    client_id: Type.Optional(Type.String({ maxLength: 254 })),
    client_secret: Type.Optional(Type.String({ maxLength: 1024 })),
  },
  {
    ...strict,
    title: 'TokenRequest',
    description:
      'OAuth2 resource owner password grant (RFC 6749, section 4.3); scope and client are ignored.',
    examples: [{ username: 'user123', password: 'securepassword' }],
  },
);

export const TokenSchema = Type.Object(
  {
    access_token: Type.String(),
    token_type: stringEnum(['bearer']),
    expires_in: Type.Integer({ description: 'Seconds.', examples: [1800] }),
    refresh_token: Type.String({ description: 'Works once, at POST /auth/refresh.' }),
  },
  { title: 'Token' },
);

export const RefreshBody = Type.Object(
  { refresh_token: Type.String({ minLength: 1, maxLength: 4096 }) },
  { ...strict, title: 'RefreshRequest' },
);

export const ApiKeySchema = Type.Object(
  {
    id: Uuid,
    name: Type.String(),
    prefix: Type.String({ description: 'Start of the key, to tell keys apart.' }),
    scopes: Type.Array(Type.String(), { description: 'What the key is for.' }),
    created_at: Timestamp,
    expires_at: NullableTimestamp,
    last_used_at: NullableTimestamp,
  },
  { title: 'ApiKey' },
);

export const NewApiKeySchema = Type.Object(
  {
    ...ApiKeySchema.properties,
    key: Type.String({ description: 'The key itself, shown this once. Send it as header X-API-Key.' }),
  },
  { title: 'NewApiKey' },
);

export const ApiKeyBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100 }),
    scopes: Type.Optional(
      Type.Array(stringEnum(scopes), {
        minItems: 1,
        maxItems: scopes.length,
        uniqueItems: true,
        description: 'Default: read, jobs, products.',
      }),
    ),
    expires_in_days: Type.Optional(Type.Integer({ minimum: 1, maximum: 366, default: 90 })),
  },
  {
    ...strict,
    title: 'ApiKeyRequest',
    examples: [{ name: 'nightly ingest', scopes: ['read', 'jobs'], expires_in_days: 90 }],
  },
);

export const UserPatchBody = Type.Object(
  {
    role: Type.Optional(stringEnum(roles)),
    disabled: Type.Optional(Type.Boolean()),
    locked: Type.Optional(Type.Unsafe<false>({ type: 'boolean', enum: [false] })),
  },
  { ...strict, minProperties: 1, title: 'UserPatchRequest' },
);

const Password = Type.String({
  maxLength: 1024,
  description: '8 to 72 bytes in UTF-8 (bcrypt reads no more).',
});

export const PasswordBody = Type.Object(
  { current_password: Type.String({ maxLength: 1024 }), new_password: Password },
  { ...strict, title: 'PasswordRequest' },
);

export const UserListSchema = Type.Object(
  {
    items: Type.Array(UserSchema),
    total: Type.Integer(),
    skip: Type.Integer(),
    limit: Type.Integer(),
  },
  { title: 'UserList' },
);
