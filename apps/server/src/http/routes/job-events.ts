import { Readable } from 'node:stream';
import { type Static, Type } from 'typebox';
import type { JobEventRow, JobService } from '../../jobs/job-service.js';
import { type Api, type AppContext, principalOf } from '../context.js';
import { HttpError, invalidField } from '../errors.js';
import { JobIdParams, stringEnum } from '../schemas/common.js';
import { JobEventListSchema, JobLogListSchema, presentJobEvent } from '../schemas/jobs.js';
import { isFinished, visibleJob } from './jobs.js';

const tags = ['jobs'];
const streamsPerUser = 20;
const pingMilliseconds = 15_000;
/** The notification wakes at once; this look without one covers a lost notification. */
const lookMilliseconds = 3_000;
const batch = 500;

const EventId = Type.String({ pattern: '^[0-9]{1,18}$', description: 'an event id' });
const PageQuery = {
  after: Type.Optional(EventId),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
};
const levels = ['debug', 'info', 'warning', 'error'] as const;

function frame(event: JobEventRow): string {
  return `id: ${event.id}\nevent: ${event.kind}\ndata: ${JSON.stringify(presentJobEvent(event))}\n\n`;
}

/**
 * The job's events from `after` on as server-sent events, until the job has ended and all were sent. Read from
 * the database each time; a notification only says that it is time to look.
 */
async function* eventStream(
  jobs: JobService,
  jobId: string,
  after: string | undefined,
  closing: AbortSignal,
) {
  let wake = () => {};
  let news = true;
  const unsubscribe = jobs.subscribe(jobId, () => {
    news = true;
    wake();
  });
  const stop = () => wake();
  closing.addEventListener('abort', stop);
  let last = after;
  let lastSent = performance.now();
  try {
    yield 'retry: 3000\n\n';
    while (!closing.aborted) {
      news = false;
      // State first, events second: what was written before the end is not missed.
      const job = await jobs.get(jobId);
      const events = await jobs.events(jobId, last, batch);
      for (const event of events) {
        last = String(event.id);
        yield frame(event);
        lastSent = performance.now();
      }
      if (events.length === batch) continue;
      if (job === undefined || isFinished(job)) {
        yield `event: end\ndata: ${JSON.stringify({ status: job?.status ?? 'deleted' })}\n\n`;
        return;
      }
      if (performance.now() - lastSent >= pingMilliseconds) {
        yield ': ping\n\n';
        lastSent = performance.now();
      }
      if (news) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, lookMilliseconds);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    closing.removeEventListener('abort', stop);
    unsubscribe();
  }
}

function addEvents(api: Api, context: AppContext): void {
  const { jobs } = context;
  const open = new Map<string, number>();
  api.get(
    '/ops/jobs/:job_id/events',
    {
      // Compression would hold events back.
      compress: false,
      config: { streams: true },
      schema: {
        operationId: 'listJobEvents',
        tags,
        summary: 'Events of a job, as a page or as a stream',
        description:
          'With `Accept: text/event-stream`: server-sent events until the job ends (last event `end`); `Last-Event-ID` resumes. Otherwise a JSON page after `after`. 204 when the job has ended and nothing is left to send.',
        params: JobIdParams,
        querystring: Type.Object(PageQuery, { additionalProperties: false }),
        headers: Type.Object({ 'last-event-id': Type.Optional(Type.String({ maxLength: 40 })) }),
        response: { 200: JobEventListSchema },
      },
    },
    async (request, reply) => {
      const job = await visibleJob(context, request, request.params.job_id);
      const resumeAt = request.headers['last-event-id'] || undefined;
      if (resumeAt !== undefined && !/^\d{1,18}$/.test(resumeAt)) {
        throw invalidField('Last-Event-ID', 'must be the id of an event');
      }
      const after = resumeAt ?? request.query.after;
      if (!/text\/event-stream/i.test(request.headers.accept ?? '')) {
        const { limit = 100 } = request.query;
        const events = await jobs.events(job.id, after, limit);
        return { events: events.map(presentJobEvent), next_after: nextAfter(events, limit) };
      }
      if (resumeAt !== undefined && isFinished(job) && (await jobs.events(job.id, after, 1)).length === 0) {
        return reply.code(204 as never).send();
      }
      const { id: userId } = principalOf(request);
      const streams = open.get(userId) ?? 0;
      if (streams >= streamsPerUser) {
        throw new HttpError(429, `At most ${streamsPerUser} event streams may be open`, [], {
          'retry-after': '5',
        });
      }
      open.set(userId, streams + 1);
      const gone = new AbortController();
      const stream = Readable.from(
        eventStream(jobs, job.id, after, AbortSignal.any([context.closing, gone.signal])),
        { objectMode: false },
      );
      stream.once('close', () => {
        gone.abort();
        const left = (open.get(userId) ?? 1) - 1;
        if (left > 0) open.set(userId, left);
        else open.delete(userId);
      });
      // A client that leaves while nothing is sent is seen by its connection only.
      reply.raw.once('close', () => gone.abort());
      return reply
        .type('text/event-stream; charset=utf-8')
        .header('cache-control', 'no-store')
        .header('x-accel-buffering', 'no')
        .send(stream as never);
    },
  );
}

function nextAfter(events: readonly JobEventRow[], limit: number): string | null {
  return events.length < limit ? null : String(events[events.length - 1].id);
}

/** Events and logs; both answer with an empty list for a job that has not started. */
export function jobEventRoutes(api: Api, context: AppContext): void {
  addEvents(api, context);
  api.get(
    '/ops/jobs/:job_id/logs',
    {
      schema: {
        operationId: 'listJobLogs',
        tags,
        summary: 'Log of a job, also while it runs',
        params: JobIdParams,
        querystring: Type.Object(
          {
            ...PageQuery,
            level: Type.Optional(stringEnum(levels, { description: 'This level and above.' })),
          },
          { additionalProperties: false },
        ),
        response: { 200: JobLogListSchema },
      },
    },
    async (request): Promise<Static<typeof JobLogListSchema>> => {
      const job = await visibleJob(context, request, request.params.job_id);
      const { after, level = 'debug', limit = 100 } = request.query;
      let query = context.db.kysely
        .selectFrom('job_events')
        .selectAll()
        .where('job_id', '=', job.id)
        .where('kind', '=', 'log')
        .where('level', 'in', levels.slice(levels.indexOf(level)));
      if (after !== undefined) query = query.where('id', '>', after);
      const rows = await query.orderBy('id').limit(limit).execute();
      return { logs: rows.map(presentJobEvent), next_after: nextAfter(rows, limit) };
    },
  );
}
