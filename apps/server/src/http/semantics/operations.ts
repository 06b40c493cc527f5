import type { ServerConfig } from '../../config.js';
import type { Database } from '../../db/database.js';
import type { ObjectStore } from '../../storage/object-store.js';
import { type FieldError, invalidField, invalidFields } from '../errors.js';
import type { CatalogRequest, IngestRequest, PlanRequest, ProcessRequest } from '../schemas/operations.js';
import { checkDataSource, checkUpload } from './data-source.js';
import { checkInterval } from './interval.js';
import { resolveSatellites } from './satellites.js';

/** What a check may look at. Nothing here writes. */
export interface CheckContext {
  readonly userId: string;
  readonly config: ServerConfig;
  readonly db: Database;
  readonly objects: ObjectStore;
}

type Parameters = Record<string, unknown>;

function refuse(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidFields(errors);
}

/** Each check returns the parameters of the job: the request with canonical satellite names. */
export async function checkPlan(body: PlanRequest): Promise<Parameters> {
  const errors: FieldError[] = [];
  checkInterval(body.start_time, body.end_time, errors);
  const satellites = resolveSatellites(body.satellites, 'satellites', errors);
  refuse(errors);
  return { ...body, satellites };
}

export async function checkIngest(body: IngestRequest, context: CheckContext): Promise<Parameters> {
  const errors: FieldError[] = [];
  checkInterval(body.start_time, body.end_time, errors, false);
  const satellites = resolveSatellites(body.satellites, 'satellites', errors);
  if (body.table !== undefined && body.data_type !== 'table') {
    errors.push({ field: 'table', message: "is only for data_type 'table'" });
  }
  let table = body.table;
  if (table?.satellite !== undefined) {
    const [satellite] = resolveSatellites([table.satellite], 'table.satellite', errors);
    if (satellite !== undefined && !satellites.includes(satellite)) {
      errors.push({ field: 'table.satellite', message: `${satellite} is not among satellites` });
    }
    table = { ...table, satellite };
  }
  refuse(errors);
  await checkDataSource(body.data_source, context.userId, context.config, context.objects);
  return { ...body, satellites, ...(table !== undefined && { table }) };
}

/** A file of the user, or (where there is a registry) a registered name. */
async function checkModelFile(
  name: string,
  field: string,
  registered: boolean,
  context: CheckContext,
): Promise<void> {
  if (name.startsWith('upload:')) {
    return checkUpload(name.slice('upload:'.length), field, context.userId, context.objects);
  }
  const form = name.startsWith('object:')
    ? /^object:products\/[A-Za-z0-9_./=+@-]+$/.test(name) && !name.split('/').includes('..')
    : registered && /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name);
  if (!form) {
    const names = registered ? 'a registered name, ' : '';
    throw invalidField(field, `must be ${names}object:products/{key} or upload:{upload_id}`);
  }
}

export async function checkProcess(body: ProcessRequest, context: CheckContext): Promise<Parameters> {
  const errors: FieldError[] = [];
  checkInterval(body.start_time, body.end_time, errors);
  const satellites =
    body.satellites === undefined ? undefined : resolveSatellites(body.satellites, 'satellites', errors);
  if (body.degree_min !== undefined && body.degree_min > body.degree_max) {
    errors.push({ field: 'degree_min', message: `must not exceed degree_max (${body.degree_max})` });
  }
  const models = body.background_models;
  if (models?.static_field_degree !== undefined && models.static_field_degree < body.degree_max) {
    errors.push({
      field: 'background_models.static_field_degree',
      message: `must not be less than degree_max (${body.degree_max})`,
    });
  }
  const rotation = models?.earth_rotation;
  if (
    rotation?.model === 'constant' &&
    rotation.epoch !== undefined &&
    rotation.epoch_gps_seconds !== undefined
  ) {
    errors.push({
      field: 'background_models.earth_rotation.epoch',
      message: 'give either epoch or epoch_gps_seconds',
    });
  }
  const step = body.grid?.step_degrees;
  if (step !== undefined && Math.abs(Math.round(180 / step) * step - 180) > 1e-9) {
    errors.push({ field: 'grid.step_degrees', message: `must divide 180, is ${step}` });
  }
  refuse(errors);
  if (models?.static_field !== undefined) {
    await checkModelFile(models.static_field, 'background_models.static_field', true, context);
  }
  if (rotation?.model === 'iers2010' && rotation.eop !== undefined) {
    await checkModelFile(rotation.eop, 'background_models.earth_rotation.eop', false, context);
  }
  if (body.plan_id !== undefined) await checkPlanId(body.plan_id, context);
  return { ...body, ...(satellites !== undefined && { satellites }) };
}

async function checkPlanId(planId: string, context: CheckContext): Promise<void> {
  const plan = await context.db.kysely
    .selectFrom('processing_jobs')
    .select('status')
    .where('id', '=', planId)
    .where('user_id', '=', context.userId)
    .where('type', '=', 'plan')
    .executeTakeFirst();
  if (plan === undefined) throw invalidField('plan_id', 'no plan of yours has this id');
  if (plan.status === 'failed' || plan.status === 'cancelled') {
    throw invalidField('plan_id', `this plan is ${plan.status}`);
  }
}

/** Whether the products exist and may be catalogued is checked by the task: they may still be in the making. */
export async function checkCatalog(body: CatalogRequest): Promise<Parameters> {
  return { ...body };
}
