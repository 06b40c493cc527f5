import { HIGHEST_NORMALS_DEGREE } from '../../tasks/process/request.js';
import { type FieldError, invalidField, invalidFields } from '../errors.js';
import { fieldProducts, orbitProducts, type ProcessRequest } from '../schemas/operations.js';
import type { CheckContext, Parameters } from './check-context.js';
import { checkUpload } from './data-source.js';
import { checkInterval } from './interval.js';
import { resolveSatellites } from './satellites.js';

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
  checkProducts(body, errors);
  checkRegularization(body, errors);
  checkNoise(body, errors);
  checkOptions(body, errors);
  if (errors.length > 0) throw invalidFields(errors);
  if (models?.static_field !== undefined) {
    await checkModelFile(models.static_field, 'background_models.static_field', true, context);
  }
  const { reference } = body.regularization;
  if (reference !== undefined) await checkModelFile(reference, 'regularization.reference', true, context);
  if (rotation?.model === 'iers2010' && rotation.eop !== undefined) {
    await checkModelFile(rotation.eop, 'background_models.earth_rotation.eop', false, context);
  }
  for (const [field, name] of forceFiles(models?.forces)) {
    await checkModelFile(name, field, false, context);
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

/** Products belong to a field or to orbits. */
function checkProducts(
  { algorithm, output_products: wanted, degree_max: degree }: ProcessRequest,
  errors: FieldError[],
): void {
  const known: readonly string[] = algorithm === 'orbit' ? orbitProducts : fieldProducts;
  const wrong = wanted.filter((name) => !known.includes(name));
  for (const [name, highest] of Object.entries(HIGHEST_NORMALS_DEGREE)) {
    if (!wanted.some((product) => product === name) || degree <= highest) continue;
    const message = `${name}: to degree ${highest}, degree_max is ${degree}`;
    errors.push({ field: 'output_products', message });
  }
  if (wrong.length === 0) return;
  errors.push({
    field: 'output_products',
    message: `algorithm ${algorithm} makes no ${wrong.join(', ')}; it makes ${known.join(', ')}`,
  });
}

function checkRegularization({ regularization }: ProcessRequest, errors: FieldError[]): void {
  const { kaula, tikhonov, weight = 'given', reference } = regularization;
  if (kaula > 0 || tikhonov > 0) return;
  if (weight !== 'given') {
    const message = `'${weight}' finds the weight of a regularization: set kaula or tikhonov above 0`;
    errors.push({ field: 'regularization.weight', message });
  }
  if (reference !== undefined) {
    const message = 'nothing pulls towards it: set kaula or tikhonov above 0';
    errors.push({ field: 'regularization.reference', message });
  }
}

function checkNoise({ algorithm, observations, satellites }: ProcessRequest, errors: FieldError[]): void {
  const { noise_model: noise = 'white', variance_components: components = 'none' } = observations ?? {};
  const field = 'observations.noise_model';
  const isWhite = (typeof noise === 'object' ? noise.method : noise) === 'white';
  const isNone = (typeof components === 'object' ? (components.scope ?? 'arc') : components) === 'none';
  if (algorithm === 'orbit') {
    const message = "is for fields; algorithm 'orbit' takes the noise as stated";
    if (!isWhite) errors.push({ field, message });
    if (!isNone) errors.push({ field: 'observations.variance_components', message });
  } else if (!isWhite && observations?.ranging === 'none') {
    errors.push({ field, message: "needs ranging, which observations.ranging 'none' leaves out" });
  } else if (!isWhite && satellites?.length === 1) {
    errors.push({ field, message: `needs the ranging of a pair; satellites are ${satellites.join(', ')}` });
  }
  if (typeof noise === 'object' && isWhite) {
    for (const name of ['scope', 'max_order'] as const) {
      if (noise[name] !== undefined) {
        errors.push({ field: `${field}.${name}`, message: 'is only for method autocovariance' });
      }
    }
  }
}

/** What no schema of a single field can say. */
function checkOptions({ background_models, parametrization }: ProcessRequest, errors: FieldError[]): void {
  const forces = background_models?.forces;
  if (typeof forces === 'object') {
    const { third_bodies: bodies, ephemeris = 'analytical' } = forces;
    const field = 'background_models.forces';
    if (typeof bodies === 'object' && ephemeris === 'analytical') {
      errors.push({ field: `${field}.third_bodies`, message: 'planets need an ephemeris file' });
    }
    if (background_models?.earth_rotation?.model === 'constant') {
      const message = "needs the motion of the pole, which earth_rotation.model 'constant' has not";
      if (forces.pole_tide) errors.push({ field: `${field}.pole_tide`, message });
      if ((forces.ocean_pole_tide ?? 'none') !== 'none') {
        errors.push({ field: `${field}.ocean_pole_tide`, message });
      }
    }
  }
  const screening = parametrization?.screening;
  if (typeof screening === 'object') {
    const field = 'parametrization.screening';
    const { method, factor, low = 1.5, high = 5 } = screening;
    const isIgg = method === 'igg';
    if (factor !== undefined && (isIgg || method === 'none')) {
      errors.push({ field: `${field}.factor`, message: 'is only for clip and huber' });
    }
    for (const name of ['low', 'high'] as const) {
      if (screening[name] !== undefined && !isIgg) {
        errors.push({ field: `${field}.${name}`, message: 'is only for igg' });
      }
    }
    if (isIgg && !(high > low)) {
      errors.push({ field: `${field}.high`, message: `must be greater than low (${low}), is ${high}` });
    }
  }
  parametrization?.ranging_parameters?.forEach(({ term, cycles_per_revolution: cycles }, i) => {
    if (cycles !== undefined && term !== 'periodic') {
      const field = `parametrization.ranging_parameters[${i}].cycles_per_revolution`;
      errors.push({ field, message: 'is only for term periodic' });
    }
  });
}

type RequestedForces = NonNullable<ProcessRequest['background_models']>['forces'];

/** Files that forces name, with the field that names them. */
function forceFiles(forces: RequestedForces): readonly (readonly [field: string, name: string])[] {
  if (typeof forces !== 'object') return [];
  const members = ['ephemeris', 'ocean_tide', 'ocean_pole_tide', 'atmospheric_tide', 'dealiasing'] as const;
  const words: Readonly<Record<string, string>> = { ephemeris: 'analytical', ocean_tide: 'fes2004' };
  return members.flatMap((member) => {
    const field = `background_models.forces.${member}`;
    const value = forces[member];
    if (value === undefined || value === words[member]) return [];
    if (Array.isArray(value)) return value.map((name, i) => [`${field}[${i}]`, name] as const);
    return value === 'none' && member !== 'ephemeris' ? [] : [[field, value] as const];
  });
}
