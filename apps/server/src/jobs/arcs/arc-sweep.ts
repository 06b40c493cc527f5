import type { Database } from '../../db/database.js';
import type { ObjectStore } from '../../storage/object-store.js';
import type { RunnerLogger } from '../job-attempt.js';
import type { QueueTransport } from '../transport.js';
import { countDispatch, endedJobsWithArcs, removeArcs, takeUndelivered } from './arc-batch.js';
import { arcChannel, deliveryOf, tell } from './arc-messages.js';
import { reapArcs } from './arc-moves.js';
import { type ArcOwner, type ArcRow, ownerOf } from './arc-row.js';

export interface ArcSweepDependencies {
  readonly db: Database;
  readonly objects: ObjectStore;
  readonly transport: QueueTransport;
  readonly logger: RunnerLogger;
  /** A pending arc is asked after this often. */
  readonly resendSeconds: number;
}

/** The worker of a job that has just ended removes its arcs itself. */
const LEFTOVER_SECONDS = 15;

/** What a living worker does for dead ones and for a queue that has lost its content. */
export async function sweepArcs(
  dependencies: ArcSweepDependencies,
  active: readonly ArcOwner[],
): Promise<void> {
  const { db, transport, logger } = dependencies;
  const reaped = await reapArcs(db.kysely, active);
  for (const row of reaped) {
    logger.warn({ ...ownerOf(row), worker: row.worker_id, status: row.status }, 'arc of a dead worker');
    if (row.status !== 'failed') continue;
    tell(transport, arcChannel(row.job_id), { kind: 'ended', pass: row.pass, arc: row.arc });
  }
  if (transport.available) await resend(dependencies);
  await removeLeftovers(dependencies);
}

/** Sends again what the queue does not know; as the first of all, the rows were made before anything was sent. */
async function resend({ db, transport, resendSeconds }: ArcSweepDependencies): Promise<void> {
  const rows = await takeUndelivered(db.kysely, resendSeconds);
  if (rows.length === 0) return;
  const present = await transport.present(
    'arcs',
    rows.map((row) => deliveryOf(row).id),
  );
  const lost = rows.filter((row) => !present.has(deliveryOf(row).id));
  if (lost.length === 0) return;
  const again = await countDispatch(db.kysely, lost.map(ownerOf));
  await transport.send(
    'arcs',
    again.map((row) => deliveryOf(row)),
  );
}

/** Arcs of jobs whose worker died at the very end. */
async function removeLeftovers({ db, objects, logger }: ArcSweepDependencies): Promise<void> {
  for (const { id, attempt, status } of await endedJobsWithArcs(db.kysely, LEFTOVER_SECONDS)) {
    const rows = await removeArcs(db.kysely, { jobId: id, attempt });
    // As in a process without workers, a failed job leaves its checkpoints to the next of the same recipe.
    if (status !== 'failed') await deleteCheckpoints(objects, rows);
    logger.info({ jobId: id, status, arcs: rows.length }, 'arcs of an ended job removed');
  }
}

export async function deleteCheckpoints(objects: ObjectStore, rows: readonly ArcRow[]): Promise<void> {
  for (const { checkpoint_key: key } of rows) await objects.delete('processed-data', key);
}
