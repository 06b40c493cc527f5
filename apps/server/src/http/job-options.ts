import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import type { Principal } from '../auth/authenticate.js';
import type { CreateJobInput, JobRow } from '../jobs/job-service.js';
import { DEFAULT_PRIORITY } from '../jobs/job-service.js';
import { assertPublicHttpTarget, ForbiddenTargetError } from '../net/public-target.js';
import { secretBytes } from '../webhooks/signature.js';
import { sealContext } from '../webhooks/webhook-sender.js';
import { type AppContext, isAdmin, linkPrefix } from './context.js';
import { HttpError, invalidField } from './errors.js';
import { presentJob } from './schemas/jobs.js';
import type { Callback } from './schemas/operations.js';

/** What a request says of when and how its job is run; no part of the parameters that the result depends on. */
export interface RequestedOptions {
  readonly priority?: number;
  readonly depends_on?: readonly string[];
  readonly callback?: Static<typeof Callback>;
}

/** Checked, with the secret of the callback sealed. */
export async function checkJobOptions(
  principal: Principal,
  { priority, depends_on, callback }: RequestedOptions,
  context: Pick<AppContext, 'secrets' | 'outbound'>,
): Promise<Pick<CreateJobInput, 'priority' | 'dependsOn' | 'callback'>> {
  checkPriority(principal, priority);
  return {
    ...(priority !== undefined && { priority }),
    ...(depends_on !== undefined && { dependsOn: depends_on.map((id) => id.toLowerCase()) }),
    ...(callback !== undefined && { callback: await sealCallback(callback, context) }),
  };
}

/** Going before the jobs of others is for admins to allow. */
function checkPriority(principal: Principal, priority: number | undefined): void {
  if (priority === undefined || priority >= DEFAULT_PRIORITY || isAdmin(principal)) return;
  const message = `${priority} is for admins; others may ask for ${DEFAULT_PRIORITY} to 10`;
  throw new HttpError(403, `priority: ${message}`, [{ field: 'priority', message }]);
}

async function sealCallback(
  { url, secret }: Static<typeof Callback>,
  { secrets, outbound }: Pick<AppContext, 'secrets' | 'outbound'>,
): Promise<NonNullable<CreateJobInput['callback']>> {
  const target = await publicUrl('callback.url', url, outbound);
  if (secretBytes(secret) === undefined) {
    throw invalidField('callback.secret', 'must be whsec_ and 24 to 64 bytes in base64');
  }
  return { url: target, sealed_secret: secrets.seal(secret, sealContext(null, target)) };
}

/** The address as it will be called; 422 when it must not be. It is checked again at each call. */
export async function publicUrl(
  field: string,
  url: string,
  outbound: AppContext['outbound'],
): Promise<string> {
  try {
    return (await assertPublicHttpTarget(url, outbound)).url.href;
  } catch (error) {
    if (error instanceof ForbiddenTargetError) throw invalidField(field, error.message);
    throw error;
  }
}

/** The part of the options that makes two requests different. */
export function hashedOptions({ priority, depends_on, callback }: RequestedOptions): Record<string, unknown> {
  return {
    ...(priority !== undefined && { priority }),
    ...(depends_on !== undefined && { depends_on: [...depends_on].sort() }),
    ...(callback !== undefined && { callback_url: callback.url }),
  };
}

/** 201 with the job and its address. */
export function answerWithJob(request: FastifyRequest, reply: FastifyReply, job: JobRow, replayed: boolean) {
  const presented = presentJob(job, linkPrefix(request));
  reply.code(201).header('location', presented.links.self);
  if (replayed) reply.header('idempotency-replayed', 'true');
  return presented;
}
