import { type Geopotential, PERMANENT_TIDE_C20, triangleIndex } from '@gravity/geodesy';
import { TaskError } from '../../jobs/task.js';
import type { LoadedField } from '../types.js';
import type { ForcesSpec } from './forces-request.js';

const FIELD = 'background_models.static_field_tide_system';

/**
 * The static field in a tide system that goes with the forces: from mean_tide the potential of the tide itself, which
 * the third bodies bring in, is taken out of C20 (IERS Conventions 2010, section 6.2.2).
 *
 * @throws TaskError `tide_system` when the solid Earth tide is wanted and the system is not known
 */
export function fieldForTides(staticField: LoadedField, spec: ForcesSpec): LoadedField {
  const { field, reference, at } = staticField;
  const { tideSystem } = field;
  if (tideSystem === 'mean_tide' && (spec.solidEarthTide || spec.thirdBodies)) {
    return {
      field: zeroTide(field),
      ...(at && { at: (mjd: number) => zeroTide(at(mjd)) }),
      reference: { ...reference, source: `${reference.source}; from mean_tide to zero_tide` },
    };
  }
  if (!spec.solidEarthTide || tideSystem === 'zero_tide' || tideSystem === 'tide_free') return staticField;
  const text =
    `static field ${reference.name}: its tide system is ${tideSystem}; state it (zero_tide, tide_free or mean_tide) ` +
    'with background_models.static_field_tide_system, or leave the tide out with forces.solid_earth_tide false';
  throw new TaskError('tide_system', text, [{ field: FIELD, message: text }]);
}

function zeroTide(field: Geopotential): Geopotential {
  const c = field.c.slice();
  c[triangleIndex(2, 0)] -= PERMANENT_TIDE_C20;
  return { ...field, tideSystem: 'zero_tide', c };
}
