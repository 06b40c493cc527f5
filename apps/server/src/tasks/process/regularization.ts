import type { Geopotential } from '@gravity/geodesy';
import { toCommon } from '@gravity/products';
import type { FieldReader } from '../../field-reader.js';
import { TaskError } from '../../jobs/task.js';
import { loadStaticField, type ModelReference, type OpenUserFile } from '../../models/index.js';

export const REGULARIZATION_WEIGHTS = ['given', 'vce', 'l_curve'] as const;

export interface RegularizationRequest {
  readonly kaula: number;
  readonly tikhonov: number;
  /** How its weight is found; kaula and tikhonov then give its form. */
  readonly weight: (typeof REGULARIZATION_WEIGHTS)[number];
  /** Field it pulls towards: a registered name, `upload:…` or `object:…`; undefined: the static field. */
  readonly reference?: string;
}

/** Reads `regularization` of a request. Faults are collected by the reader. */
export function parseRegularization(reader: FieldReader): RegularizationRequest {
  reader.only(['kaula', 'tikhonov', 'weight', 'reference']);
  const kaula = reader.number('kaula', 0, 0, 1);
  const tikhonov = reader.number('tikhonov', 0, 0, 1e6);
  const weight = reader.choice('weight', REGULARIZATION_WEIGHTS, 'given');
  const reference = reader.text('reference');
  if (kaula === 0 && tikhonov === 0) {
    if (weight !== 'given') {
      reader.refuse(
        'weight',
        `'${weight}' finds the weight of a regularization: set kaula or tikhonov above 0`,
      );
    }
    if (reference !== undefined) {
      reader.refuse('reference', 'nothing pulls towards it: set kaula or tikhonov above 0');
    }
  }
  return { kaula, tikhonov, weight, ...(reference !== undefined && { reference }) };
}

const FIELD = 'regularization.reference';

export interface PriorField {
  /** In the constants and the tide system of the static field. */
  readonly field: Geopotential;
  readonly reference: ModelReference;
  readonly warnings: readonly string[];
}

/**
 * The field the regularization pulls towards, to the degree of the solution; undefined when it is the static field.
 *
 * @throws TaskError for a file that is missing, damaged or of too low a degree
 */
export async function loadPriorField(
  {
    regularization,
    degreeMax,
  }: { readonly regularization: RegularizationRequest; readonly degreeMax: number },
  staticField: Geopotential,
  mjd: number,
  openUserFile: OpenUserFile,
): Promise<PriorField | undefined> {
  const { reference: name } = regularization;
  if (name === undefined) return undefined;
  const loaded = await loadStaticField(
    { name, maxDegree: degreeMax, mjd, field: FIELD, role: 'regularization_reference' },
    openUserFile,
  );
  const { field } = loaded;
  try {
    return {
      field: toCommon(field, staticField, { assumeSameTideSystem: true }),
      reference: loaded.reference,
      warnings:
        field.tideSystem === 'unknown'
          ? [`${FIELD}: ${name} does not state its tide system; taken as ${staticField.tideSystem}`]
          : [],
    };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = `${name} cannot be brought to the constants and tide system of the static field: ${error.message}`;
    throw new TaskError('invalid_static_field', message, [{ field: FIELD, message }]);
  }
}
