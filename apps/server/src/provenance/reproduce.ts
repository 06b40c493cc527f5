import type { Database } from '../db/database.js';
import type { JobRow } from '../jobs/job-service.js';
import type { ProductRow } from './read-provenance.js';

/**
 * The parameters that compute a product again, whoever asks and whatever was planned or ingested since: interval,
 * satellites and length of the arcs as they were resolved then, without the plan they came from, and the files that
 * were there when the attempt that made it began.
 */
export async function reproductionParameters(
  { kysely }: Database,
  product: ProductRow,
  made: JobRow,
): Promise<Record<string, unknown>> {
  const { plan_id: _plan, ...parameters } = made.parameters;
  const began = await startOfLastAttempt(kysely, made);
  const edge = await kysely
    .selectFrom('provenance_edges')
    .select('entity_id')
    .where('job_id', '=', made.id)
    .where('relation', '=', 'used')
    .where('entity_kind', '=', 'job')
    .executeTakeFirst();
  const plan =
    edge &&
    (await kysely
      .selectFrom('processing_jobs')
      .select('parameters')
      .where('id', '=', edge.entity_id)
      .executeTakeFirst());
  const arcHours = parameters.arc_length_hours ?? plan?.parameters.arc_length_hours;
  return {
    ...parameters,
    start_time: product.time_start?.toISOString(),
    end_time: product.time_end?.toISOString(),
    satellites: product.satellites,
    ...(began !== undefined && { ingested_before: began }),
    ...(arcHours !== undefined && { arc_length_hours: arcHours }),
  };
}

async function startOfLastAttempt(kysely: Database['kysely'], made: JobRow): Promise<string | undefined> {
  if (typeof made.parameters.ingested_before === 'string') return made.parameters.ingested_before;
  const event = await kysely
    .selectFrom('job_events')
    .select('time')
    .where('job_id', '=', made.id)
    .where('kind', '=', 'status')
    .where('message', '=', `Attempt ${made.attempt} started`)
    .orderBy('id', 'desc')
    .executeTakeFirst();
  return (event?.time ?? made.started_at)?.toISOString();
}
