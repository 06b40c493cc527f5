import { setTimeout as sleep } from 'node:timers/promises';
import { followJob, type GravityClient, type Job } from '@gravity/cli';
import { DAY } from './mission.js';

const interval = { start_time: DAY.start, end_time: DAY.end, satellites: [...DAY.satellites] };

export const startIngest = (client: GravityClient, folder: string): Promise<Job> =>
  client.ingest({ ...interval, data_source: `file:${folder}`, data_type: 'l1b', validate_data: true });

export const startProcess = (client: GravityClient, degree: number, arcHours: number): Promise<Job> =>
  client.process({
    ...interval,
    algorithm: 'variational',
    degree_max: degree,
    regularization: { kaula: 0, tikhonov: 0 },
    output_products: ['coefficients', 'grids', 'uncertainties'],
    arc_length_hours: arcHours,
  });

export const finished = async (client: GravityClient, job: Promise<Job> | Job): Promise<Job> =>
  followJob(client, (await job).id);

/** SHA-256 by file name of what a job has made. */
export async function hashes(client: GravityClient, job: Job): Promise<Record<string, string>> {
  const products = await client.products({ job_id: job.id, limit: 100 });
  return Object.fromEntries(products.map(({ file_name, sha256 }) => [file_name, sha256]).sort());
}

/** Polls until the job has ended, whatever happens to the servers meanwhile. */
export async function ended(client: () => GravityClient, id: string, timeoutMs: number): Promise<Job> {
  const limit = Date.now() + timeoutMs;
  for (;;) {
    const job = await client()
      .job(id)
      .catch(() => undefined);
    if (job && ['completed', 'failed', 'cancelled'].includes(job.status)) return job;
    if (Date.now() > limit)
      throw new Error(`job ${id} is ${job?.status ?? 'unreachable'} after ${timeoutMs} ms`);
    await sleep(100);
  }
}

/** Returns once the job is in the middle of its work. */
export async function inTheMiddle(client: GravityClient, id: string, from: number): Promise<void> {
  for (;;) {
    const job = await client.job(id);
    if (job.status !== 'running' && job.status !== 'pending')
      throw new Error(`${job.type} is ${job.status} already`);
    if (job.progress >= from && job.progress < 0.9) return;
    await sleep(20);
  }
}
