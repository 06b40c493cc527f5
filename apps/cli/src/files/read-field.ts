import { evaluateGfcAt, type GfcModel, readGfc, readLevel2 } from '@gravity/formats';
import { type Geopotential, truncateGeopotential } from '@gravity/geodesy';
import { UsageError } from '../output.js';
import { headText, readSingle } from './read-file.js';

export interface FieldFileOptions {
  readonly maxDegree?: number;
  /** Epoch at which a time-variable model is taken, MJD. */
  readonly mjd?: number;
}

/**
 * A gravity field from an ICGEM file (.gfc) or a Level-2 product (GSM), compressed or not.
 *
 * @throws UsageError for a time-variable model without an epoch; FormatError for a damaged file
 */
export async function readFieldFile(path: string, options: FieldFileOptions = {}): Promise<Geopotential> {
  const { name, bytes } = await readSingle(path);
  const { maxDegree, mjd } = options;
  if (/^(GRCOF2|GRCOEF|header:|FIRST )/m.test(headText(bytes, 65_536))) {
    return (await readLevel2([bytes], { file: name, maxDegree })).field;
  }
  const model: GfcModel = await readGfc([bytes], { file: name, maxDegree });
  if (model.timeVariable.length > 0 && mjd === undefined) {
    throw new UsageError(`${name}: the model varies with time; state an epoch with --epoch`);
  }
  const field = mjd === undefined ? model.constant : evaluateGfcAt(model, mjd);
  return maxDegree === undefined ? field : truncateGeopotential(field, maxDegree);
}
