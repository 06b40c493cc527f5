import { evaluateGfcAt, type GfcModel, parseGfc } from '@gravity/formats';
import { type Geopotential, type TideSystem, truncateGeopotential } from '@gravity/geodesy';
import { TaskError } from '../jobs/task.js';
import { sha256 as digest, readAsset } from './assets.js';
import type { LoadedField, ModelRole } from './types.js';
import { type OpenUserFile, readUserFile } from './user-file.js';

interface RegisteredField {
  readonly file: string;
  readonly maxDegree: number;
  readonly source: string;
}

const FIELDS: Readonly<Record<string, RegisteredField>> = {
  GGM05C: {
    file: 'GGM05C_180.gfc.gz',
    maxDegree: 180,
    source: 'Ries et al. (2016), doi:10.5880/icgem.2016.002, cut at degree 180',
  },
};

export const DEFAULT_STATIC_FIELD = 'GGM05C';

/** The fields that ship with the server. */
export function staticFieldNames(): readonly string[] {
  return Object.keys(FIELDS);
}

export interface StaticFieldRequest {
  /** A registered name, `upload:{id}` or `object:{bucket}/{key}`. */
  readonly name: string;
  /** Highest degree wanted. */
  readonly maxDegree: number;
  /** Take a field of lower degree as it is, instead of refusing it. */
  readonly lowerIsFine?: boolean;
  /** Epoch for time-variable fields, MJD. */
  readonly mjd: number;
  /** Of a file that does not state it. */
  readonly tideSystem?: StatedTideSystem;
  /** Field of the request that names it, for errors; default `background_models.static_field`. */
  readonly field?: string;
  readonly role?: ModelRole;
}

/** What a request may state. */
export const TIDE_SYSTEMS = ['zero_tide', 'tide_free', 'mean_tide'] as const;
export type StatedTideSystem = (typeof TIDE_SYSTEMS)[number];

const FIELD = 'background_models.static_field';
const parsed = new Map<string, Promise<{ model: GfcModel; sha256: string }>>();

/**
 * A static field to the degree wanted.
 *
 * @param openUserFile opens `upload:` and `object:` names; throws TaskError when there is no such file
 * @throws TaskError `unknown_static_field` (listing the known ones), `static_field_degree`, `invalid_static_field`;
 *   `static_field_tide_system` where the request contradicts the file
 */
export async function loadStaticField(
  request: StaticFieldRequest,
  openUserFile: OpenUserFile,
): Promise<LoadedField> {
  const { name, maxDegree, mjd, field = FIELD, role = 'static_field' } = request;
  const own = /^(upload|object):/.test(name);
  const registered = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
  if (!own && !registered) {
    const text = `unknown static field "${name}"; known: ${staticFieldNames().join(', ')}, or upload:{id}, or object:{bucket}/{key} of an ICGEM file`;
    throw new TaskError('unknown_static_field', text, [{ field, message: text }]);
  }
  const { model, sha256 } = registered
    ? await loadRegistered(registered)
    : await readUserFile(
        await openUserFile(name, field),
        name,
        field,
        'invalid_static_field',
        async (bytes) => ({
          model: await parseGfc(Buffer.from(bytes).toString('utf8'), { file: name }),
          sha256: digest(bytes),
        }),
      );
  checkTideSystem(name, model.constant.tideSystem, request.tideSystem);
  const available = model.constant.maxDegree;
  if (maxDegree > available && !request.lowerIsFine) {
    const text = `static field ${name} reaches degree ${available}, ${maxDegree} wanted`;
    throw new TaskError('static_field_degree', text, [
      { field: request.field ?? 'background_models.static_field_degree', message: text },
    ]);
  }
  const degree = Math.min(maxDegree, available);
  const tideSystem = request.tideSystem ?? model.constant.tideSystem;
  const at = (epoch: number): Geopotential => ({
    ...truncateGeopotential(evaluateGfcAt(model, epoch), degree),
    tideSystem,
  });
  return {
    field: at(mjd),
    ...(model.timeVariable.length > 0 && { at }),
    reference: {
      role,
      name: own ? `${name} (${model.name})` : name,
      sha256,
      source: registered?.source ?? 'file of the user',
    },
  };
}

function checkTideSystem(name: string, own: TideSystem, stated: StatedTideSystem | undefined): void {
  if (stated === undefined || own === 'unknown' || own === stated) return;
  const message = `${name} is ${own}, not ${stated}`;
  throw new TaskError('static_field_tide_system', message, [
    { field: 'background_models.static_field_tide_system', message },
  ]);
}

function loadRegistered(entry: RegisteredField) {
  let model = parsed.get(entry.file);
  if (!model) {
    model = readAsset(entry.file).then(async (asset) => ({
      model: await parseGfc(Buffer.from(asset.bytes).toString('latin1'), { file: entry.file }),
      sha256: asset.sha256,
    }));
    parsed.set(entry.file, model);
  }
  return model;
}
