import type { Selectable } from 'kysely';
import type { ProcessArcsTable } from '../../db/schema.js';

export type ArcRow = Selectable<ProcessArcsTable>;

/** One arc of one pass of a process job. */
export interface ArcKey {
  readonly jobId: string;
  readonly pass: number;
  readonly arc: number;
}

/** Who computes an arc: the fencing token is `attempt`. */
export interface ArcOwner extends ArcKey {
  readonly attempt: number;
}

export const ownerOf = (row: ArcRow): ArcOwner => ({
  jobId: row.job_id,
  pass: row.pass,
  arc: row.arc,
  attempt: row.attempt,
});

export const sameArc = (a: ArcKey, b: ArcKey): boolean =>
  a.jobId === b.jobId && a.pass === b.pass && a.arc === b.arc;

export const describeArc = ({ jobId, pass, arc }: ArcKey): string => `${jobId} pass ${pass} arc ${arc + 1}`;
