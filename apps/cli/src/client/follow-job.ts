import { type FollowOptions as AnyFollowOptions, followJob as follow } from '@gravity/client';
import type { GravityClient } from './gravity-client.js';
import type { Job } from './types.js';

export { JobFailedError } from '@gravity/client';

export interface FollowOptions extends Omit<AnyFollowOptions, 'onUpdate'> {
  readonly onUpdate?: (job: Job) => void;
}

/** Waits until a job has ended; the client package says how. @throws JobFailedError when it failed or was cancelled */
export async function followJob(
  client: Pick<GravityClient, 'transport'>,
  id: string,
  options: FollowOptions = {},
): Promise<Job> {
  // The document leaves the members of a job's error open; the server fills them as `Job` says.
  return (await follow(client, id, options as AnyFollowOptions)) as Job;
}
