import { gpsToIso, isoToGpsSeconds } from '@gravity/geodesy';
import type { Kysely } from 'kysely';
import type { DatabaseSchema } from '../../db/schema.js';
import { TaskError } from '../../jobs/task.js';
import { normalizeSatellites } from '../../observations/satellite-names.js';
import type { ProcessRequest } from './request.js';

/** What is to be processed: interval and satellites, and the plan they came from. */
export interface ProcessTarget {
  /** Whole GPS seconds. */
  readonly startGpsSeconds: number;
  readonly endGpsSeconds: number;
  readonly satellites: readonly string[];
  readonly arcLengthHours: number;
  readonly planId?: string;
}

const DEFAULT_ARC_HOURS = 24;

const HOW_TO =
  'create a plan first (POST /ops/plan with start_time, end_time and satellites), or give start_time, end_time and ' +
  'satellites in the request, or name a completed plan with plan_id';

/**
 * Interval and satellites of a request: its own where it has them, the rest from the plan named by plan_id, else from
 * the caller's latest completed plan.
 *
 * @throws TaskError `no_plan`, `plan_not_found`, `plan_not_completed`, `invalid_interval`, `unknown_satellite`
 */
export async function resolveTarget(
  db: Kysely<DatabaseSchema>,
  userId: string,
  request: ProcessRequest,
): Promise<ProcessTarget> {
  const complete = request.startTime && request.endTime && request.satellites;
  const plan = complete && !request.planId ? undefined : await findPlan(db, userId, request.planId);
  const startTime = request.startTime ?? text(plan?.parameters.start_time);
  const endTime = request.endTime ?? text(plan?.parameters.end_time);
  const satellites = request.satellites ?? texts(plan?.parameters.satellites);
  if (!startTime || !endTime || satellites.length === 0) {
    throw new TaskError('no_plan', `plan ${plan?.id} names no interval or no satellites; ${HOW_TO}`);
  }
  // Arcs begin and end at whole seconds.
  const startGpsSeconds = Math.ceil(isoToGpsSeconds(startTime));
  const endGpsSeconds = Math.floor(isoToGpsSeconds(endTime));
  if (!(endGpsSeconds > startGpsSeconds)) {
    const message = `end_time ${endTime} is not after start_time ${startTime}`;
    throw new TaskError('invalid_interval', message, [{ field: 'end_time', message }]);
  }
  const planned = plan?.parameters.arc_length_hours;
  return {
    startGpsSeconds,
    endGpsSeconds,
    satellites: canonicalNames(satellites),
    arcLengthHours: request.arcLengthHours ?? (typeof planned === 'number' ? planned : DEFAULT_ARC_HOURS),
    ...(plan && { planId: plan.id }),
  };
}

function canonicalNames(names: readonly string[]): readonly string[] {
  try {
    return normalizeSatellites(names);
  } catch (error) {
    const { message } = error as Error;
    throw new TaskError('unknown_satellite', message, [{ field: 'satellites', message }]);
  }
}

async function findPlan(db: Kysely<DatabaseSchema>, userId: string, planId: string | undefined) {
  const query = db
    .selectFrom('processing_jobs')
    .select(['id', 'status', 'parameters'])
    .where('type', '=', 'plan')
    .where('user_id', '=', userId);
  if (planId === undefined) {
    const plan = await query
      .where('status', '=', 'completed')
      .orderBy('completed_at', 'desc')
      .orderBy('created_at', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (!plan) throw new TaskError('no_plan', `there is no completed plan of yours; ${HOW_TO}`);
    return plan;
  }
  const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(planId);
  const plan = uuid ? await query.where('id', '=', planId).executeTakeFirst() : undefined;
  if (!plan) {
    const message = `no plan ${planId} of yours`;
    throw new TaskError('plan_not_found', `${message}; ${HOW_TO}`, [{ field: 'plan_id', message }]);
  }
  if (plan.status !== 'completed') {
    const message = `plan ${planId} is ${plan.status}`;
    throw new TaskError('plan_not_completed', message, [{ field: 'plan_id', message }]);
  }
  return plan;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];

/** "2023-06-01T00:00:00Z to 2023-06-04T00:00:00Z", for messages. */
export function describeInterval(startGpsSeconds: number, endGpsSeconds: number): string {
  return `${gpsToIso(startGpsSeconds, 0, 0)} to ${gpsToIso(endGpsSeconds, 0, 0)}`;
}
