import type { ServerConfig } from '../config.js';
import { createMemoryState } from './memory-state.js';
import { openRedisState } from './redis-state.js';
import type { SharedState, SharedStateOptions } from './shared-state.js';

/** Redis where the configuration names one, else the memory of this process. Opens also while Redis is away. */
export async function openSharedState(
  config: Pick<ServerConfig, 'redisUrl' | 'redisPrefix'>,
  options: SharedStateOptions = {},
): Promise<SharedState> {
  return config.redisUrl === undefined
    ? createMemoryState()
    : openRedisState(config.redisUrl, config.redisPrefix, options);
}
