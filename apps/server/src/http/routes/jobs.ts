import { Type } from 'typebox';
import type { JobRow } from '../../jobs/job-service.js';
import { checkStorageQuota } from '../../jobs/quotas.js';
import { type Api, type AppContext, isAdmin, linkPrefix, principalOf } from '../context.js';
import { HttpError, notFound } from '../errors.js';
import { answerWithJob } from '../job-options.js';
import { JobIdParams, stringEnum } from '../schemas/common.js';
import { JobListSchema, JobSchema, jobStatuses, jobTypes, presentJob } from '../schemas/jobs.js';

const tags = ['jobs'];

/** The job, if it is the caller's or the caller is admin; 404 otherwise, as if it did not exist. */
export async function visibleJob(
  { jobs }: Pick<AppContext, 'jobs'>,
  request: Parameters<typeof principalOf>[0],
  jobId: string,
): Promise<JobRow> {
  const principal = principalOf(request);
  const job = await jobs.get(jobId);
  if (job === undefined || (job.user_id !== principal.id && !isAdmin(principal))) throw notFound('Job');
  return job;
}

export function jobRoutes(api: Api, context: AppContext): void {
  const { jobs } = context;
  addRetry(api, context);
  api.get(
    '/ops/jobs',
    {
      schema: {
        operationId: 'listJobs',
        tags,
        summary: 'Your jobs, newest first',
        description: 'An admin sees the jobs of all users.',
        querystring: Type.Object(
          {
            status: Type.Optional(stringEnum(jobStatuses)),
            type: Type.Optional(stringEnum(jobTypes)),
            skip: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 })),
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
          },
          { additionalProperties: false },
        ),
        response: { 200: JobListSchema },
      },
    },
    async (request) => {
      const principal = principalOf(request);
      const { status, type, skip = 0, limit = 100 } = request.query;
      const found = await jobs.list({
        ...(!isAdmin(principal) && { userId: principal.id }),
        ...(status !== undefined && { status }),
        ...(type !== undefined && { type }),
        skip,
        limit,
      });
      const prefix = linkPrefix(request);
      return { jobs: found.jobs.map((job) => presentJob(job, prefix)), total: found.total, skip, limit };
    },
  );

  api.get(
    '/ops/jobs/:job_id',
    {
      schema: {
        operationId: 'getJob',
        tags,
        summary: 'One job',
        params: JobIdParams,
        response: { 200: JobSchema },
      },
    },
    async (request) =>
      presentJob(await visibleJob(context, request, request.params.job_id), linkPrefix(request)),
  );

  api.delete(
    '/ops/jobs/:job_id',
    {
      schema: {
        operationId: 'cancelJob',
        tags,
        summary: 'Cancel a job',
        description:
          'A waiting job is cancelled at once; a running one is told to stop and ends within seconds. A finished job gives 409.',
        params: JobIdParams,
        response: { 200: JobSchema },
      },
    },
    async (request) => {
      const before = await visibleJob(context, request, request.params.job_id);
      if (isFinished(before)) throw new HttpError(409, `The job is ${before.status} and cannot be cancelled`);
      const job = await jobs.requestCancel(before.id);
      if (job === undefined) throw notFound('Job');
      // It may have ended between the two looks.
      if (job.status === 'completed' || job.status === 'failed') {
        throw new HttpError(409, `The job is ${job.status} and cannot be cancelled`);
      }
      return presentJob(job, linkPrefix(request));
    },
  );
}

/**
 * The jobs that a retry waits for: those the job itself waited for, or what they were retried as.
 *
 * @throws HttpError 409 when one of them will not complete
 */
async function dependenciesOfRetry({ db }: AppContext, job: JobRow): Promise<string[]> {
  const dependencies: string[] = [];
  for (const id of job.depends_on) {
    const latest = await latestTry(db, id);
    if (latest.status === 'failed' || latest.status === 'cancelled') {
      throw new HttpError(
        409,
        `It depends on ${latest.type} ${latest.id}, which is ${latest.status}; retry that one first`,
      );
    }
    dependencies.push(latest.id);
  }
  return dependencies;
}

async function latestTry({ kysely }: AppContext['db'], id: string) {
  const columns = ['id', 'type', 'status'] as const;
  const jobs = kysely.selectFrom('processing_jobs').select(columns);
  let latest = await jobs.where('id', '=', id).executeTakeFirstOrThrow();
  for (;;) {
    const next = await jobs.where('retry_of', '=', latest.id).executeTakeFirst();
    if (next === undefined) return latest;
    latest = next;
  }
}

function addRetry(api: Api, context: AppContext): void {
  const { config, db, jobs } = context;
  api.post(
    '/ops/jobs/:job_id/retry',
    {
      schema: {
        operationId: 'retryJob',
        tags,
        summary: 'Do a failed or cancelled job again',
        description:
          'Makes a new job with the same parameters, priority, callback and dependencies (as retried, where they were); `retry_of` names the old one, which stays as it ended. 409 for other jobs, and for one that was retried already.',
        params: JobIdParams,
        response: { 201: JobSchema },
      },
    },
    async (request, reply) => {
      const job = await visibleJob(context, request, request.params.job_id);
      if (job.status !== 'failed' && job.status !== 'cancelled') {
        throw new HttpError(409, `The job is ${job.status}; only failed and cancelled jobs are retried`);
      }
      if (job.type === 'ingest' || job.type === 'process') {
        await checkStorageQuota(db.kysely, config.quotas, job.user_id);
      }
      const dependsOn = await dependenciesOfRetry(context, job);
      const retry = await jobs.create({
        userId: job.user_id,
        type: job.type,
        parameters: job.parameters,
        priority: job.priority,
        dependsOn,
        retryOf: job.id,
        ...(job.reproduces !== null && { reproduces: job.reproduces }),
        ...(job.callback !== null && { callback: job.callback }),
      });
      return answerWithJob(request, reply, retry.job, false);
    },
  );
}

export function isFinished(job: Pick<JobRow, 'status'>): boolean {
  return job.status === 'completed' || job.status === 'failed' || job.status === 'cancelled';
}
