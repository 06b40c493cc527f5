import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { delimiter, resolve } from 'node:path';
import type { ServerConfig } from './config.js';
import { memoryLimit } from './config-memory.js';
import { loadEncryptionKeys, loadTokenSecrets } from './config-secrets.js';
import { loadSecurity } from './config-security.js';
import { loadServices } from './config-services.js';
import {
  ConfigError,
  choice,
  type Environment,
  httpUrl,
  integer,
  read,
  stringArray,
} from './config-values.js';
import { registerSatellites } from './missions.js';
import { readMissionsFile } from './missions-file.js';

export { ConfigError, type Environment } from './config-values.js';

const MEBIBYTE = 1024 * 1024;
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
/** Names that stand for networks in a list of proxies. */
const PROXY_NETWORKS = ['loopback', 'linklocal', 'uniquelocal'] as const;
const BACKENDS = ['auto', 'openblas', 'wasm'] as const;

/**
 * Settings from the environment; `overrides` (command line) win. Creates the data folder and, in embedded mode
 * without JWT_SECRET_KEY, a secret in it (mode 0600) that later starts read again. Satellites of
 * GRAVITY_MISSIONS_FILE are known to this process from here on.
 *
 * @throws ConfigError naming the variable
 */
export function loadConfig(env: Environment, overrides: Partial<ServerConfig> = {}): ServerConfig {
  const dataDir = resolve(overrides.dataDir ?? read(env, 'GRAVITY_DATA_DIR') ?? 'data');
  const host = overrides.host ?? read(env, 'GRAVITY_HOST') ?? '127.0.0.1';
  const port = overrides.port ?? integer(env, 'GRAVITY_PORT', 8000, 0, 65_535);
  const production = overrides.production ?? read(env, 'NODE_ENV') === 'production';
  const cpus = availableParallelism();
  const jobConcurrency = integer(env, 'GRAVITY_JOB_CONCURRENCY', 2, 1, 64);
  const missionsFile = read(env, 'GRAVITY_MISSIONS_FILE');
  registerSatellites(missionsFile ? readMissionsFile('GRAVITY_MISSIONS_FILE', resolve(missionsFile)) : []);
  const settings: Omit<ServerConfig, 'jwtSecret' | 'encryptionKeys'> = {
    host,
    port,
    dataDir,
    production,
    corsOrigins: corsOrigins(env),
    baseUrl: baseUrl(env, host, port),
    ...trustProxy(env),
    fileSources: fileSources(env),
    bodyLimitBytes: integer(env, 'GRAVITY_BODY_LIMIT_BYTES', MEBIBYTE, 1024, 1024 * MEBIBYTE),
    uploadLimitBytes: integer(
      env,
      'GRAVITY_UPLOAD_LIMIT_BYTES',
      2048 * MEBIBYTE,
      1024,
      Number.MAX_SAFE_INTEGER,
    ),
    rateLimitPerMinute: integer(env, 'GRAVITY_RATE_LIMIT_PER_MINUTE', 600, 1, 1_000_000),
    jobConcurrency,
    arcConcurrency: integer(env, 'GRAVITY_ARC_CONCURRENCY', 1, 1, 64),
    memoryLimitBytes: memoryLimit(env, jobConcurrency),
    checkpointSeconds: integer(env, 'GRAVITY_CHECKPOINT_SECONDS', 20, 0, 86_400),
    leaseSeconds: integer(env, 'GRAVITY_LEASE_SECONDS', 60, 5, 3600),
    bcryptCost: integer(env, 'GRAVITY_BCRYPT_COST', 12, production ? 10 : 4, 15),
    logLevel: choice(env, 'GRAVITY_LOG_LEVEL', LOG_LEVELS, 'info'),
    threads: integer(env, 'GRAVITY_THREADS', cpus, 1, 1024),
    linearAlgebraBackend: choice(env, 'GRAVITY_LINEAR_ALGEBRA', BACKENDS, 'auto'),
    ...loadSecurity(env, production),
    ...loadServices(env),
  };
  const where = { dataDir, production, severalMachines: settings.redisUrl !== undefined };
  const secrets =
    overrides.jwtSecret === undefined ? loadTokenSecrets(env, where) : { jwtSecret: overrides.jwtSecret };
  const encryptionKeys = overrides.encryptionKeys ?? loadEncryptionKeys(env, where);
  return { ...settings, ...secrets, encryptionKeys, ...withoutUndefined(overrides), dataDir };
}

function withoutUndefined(overrides: Partial<ServerConfig>): Partial<ServerConfig> {
  return Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
}

function corsOrigins(env: Environment): readonly string[] {
  const variable = 'CORS_ORIGINS';
  const text = read(env, variable);
  if (text === undefined) return [];
  return stringArray(variable, text).map((origin) => {
    if (origin === '*') return origin;
    const url = httpUrl(variable, origin);
    if (url.origin !== origin.replace(/\/$/, '')) {
      throw new ConfigError(variable, `"${origin}" is not an origin (scheme, host and port only)`);
    }
    return url.origin;
  });
}

function baseUrl(env: Environment, host: string, port: number): string {
  const text = read(env, 'GRAVITY_BASE_URL');
  if (text !== undefined) return httpUrl('GRAVITY_BASE_URL', text).href.replace(/\/$/, '');
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

/** "true", "false", a number of hops, or addresses and networks separated by commas. */
function trustProxy(env: Environment): Pick<ServerConfig, 'trustProxy'> {
  const variable = 'GRAVITY_TRUST_PROXY';
  const text = read(env, variable);
  if (text === undefined || text === 'false') return {};
  if (text === 'true') return { trustProxy: true };
  if (/^\d+$/.test(text)) return { trustProxy: integer(env, variable, 0, 0, 100) };
  const networks = text.split(',').map((network) => network.trim());
  for (const network of networks) {
    const [address, bits, ...rest] = network.split('/');
    const version = isIP(address);
    const longest = version === 6 ? 128 : 32;
    const fits = bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= longest);
    if (
      !(PROXY_NETWORKS as readonly string[]).includes(network) &&
      (version === 0 || !fits || rest.length > 0)
    ) {
      throw new ConfigError(
        variable,
        `expected true, false, a number of proxies or addresses separated by commas, found "${network}"`,
      );
    }
  }
  return { trustProxy: networks };
}

/** A JSON array, or folders separated as in PATH. */
function fileSources(env: Environment): readonly string[] {
  const variable = 'GRAVITY_FILE_SOURCES';
  const text = read(env, variable);
  if (text === undefined) return [];
  const folders = text.startsWith('[') ? stringArray(variable, text) : text.split(delimiter);
  return folders.filter((folder) => folder !== '').map((folder) => resolve(folder));
}
