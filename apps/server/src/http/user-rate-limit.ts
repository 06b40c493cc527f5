import type { FastifyReply } from 'fastify';
import type { SharedState } from '../cache/shared-state.js';
import { HttpError } from './errors.js';

const WINDOW_MILLISECONDS = 60_000;

/**
 * Counts a request of a user, from whatever address and by token or key. The headers tell of whichever limit is nearer:
 * that of the address, set before, or this one.
 *
 * @throws HttpError 429
 */
export async function countUserRequest(
  reply: FastifyReply,
  shared: SharedState,
  userId: string,
  max: number,
): Promise<void> {
  const { count, remainingMilliseconds } = await shared.add(`rate:user:${userId}`, WINDOW_MILLISECONDS);
  const seconds = Math.max(1, Math.ceil(remainingMilliseconds / 1000));
  const left = Math.max(0, max - count);
  const before = reply.getHeader('ratelimit-remaining');
  if (before === undefined || left < Number(before)) {
    reply.headers({
      'ratelimit-limit': max,
      'ratelimit-remaining': left,
      'ratelimit-reset': seconds,
    });
  }
  if (count > max) {
    throw new HttpError(
      429,
      `More than ${max} requests of one user in a minute; try again in ${seconds} s`,
      [],
      {
        'retry-after': String(seconds),
      },
    );
  }
}
