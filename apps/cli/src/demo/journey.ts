import { randomBytes } from 'node:crypto';
import { createTransport } from '@gravity/client';
import { describeResult } from '../client/describe-job.js';
import { followJob } from '../client/follow-job.js';
import { createGravityClient, type GravityClient, login } from '../client/gravity-client.js';
import type { Job, Product } from '../client/types.js';
import { createProgress } from '../terminal/progress.js';

export interface JourneyRequest {
  readonly baseUrl: string;
  readonly dataSource: string;
  /** ISO UTC. */
  readonly startTime: string;
  readonly endTime: string;
  readonly degree: number;
}

export interface Journey {
  readonly username: string;
  readonly password: string;
  readonly client: GravityClient;
  readonly process: Job;
  readonly products: readonly Product[];
}

const SATELLITES = ['GRACE-C', 'GRACE-D'];

/** The whole way over HTTP, as a user goes it. */
export async function travel(request: JourneyRequest): Promise<Journey> {
  const { baseUrl, degree } = request;
  const username = 'demo';
  const password = randomBytes(12).toString('base64url');
  const anonymous = createGravityClient({ baseUrl });
  await anonymous.register({ username, email: 'demo@example.org', password });
  const token = await login(createTransport({ baseUrl }), username, password);
  const client = createGravityClient({ baseUrl, token: token.access_token });

  const interval = { start_time: request.startTime, end_time: request.endTime, satellites: SATELLITES };
  const plan = () => client.plan({ ...interval, degree_max: degree });
  await step(client, await plan(), 'before the data');
  await step(
    client,
    await client.ingest({
      data_source: request.dataSource,
      data_type: 'l1b',
      satellites: SATELLITES,
      start_time: request.startTime,
      end_time: request.endTime,
      validate_data: true,
    }),
  );
  await step(client, await plan(), 'with the data');
  const process = await step(
    client,
    await client.process({
      algorithm: 'variational',
      degree_max: degree,
      regularization: { kaula: 1e-5, tikhonov: 0 },
      output_products: ['coefficients', 'grids', 'uncertainties', 'maps'],
    }),
  );
  const made = await client.products({ job_id: process.id, limit: 100 });
  await step(
    client,
    await client.catalog({
      product_ids: made.map((product) => product.id),
      metadata: { mission: 'GRACE-FO (simulated)', processing_center: 'demo', version: 'demo' },
      publish: true,
      archive: true,
    }),
  );
  return {
    username,
    password,
    client,
    process,
    products: await client.products({ job_id: process.id, limit: 100 }),
  };
}

async function step(client: GravityClient, job: Job, about?: string): Promise<Job> {
  const progress = createProgress(job.type);
  const started = performance.now();
  try {
    const ended = await followJob(client, job.id, {
      onUpdate: (state) => progress.update(state.progress, state.progress_message ?? state.status),
    });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    progress.done([describeResult(ended), about, `${seconds} s`].filter(Boolean).join('; '));
    return ended;
  } catch (error) {
    progress.stop();
    throw error;
  }
}
