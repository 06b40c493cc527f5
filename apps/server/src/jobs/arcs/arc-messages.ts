import type { OutgoingDelivery, QueueTransport } from '../transport.js';
import { type ArcKey, type ArcRow, describeArc } from './arc-row.js';

/** To the worker that sums the arcs of a job; at most once, the rows are the truth. */
export type ArcMessage =
  | { readonly kind: 'ended'; readonly pass: number; readonly arc: number }
  | {
      readonly kind: 'progress';
      readonly pass: number;
      readonly arc: number;
      readonly fraction: number;
      readonly message: string;
    };

export const arcChannel = (jobId: string): string => `arcs-${jobId}`;
/** To all workers: the arcs of a job are not wanted any more. */
export const STOP_CHANNEL = 'arcs-stop';

/** Another one for each attempt and each sending: queues keep the ids of what is done. */
const deliveryId = (row: ArcRow): string =>
  `${row.job_id}-${row.pass}-${row.arc}-${row.attempt}-${row.dispatches}`;

export function deliveryOf(row: ArcRow, delaySeconds?: number): OutgoingDelivery {
  const key: ArcKey = { jobId: row.job_id, pass: row.pass, arc: row.arc };
  return {
    id: deliveryId(row),
    name: describeArc(key),
    data: { ...key },
    rank: row.rank,
    ...(delaySeconds !== undefined && { delaySeconds }),
  };
}

export function keyOf(data: Readonly<Record<string, unknown>>): ArcKey | undefined {
  const { jobId, pass, arc } = data;
  return typeof jobId === 'string' && typeof pass === 'number' && typeof arc === 'number'
    ? { jobId, pass, arc }
    : undefined;
}

/** Messages only save waiting: without a connection they are dropped. */
export function tell(transport: QueueTransport, channel: string, message: unknown): void {
  transport.publish(channel, message).catch(() => undefined);
}
