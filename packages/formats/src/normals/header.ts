import { coefficientOrdering, type TideSystem } from '@gravity/geodesy';
import { FormatError } from '../errors.js';
import type { NormalsHeader, NormalsParameter, NormalsReference } from './types.js';

export const MAGIC = 'GNORMAL1';
export const END_MAGIC = 'GNORMEND';
export const FORMAT_VERSION = 1;

/** CN and SN parameters in the order of `coefficientOrdering`. */
export function coefficientParameters(degreeMin: number, degreeMax: number): NormalsParameter[] {
  const { count, degree, order, kind } = coefficientOrdering(degreeMin, degreeMax);
  return Array.from({ length: count }, (_, i) => ({
    type: kind[i] === 0 ? 'CN' : 'SN',
    degree: degree[i],
    order: order[i],
  }));
}

/** What the JSON of the file holds. */
export function headerToJson(header: NormalsHeader, hasApriori: boolean): string {
  const { parameters, ...rest } = header;
  return JSON.stringify({
    format: 'gravity-normals',
    version: FORMAT_VERSION,
    parameterCount: parameters.length,
    apriori: hasApriori,
    ...rest,
    parameters,
  });
}

const TIDE_SYSTEMS: readonly TideSystem[] = ['zero_tide', 'tide_free', 'mean_tide', 'unknown'];

/** Checks and types the JSON of a file. @throws FormatError `bad_header` or `unsupported` naming the field */
export function headerFromJson(text: string, file: string) {
  const fail = (field: string, complaint: string): never => {
    throw new FormatError('bad_header', complaint, { file, byteOffset: 16, field });
  };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new FormatError('bad_header', 'the header is no JSON', { file, byteOffset: 16 }, error);
  }
  const root = isRecord(parsed) ? parsed : fail('header', 'no object');
  if (root.format !== 'gravity-normals') fail('format', 'not gravity-normals');
  if (root.version !== FORMAT_VERSION) {
    throw new FormatError('unsupported', `version ${String(root.version)}`, { file, field: 'version' });
  }
  const number = (from: Readonly<Record<string, unknown>>, field: string): number => {
    const value = from[field];
    return typeof value === 'number' && Number.isFinite(value) ? value : fail(field, 'no number');
  };
  const string = (from: Readonly<Record<string, unknown>>, field: string): string => {
    const value = from[field];
    return typeof value === 'string' ? value : fail(field, 'no text');
  };
  const list = Array.isArray(root.parameters)
    ? (root.parameters as unknown[])
    : fail('parameters', 'no list');
  if (number(root, 'parameterCount') !== list.length) fail('parameters', `${list.length} entries`);
  const parameters = list.map((entry, i) => {
    if (!isRecord(entry) || typeof entry.type !== 'string') return fail(`parameters[${i}]`, 'no type');
    return entry as unknown as NormalsParameter;
  });
  let reference: NormalsReference | undefined;
  if (root.reference !== undefined) {
    const from = isRecord(root.reference) ? root.reference : fail('reference', 'no object');
    const tideSystem =
      TIDE_SYSTEMS.find((name) => name === from.tideSystem) ?? fail('reference.tideSystem', 'unknown word');
    reference = {
      name: string(from, 'name'),
      gm: number(from, 'gm'),
      radius: number(from, 'radius'),
      maxDegree: number(from, 'maxDegree'),
      tideSystem,
      ...(typeof from.sha256 === 'string' && { sha256: from.sha256 }),
    };
  }
  const header: NormalsHeader = {
    parameters,
    observationCount: number(root, 'observationCount'),
    eliminatedParameterCount: number(root, 'eliminatedParameterCount'),
    weightedSquareSum: number(root, 'weightedSquareSum'),
    startGpsSeconds: number(root, 'startGpsSeconds'),
    endGpsSeconds: number(root, 'endGpsSeconds'),
    producer: string(root, 'producer'),
    ...(reference && { reference }),
    ...(isRecord(root.notes) && { notes: root.notes as Record<string, string> }),
  };
  return { header, hasApriori: root.apriori === true };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
