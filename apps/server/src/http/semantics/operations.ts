import { type FieldError, invalidFields } from '../errors.js';
import type { CatalogRequest, IngestRequest, PlanRequest } from '../schemas/operations.js';
import type { CheckContext, Parameters } from './check-context.js';
import { checkDataSource } from './data-source.js';
import { checkInterval } from './interval.js';
import { resolveSatellites } from './satellites.js';

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

/** Whether the products exist and may be catalogued is checked by the task: they may still be in the making. */
export async function checkCatalog(body: CatalogRequest): Promise<Parameters> {
  return { ...body };
}
