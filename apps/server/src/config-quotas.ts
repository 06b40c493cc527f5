import type { QuotaLimits, ServerConfig } from './config.js';
import { ConfigError, type Environment, read } from './config-values.js';

const VARIABLE = 'GRAVITY_QUOTAS';
const NONE: QuotaLimits = { pendingJobs: null, runningJobs: null, storageBytes: null };
const TERABYTE = 1e12;

/** Generous: they keep a script that has run wild from filling the server, not a user from working. */
export const DEFAULT_QUOTAS: ServerConfig['quotas'] = {
  viewer: { pendingJobs: 0, runningJobs: 1, storageBytes: 0 },
  operator: { pendingJobs: 1000, runningJobs: 50, storageBytes: TERABYTE },
  admin: NONE,
};

const FIELDS = {
  pending_jobs: { key: 'pendingJobs', min: 0 },
  running_jobs: { key: 'runningJobs', min: 1 },
  storage_bytes: { key: 'storageBytes', min: 0 },
} as const;

/**
 * Quotas by role, e.g. {"operator": {"pending_jobs": 100, "running_jobs": 4, "storage_bytes": 1e11}}; null is no limit,
 * what is left out stays as it is.
 *
 * @throws ConfigError naming what is wrong
 */
export function readQuotas(env: Environment): ServerConfig['quotas'] {
  const text = read(env, VARIABLE);
  if (text === undefined) return DEFAULT_QUOTAS;
  const quotas: Record<keyof ServerConfig['quotas'], QuotaLimits> = { ...DEFAULT_QUOTAS };
  for (const [role, limits] of entries(parse(text), 'quotas by role')) {
    if (role !== 'viewer' && role !== 'operator' && role !== 'admin') {
      throw new ConfigError(VARIABLE, `unknown role "${role}"; known: viewer, operator, admin`);
    }
    for (const [name, value] of entries(limits, `the quotas of ${role}`)) {
      if (!isField(name)) {
        const known = Object.keys(FIELDS).join(', ');
        throw new ConfigError(VARIABLE, `unknown quota "${name}" of ${role}; known: ${known}`);
      }
      const { key, min } = FIELDS[name];
      const isNumber = typeof value === 'number' && Number.isSafeInteger(value) && value >= min;
      if (value !== null && !isNumber) {
        throw new ConfigError(VARIABLE, `${name} of ${role} must be null or a whole number from ${min}`);
      }
      quotas[role] = { ...quotas[role], [key]: value };
    }
  }
  return quotas;
}

function isField(name: string): name is keyof typeof FIELDS {
  return Object.hasOwn(FIELDS, name);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigError(VARIABLE, `is not JSON: ${(error as Error).message}`);
  }
}

function entries(value: unknown, what: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigError(VARIABLE, `${what}: a JSON object is expected`);
  }
  return Object.entries(value);
}
