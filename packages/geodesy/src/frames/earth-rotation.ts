import type { EarthRotation, EarthRotationSpec } from '../earth-rotation-types.js';
import { createConstantRotation } from './constant-rotation.js';
import { createIers2010Rotation } from './iers2010-rotation.js';
import type { SubDailyEop } from './sub-daily-eop.js';

/** What a serializable spec cannot hold. */
export interface EarthRotationOptions {
  /** Only with the model 'iers2010': takes the place of the spec's `subDailyTides`. */
  readonly subDailyEop?: SubDailyEop;
}

/**
 * Makes the rotation from the celestial (GCRS) to the terrestrial frame (ITRS) of its description. The result
 * keeps caches (about 1 kB a day used) and belongs to one thread.
 *
 * @throws RangeError for a table or constants that are not valid; `matrix` throws RangeError for an epoch
 *   outside of the table, naming the date and the table's span and source
 */
export function createEarthRotation(
  spec: EarthRotationSpec,
  options: EarthRotationOptions = {},
): EarthRotation {
  switch (spec.model) {
    case 'iers2010':
      return createIers2010Rotation(spec, options.subDailyEop);
    case 'constant':
      return createConstantRotation(spec);
  }
}
