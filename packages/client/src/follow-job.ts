import { ApiError } from './errors.js';
import { readEventStream } from './event-stream.js';
import type { Job, JobEvent } from './generated/types.js';
import { sleep } from './sleep.js';
import type { Transport } from './transport.js';

const ended: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled']);
const pollMilliseconds = 1000;
const pauseMilliseconds = 1000;

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

interface Holder {
  readonly transport: Transport;
}

const addressOf = (id: string): string => `/ops/jobs/${encodeURIComponent(id)}`;

/**
 * The events of a job as they happen, until it has ended. A broken connection is opened again after the last event
 * seen, so that none is lost and none comes twice.
 *
 * @throws ApiError when there is no such job or the client is not allowed to see it
 */
export async function* jobEvents(
  { transport }: Holder,
  id: string,
  options: { readonly after?: string; readonly signal?: AbortSignal } = {},
): AsyncGenerator<JobEvent> {
  const { signal } = options;
  let last = options.after;
  for (;;) {
    try {
      const response = await transport.send(`${addressOf(id)}/events`, {
        headers: { accept: 'text/event-stream', ...(last !== undefined && { 'last-event-id': last }) },
        timeoutSeconds: 0,
        ...(signal !== undefined && { signal }),
      });
      if (response.status === 204 || response.body === null) return;
      for await (const { event, data, id: eventId } of readEventStream(response.body)) {
        if (event === 'end') return;
        if (eventId !== undefined) last = eventId;
        yield JSON.parse(data) as JobEvent;
      }
    } catch (error) {
      if (signal?.aborted || error instanceof ApiError) throw error;
    }
    await sleep(pauseMilliseconds, signal);
  }
}

/**
 * Waits until a job has ended. Server-sent events say when its state has changed and bring the log; the job itself is
 * read from its resource, at least once a second, so that a broken stream loses nothing but log lines.
 *
 * @throws JobFailedError when it failed or was cancelled
 */
export async function followJob(client: Holder, id: string, options: FollowOptions = {}): Promise<Job> {
  const stream = new AbortController();
  let wake = () => {};
  const listening = listen(client, id, stream.signal, options.onLog, () => wake());
  try {
    for (;;) {
      const job = await client.transport.json<Job>(addressOf(id));
      options.onUpdate?.(job);
      if (ended.has(job.status)) {
        if (job.status !== 'completed') throw new JobFailedError(job);
        return job;
      }
      const woken = new AbortController();
      wake = () => woken.abort();
      await sleep(pollMilliseconds, woken.signal).catch(() => {});
      options.signal?.throwIfAborted();
    }
  } finally {
    stream.abort();
    await listening;
  }
}

/** Reads the job's events until it has ended; calls `onChange` when its state has changed. */
async function listen(
  client: Holder,
  id: string,
  signal: AbortSignal,
  onLog: FollowOptions['onLog'],
  onChange: () => void,
): Promise<void> {
  try {
    for await (const { kind, level, message } of jobEvents(client, id, { signal })) {
      if (kind === 'status') onChange();
      if (kind === 'log' && message) onLog?.(level, message);
    }
    onChange();
  } catch {
    // the stream is a convenience; the job is followed without it
  }
}

function describeFailure(job: Job): string {
  const { message, errors } = (job.error ?? {}) as {
    message?: string;
    errors?: readonly { field?: string; message: string; file?: string; line?: number }[];
  };
  // with a reason when something it depended on did not complete
  if (job.status === 'cancelled')
    return `${job.type} was cancelled${message === undefined ? '' : `: it ${message}`}`;
  const lines = (errors ?? []).map((e) => {
    const place = [e.file, e.line === undefined ? undefined : `line ${e.line}`, e.field]
      .filter(Boolean)
      .join(', ');
    return `  ${place ? `${place}: ` : ''}${e.message}`;
  });
  return [`${job.type} failed: ${message ?? 'no reason given'}`, ...lines].join('\n');
}
