import { randomUUID } from 'node:crypto';
import { createLocalBus, type JobBus } from './job-bus.js';
import type { JobEventRow } from './job-service.js';
import type { QueueTransport } from './transport.js';

const EVENTS = 'job-events';
const CANCEL = 'job-cancel';
/** Longer events go without their data; who needs it reads the row. */
const MAX_EVENT_BYTES = 16_384;

interface Envelope {
  readonly origin: string;
  readonly events?: readonly JobEventRow[];
  readonly jobId?: string;
}

/** A bus between processes. In this one listeners hear at once, in the others over the transport. */
export interface SharedBus extends JobBus {
  close(): void;
}

export function createSharedBus(transport: QueueTransport): SharedBus {
  const local = createLocalBus();
  const origin = randomUUID();

  // Lost messages cost time only: streams and runners look into the database themselves.
  const tell = (channel: string, message: Omit<Envelope, 'origin'>): void => {
    if (transport.available) transport.publish(channel, { origin, ...message }).catch(() => {});
  };
  const hear = (channel: string, act: (message: Envelope) => void): (() => void) =>
    transport.subscribe(channel, (message) => {
      const envelope = Object(message) as Envelope;
      if (envelope.origin !== origin) act(envelope);
    });
  const unsubscribes = [
    hear(EVENTS, ({ events = [] }) =>
      local.publish(events.map((event) => ({ ...event, time: new Date(event.time) }))),
    ),
    hear(CANCEL, ({ jobId }) => {
      if (jobId !== undefined) local.cancel(jobId);
    }),
  ];

  return {
    ...local,
    cancel(jobId) {
      local.cancel(jobId);
      tell(CANCEL, { jobId });
    },
    publish(events) {
      local.publish(events);
      if (events.length > 0) tell(EVENTS, { events: events.map(bounded) });
    },
    close() {
      for (const unsubscribe of unsubscribes) unsubscribe();
    },
  };
}

function bounded(event: JobEventRow): JobEventRow {
  return JSON.stringify(event).length <= MAX_EVENT_BYTES
    ? event
    : { ...event, message: event.message.slice(0, 200), data: null };
}
