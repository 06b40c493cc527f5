import type { QueueName, S3Settings, ServerConfig } from './config.js';
import { readQuotas } from './config-quotas.js';
import {
  ConfigError,
  choice,
  type Environment,
  httpUrl,
  integer,
  read,
  stringArray,
} from './config-values.js';

export type ServiceSettings = Pick<
  ServerConfig,
  | 'databaseUrl'
  | 'databaseReplicaUrl'
  | 'databasePoolSize'
  | 'statementTimeoutSeconds'
  | 'slowQueryMilliseconds'
  | 'redisUrl'
  | 'redisPrefix'
  | 'queueLimits'
  | 'quotas'
  | 's3'
  | 'queues'
  | 'monitorPort'
>;

export const QUEUE_NAMES: readonly QueueName[] = ['plan', 'ingest', 'process', 'catalog', 'arcs'];

const ENCRYPTIONS = ['none', 'AES256', 'aws:kms'] as const;
const DEFAULT_MONITOR_PORT = 5555;

/** Settings of PostgreSQL, Redis and S3. Throws ConfigError naming the variable. */
export function loadServices(env: Environment): ServiceSettings {
  const databaseUrl = serviceUrl(env, 'DATABASE_URL', ['postgresql:', 'postgres:']);
  const databaseReplicaUrl = serviceUrl(env, 'DATABASE_REPLICA_URL', ['postgresql:', 'postgres:']);
  const redisUrl = serviceUrl(env, 'REDIS_URL', ['redis:', 'rediss:']);
  if (databaseReplicaUrl !== undefined && databaseUrl === undefined) {
    throw new ConfigError('DATABASE_REPLICA_URL', 'a replica needs its primary: set DATABASE_URL too');
  }
  if (redisUrl !== undefined && databaseUrl === undefined) {
    throw new ConfigError(
      'REDIS_URL',
      'workers on several machines share a PostgreSQL server: set DATABASE_URL too',
    );
  }
  const s3 = s3Settings(env);
  const monitor = monitorPort(env);
  const limits = queueLimits(env);
  return {
    ...(databaseUrl !== undefined && { databaseUrl }),
    ...(databaseReplicaUrl !== undefined && { databaseReplicaUrl }),
    databasePoolSize: integer(env, 'GRAVITY_DATABASE_POOL_SIZE', 10, 2, 500),
    statementTimeoutSeconds: integer(env, 'GRAVITY_STATEMENT_TIMEOUT_SECONDS', 900, 1, 86_400),
    slowQueryMilliseconds: integer(env, 'GRAVITY_SLOW_QUERY_MS', 500, 1, 3_600_000),
    ...(redisUrl !== undefined && { redisUrl }),
    redisPrefix: prefix(env, 'GRAVITY_REDIS_PREFIX', 'gravity'),
    ...(s3 !== undefined && { s3 }),
    queues: queues(env),
    quotas: readQuotas(env),
    ...(limits !== undefined && { queueLimits: limits }),
    ...(redisUrl !== undefined && monitor !== undefined && { monitorPort: monitor }),
  };
}

function serviceUrl(env: Environment, variable: string, protocols: readonly string[]): string | undefined {
  const text = read(env, variable);
  if (text === undefined) return undefined;
  // The text itself is not repeated: it may hold a password.
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new ConfigError(variable, `is not a URL (${protocols[0]}//user:password@host:port/name)`);
  }
  if (!protocols.includes(url.protocol)) {
    throw new ConfigError(variable, `begins with ${url.protocol}// instead of ${protocols[0]}//`);
  }
  return text;
}

function prefix(env: Environment, variable: string, fallback: string): string {
  const text = read(env, variable) ?? fallback;
  if (!/^[a-z0-9][a-z0-9._-]{0,40}$/.test(text)) {
    throw new ConfigError(variable, `expected small letters, digits and ._- , found "${text}"`);
  }
  return text;
}

/** Queue names separated by commas, "all" or "none". */
export function parseQueues(variable: string, text: string): readonly QueueName[] {
  if (text === 'all') return QUEUE_NAMES;
  if (text === 'none') return [];
  const names = text.split(',').map((name) => name.trim());
  return names.map((name) => {
    const known = QUEUE_NAMES.find((candidate) => candidate === name);
    if (known === undefined) {
      throw new ConfigError(
        variable,
        `expected all, none or some of ${QUEUE_NAMES.join(', ')}, found "${name}"`,
      );
    }
    return known;
  });
}

function queues(env: Environment): readonly QueueName[] {
  return parseQueues('GRAVITY_QUEUES', read(env, 'GRAVITY_QUEUES') ?? 'all');
}

/** "off" or 0: no task monitor. */
function monitorPort(env: Environment): number | undefined {
  if (read(env, 'GRAVITY_MONITOR_PORT') === 'off') return undefined;
  const port = integer(env, 'GRAVITY_MONITOR_PORT', DEFAULT_MONITOR_PORT, 0, 65_535);
  return port === 0 ? undefined : port;
}

/** JSON such as {"ingest": {"max": 10, "seconds": 60}}. */
function queueLimits(env: Environment): ServerConfig['queueLimits'] {
  const variable = 'GRAVITY_QUEUE_LIMITS';
  const text = read(env, variable);
  if (text === undefined) return undefined;
  const expected = 'expected JSON such as {"ingest": {"max": 10, "seconds": 60}}';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ConfigError(variable, expected);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigError(variable, expected);
  }
  const limits: Partial<Record<QueueName, { max: number; seconds: number }>> = {};
  for (const [name, limit] of Object.entries(value)) {
    const [queue] = parseQueues(variable, name);
    const { max, seconds } = (limit ?? {}) as { max?: unknown; seconds?: unknown };
    if (queue === undefined || name === 'all' || !Number.isInteger(max) || Number(max) < 1) {
      throw new ConfigError(variable, `${expected}; "${name}" has no whole max of at least 1`);
    }
    if (typeof seconds !== 'number' || !(seconds > 0)) {
      throw new ConfigError(variable, `${expected}; "${name}" has no positive seconds`);
    }
    limits[queue] = { max: Number(max), seconds };
  }
  return limits;
}

/** MINIO_ENDPOINT may lack the scheme, as in "minio:9000"; GRAVITY_S3_TLS=true makes that https. */
function s3Settings(env: Environment): S3Settings | undefined {
  const endpoint = read(env, 'MINIO_ENDPOINT');
  if (endpoint === undefined) {
    for (const variable of ['MINIO_ACCESS_KEY', 'MINIO_SECRET_KEY']) {
      if (read(env, variable) !== undefined) {
        throw new ConfigError(variable, 'is set but MINIO_ENDPOINT is not');
      }
    }
    return undefined;
  }
  const tls = choice(env, 'GRAVITY_S3_TLS', ['true', 'false'], 'false') === 'true';
  const withScheme = /^https?:\/\//.test(endpoint) ? endpoint : `${tls ? 'https' : 'http'}://${endpoint}`;
  const origin = httpUrl('MINIO_ENDPOINT', withScheme).origin;
  const needed = (variable: string): string => {
    const value = read(env, variable);
    if (value === undefined) throw new ConfigError(variable, 'is needed with MINIO_ENDPOINT');
    return value;
  };
  const encryption = choice(env, 'GRAVITY_S3_ENCRYPTION', ENCRYPTIONS, 'none');
  const kmsKeyId = read(env, 'GRAVITY_S3_KMS_KEY_ID');
  const publicEndpoint = read(env, 'GRAVITY_S3_PUBLIC_ENDPOINT');
  const sources = read(env, 'GRAVITY_S3_SOURCE_BUCKETS');
  return {
    endpoint: origin,
    publicEndpoint:
      publicEndpoint === undefined ? origin : httpUrl('GRAVITY_S3_PUBLIC_ENDPOINT', publicEndpoint).origin,
    accessKey: needed('MINIO_ACCESS_KEY'),
    secretKey: needed('MINIO_SECRET_KEY'),
    region: read(env, 'GRAVITY_S3_REGION') ?? 'us-east-1',
    bucketPrefix: bucketPrefix(env),
    ...(encryption !== 'none' && { serverSideEncryption: encryption }),
    ...(kmsKeyId !== undefined && { kmsKeyId }),
    retrySeconds: integer(env, 'GRAVITY_S3_RETRY_SECONDS', 120, 0, 86_400),
    sourceBuckets: sources === undefined ? [] : stringArray('GRAVITY_S3_SOURCE_BUCKETS', sources),
  };
}

function bucketPrefix(env: Environment): string {
  const text = read(env, 'GRAVITY_S3_BUCKET_PREFIX') ?? '';
  if (!/^([a-z0-9][a-z0-9.-]{0,30})?$/.test(text)) {
    throw new ConfigError(
      'GRAVITY_S3_BUCKET_PREFIX',
      `expected small letters, digits, dots and dashes, found "${text}"`,
    );
  }
  return text;
}
