import { type Static, Type } from 'typebox';
import type { JobEventRow, JobRow } from '../../jobs/job-service.js';
import {
  iso,
  JsonObject,
  NullableJsonObject,
  NullableString,
  NullableTimestamp,
  stringEnum,
  Timestamp,
  Uuid,
} from './common.js';

export const jobStatuses = ['pending', 'running', 'completed', 'failed', 'cancelled'] as const;
export const jobTypes = ['plan', 'ingest', 'process', 'catalog'] as const;

export const JobSchema = Type.Object(
  {
    id: Uuid,
    job_id: Type.String({ format: 'uuid', description: 'Same as id.' }),
    user_id: Uuid,
    type: stringEnum(jobTypes),
    status: stringEnum(jobStatuses),
    priority: Type.Integer({ minimum: 1, maximum: 10, description: '1 is started first.' }),
    progress: Type.Number({ minimum: 0, maximum: 1, description: 'Fraction done, 0 to 1.' }),
    progress_message: NullableString,
    cancel_requested: Type.Boolean(),
    depends_on: Type.Array(Uuid, { description: 'Jobs that have to complete first.' }),
    waiting_for: Type.Array(Uuid, { description: 'Those of depends_on that are not yet completed.' }),
    held: Type.Boolean({ description: 'Waits because you have as many jobs running as your quota allows.' }),
    retry_of: NullableString,
    reproduces: Type.Unsafe<string | null>({
      ...NullableString,
      description: 'The product that this job computes again.',
    }),
    callback_url: NullableString,
    software: Type.Unsafe<Record<string, unknown> | null>({
      ...NullableJsonObject,
      description: '{name, version, commit} of what ran the latest attempt.',
    }),
    attempt: Type.Integer({ description: 'Number of times work on it was started.' }),
    parameters: Type.Unsafe<Record<string, unknown>>({
      ...JsonObject,
      description: 'The request as validated, defaults filled in.',
    }),
    result: NullableJsonObject,
    error: Type.Unsafe<Record<string, unknown> | null>({
      ...NullableJsonObject,
      description: '{code, message, errors: [{field, message, file, line}]} of a failed job.',
    }),
    created_at: Timestamp,
    updated_at: Timestamp,
    started_at: NullableTimestamp,
    completed_at: NullableTimestamp,
    links: Type.Object({ self: Type.String(), events: Type.String(), logs: Type.String() }),
  },
  { title: 'Job' },
);

export const JobListSchema = Type.Object(
  {
    jobs: Type.Array(JobSchema),
    total: Type.Integer(),
    skip: Type.Integer(),
    limit: Type.Integer(),
  },
  { title: 'JobList' },
);

export const JobEventSchema = Type.Object(
  {
    id: Type.String({ description: 'Grows with time; hand it back as `after` or Last-Event-ID.' }),
    time: Timestamp,
    kind: stringEnum(['status', 'progress', 'log']),
    level: stringEnum(['debug', 'info', 'warning', 'error']),
    message: Type.String(),
    data: NullableJsonObject,
  },
  { title: 'JobEvent' },
);

export const JobEventListSchema = Type.Object(
  { events: Type.Array(JobEventSchema), next_after: NullableString },
  { title: 'JobEventList' },
);

export const JobLogListSchema = Type.Object(
  { logs: Type.Array(JobEventSchema), next_after: NullableString },
  { title: 'JobLogList' },
);

export function presentJob(job: JobRow, prefix: string): Static<typeof JobSchema> {
  const self = `${prefix}/ops/jobs/${job.id}`;
  return {
    id: job.id,
    job_id: job.id,
    user_id: job.user_id,
    type: job.type,
    status: job.status,
    priority: job.priority,
    progress: job.progress,
    progress_message: job.progress_message,
    cancel_requested: job.cancel_requested,
    depends_on: job.depends_on,
    waiting_for: job.waiting_for,
    held: job.held,
    retry_of: job.retry_of,
    reproduces: job.reproduces,
    callback_url: job.callback?.url ?? null,
    software: job.software,
    attempt: job.attempt,
    parameters: job.parameters,
    result: job.result,
    error: job.error,
    created_at: iso(job.created_at),
    updated_at: iso(job.updated_at),
    started_at: iso(job.started_at),
    completed_at: iso(job.completed_at),
    links: { self, events: `${self}/events`, logs: `${self}/logs` },
  };
}

export function presentJobEvent(event: JobEventRow): Static<typeof JobEventSchema> {
  const { id, time, kind, level, message, data } = event;
  return { id: String(id), time: iso(time), kind, level, message, data };
}
