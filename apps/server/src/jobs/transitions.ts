import type { JobStatus, JobType } from '../db/schema.js';

/**
 * Every change of state a job may make. The database holds the same table in a trigger.
 * running → pending: the worker died, handed the job back at shutdown, or failed in a way worth another attempt.
 */
export const JOB_TRANSITIONS: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  pending: ['running', 'cancelled'],
  running: ['completed', 'failed', 'cancelled', 'pending'],
  completed: [],
  failed: [],
  cancelled: [],
};

export function mayTransition(from: JobStatus, to: JobStatus): boolean {
  return JOB_TRANSITIONS[from].includes(to);
}

/** True when the job will never change again. */
export function isTerminal(status: JobStatus): boolean {
  return JOB_TRANSITIONS[status].length === 0;
}

export const JOB_TYPES: readonly JobType[] = ['plan', 'ingest', 'process', 'catalog'];

export function isJobType(name: string): name is JobType {
  return JOB_TYPES.some((type) => type === name);
}
