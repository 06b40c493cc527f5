import type { ServerConfig } from './config.js';
import { ConfigError, choice, type Environment, integer, read, stringArray } from './config-values.js';
import { createAllowList } from './net/address-ranges.js';

export type SecuritySettings = Pick<
  ServerConfig,
  | 'registration'
  | 'firstUserRole'
  | 'newUserRole'
  | 'userRateLimitPerMinute'
  | 'lockoutFailures'
  | 'lockoutMinutes'
  | 'maxRequestsInFlight'
  | 'maxEventLoopDelayMilliseconds'
  | 'bodyTimeoutSeconds'
  | 'outboundAllow'
>;

/** Settings of accounts, limits and outbound requests. Throws ConfigError naming the variable. */
export function loadSecurity(env: Environment, production: boolean): SecuritySettings {
  return {
    registration: choice(env, 'GRAVITY_REGISTRATION', ['open', 'closed'], 'open'),
    // Whoever is first at a public address must not own the server.
    firstUserRole: choice(
      env,
      'GRAVITY_FIRST_USER_ROLE',
      ['admin', 'operator', 'viewer'],
      production ? 'operator' : 'admin',
    ),
    newUserRole: choice(env, 'GRAVITY_NEW_USER_ROLE', ['operator', 'viewer'], 'operator'),
    userRateLimitPerMinute: integer(env, 'GRAVITY_USER_RATE_LIMIT_PER_MINUTE', 600, 1, 1_000_000),
    lockoutFailures: integer(env, 'GRAVITY_LOCKOUT_FAILURES', 20, 3, 1000),
    lockoutMinutes: integer(env, 'GRAVITY_LOCKOUT_MINUTES', 15, 1, 1440),
    maxRequestsInFlight: integer(env, 'GRAVITY_MAX_REQUESTS_IN_FLIGHT', 1000, 1, 100_000),
    maxEventLoopDelayMilliseconds: integer(env, 'GRAVITY_MAX_EVENT_LOOP_DELAY_MS', 1000, 50, 60_000),
    bodyTimeoutSeconds: integer(env, 'GRAVITY_BODY_TIMEOUT_SECONDS', 30, 1, 3600),
    outboundAllow: outboundAllow(env),
  };
}

/** JSON array of hosts, addresses and networks that are not public and may be reached all the same. */
function outboundAllow(env: Environment): readonly string[] {
  const variable = 'GRAVITY_OUTBOUND_ALLOW';
  const text = read(env, variable);
  if (text === undefined) return [];
  const entries = stringArray(variable, text);
  try {
    createAllowList(entries);
  } catch (error) {
    throw new ConfigError(variable, (error as Error).message);
  }
  return entries;
}
