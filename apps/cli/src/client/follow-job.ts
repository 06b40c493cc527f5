import { setTimeout as sleep } from 'node:timers/promises';
import { readEventStream } from './event-stream.js';
import type { GravityClient } from './gravity-client.js';
import type { Job } from './types.js';

const ENDED = new Set(['completed', 'failed', 'cancelled']);
const POLL_SECONDS = 1;

export interface FollowOptions {
  readonly signal?: AbortSignal;
  readonly onUpdate?: (job: Job) => void;
  readonly onLog?: (level: string, message: string) => void;
}

/** The job did not complete. */
export class JobFailedError extends Error {
  override readonly name = 'JobFailedError';
  constructor(readonly job: Job) {
    super(describeFailure(job));
  }
}

/**
 * Waits until a job has ended. Server-sent events say when its state has changed and bring the log; the job itself is read
 * from its resource, at least once a second, so that a broken stream loses nothing but log lines.
 *
 * @throws JobFailedError when it failed or was cancelled
 */
export async function followJob(
  client: GravityClient,
  id: string,
  options: FollowOptions = {},
): Promise<Job> {
  const stream = new AbortController();
  let wake = () => {};
  const listening = listen(client, id, stream.signal, options.onLog, () => wake());
  try {
    for (;;) {
      const job = await client.job(id);
      options.onUpdate?.(job);
      if (ENDED.has(job.status)) {
        if (job.status !== 'completed') throw new JobFailedError(job);
        return job;
      }
      const woken = new AbortController();
      wake = () => woken.abort();
      await sleep(POLL_SECONDS * 1000, undefined, { signal: woken.signal }).catch(() => {});
      options.signal?.throwIfAborted();
    }
  } finally {
    stream.abort();
    await listening;
  }
}

/** Reads the job's events until it has ended; calls `onChange` when its state has changed. */
async function listen(
  client: GravityClient,
  id: string,
  signal: AbortSignal,
  onLog: FollowOptions['onLog'],
  onChange: () => void,
): Promise<void> {
  try {
    const response = await client.transport.send(`/ops/jobs/${encodeURIComponent(id)}/events`, {
      headers: { accept: 'text/event-stream' },
      timeoutSeconds: 0,
      signal,
    });
    if (!response.body) return;
    for await (const { event, data } of readEventStream(response.body)) {
      if (event === 'status' || event === 'end') onChange();
      if (event !== 'log') continue;
      const { level, message } = JSON.parse(data) as { level?: string; message?: string };
      if (message) onLog?.(level ?? 'info', message);
    }
  } catch {
    // the stream is a convenience; the job is followed without it
  }
}

function describeFailure(job: Job): string {
  if (job.status === 'cancelled') return `${job.type} was cancelled`;
  const { error } = job;
  const lines = (error?.errors ?? []).map((e) => {
    const place = [e.file, e.line === undefined ? undefined : `line ${e.line}`, e.field]
      .filter(Boolean)
      .join(', ');
    return `  ${place ? `${place}: ` : ''}${e.message}`;
  });
  return [`${job.type} failed: ${error?.message ?? 'no reason given'}`, ...lines].join('\n');
}
