import { FormatError, readGfc, readNetcdf } from '@gravity/formats';
import { degreeAmplitudes, differenceDegreeAmplitudes } from '@gravity/products';
import type { ObjectStore } from '../storage/object-store.js';
import type { ProductRow } from './read-provenance.js';

export interface NumericComparison {
  readonly equivalent: boolean;
  readonly summary: string;
  readonly values: readonly NumericDifference[];
}

export interface NumericDifference {
  readonly name: string;
  readonly unit: string;
  readonly max_difference: number;
  /** The largest magnitude in the first file, for scale. */
  readonly max_value: number;
}

/**
 * Sums in another order (threads, kernels, libraries) change the last digits: 1 µm of geoid height is a thousandth of
 * the formal error of any solution, and more than rounding makes.
 */
const GEOID_METERS = 1e-6;
/** Of the largest value of a grid or matrix. */
const RELATIVE = 1e-6;
/** Larger files are not read into the memory of the API. */
const MAX_BYTES = 64 * 1024 * 1024;

/** How far the numbers of two products lie apart; null when their form is not known or they are too large. */
export async function compareNumbers(
  objects: ObjectStore,
  a: ProductRow,
  b: ProductRow,
): Promise<NumericComparison | null> {
  if (Math.max(Number(a.bytes), Number(b.bytes)) > MAX_BYTES) return null;
  const isField = a.kind === 'coefficients' && b.kind === 'coefficients';
  const isNetcdf = [a, b].every(
    ({ media_type, file_name }) => /netcdf/.test(media_type) || /\.nc$/.test(file_name),
  );
  const isJson = [a, b].every(({ media_type }) => media_type === 'application/json');
  if (!isField && !isNetcdf && !isJson) return null;
  const [first, second] = await Promise.all([bytesOf(objects, a), bytesOf(objects, b)]);
  try {
    return await compareContent(first, second, a, b, isField ? 'field' : isJson ? 'report' : 'grid');
  } catch (error) {
    // A file of this name and another form is compared by its bytes only.
    if (error instanceof FormatError || error instanceof SyntaxError) return null;
    throw error;
  }
}

function compareContent(
  first: Uint8Array,
  second: Uint8Array,
  a: ProductRow,
  b: ProductRow,
  form: 'field' | 'report' | 'grid',
): Promise<NumericComparison> | NumericComparison {
  if (form === 'report') return compareReports(first, second);
  return form === 'field' ? compareFields(first, second, a, b) : compareGrids(first, second, a, b);
}

async function bytesOf(objects: ObjectStore, { object_key: key }: ProductRow): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await objects.get('products', key)) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

async function compareFields(
  first: Uint8Array,
  second: Uint8Array,
  a: ProductRow,
  b: ProductRow,
): Promise<NumericComparison> {
  const [one, other] = await Promise.all([
    readGfc([first], { file: a.file_name }),
    readGfc([second], { file: b.file_name }),
  ]);
  const { cumulative } = differenceDegreeAmplitudes(one.constant, other.constant, 'geoidHeight', {
    minDegree: 2,
    assumeSameTideSystem: true,
  });
  const geoidMeters = cumulative.at(-1) ?? 0;
  const geoidSignal = degreeAmplitudes(one.constant, 'geoidHeight', { minDegree: 2 }).cumulative.at(-1) ?? 0;
  const values: NumericDifference[] = [
    { name: 'geoid height', unit: 'm', max_difference: geoidMeters, max_value: geoidSignal },
    largest('C', '1', one.constant.c, other.constant.c),
    largest('S', '1', one.constant.s, other.constant.s),
  ];
  const sameDegree = one.constant.maxDegree === other.constant.maxDegree;
  const degrees = sameDegree ? '' : `; degrees ${one.constant.maxDegree} and ${other.constant.maxDegree}`;
  return {
    equivalent: sameDegree && geoidMeters <= GEOID_METERS,
    summary: `the fields differ by ${geoidMeters.toExponential(2)} m of geoid height${degrees}`,
    values,
  };
}

async function compareGrids(
  first: Uint8Array,
  second: Uint8Array,
  a: ProductRow,
  b: ProductRow,
): Promise<NumericComparison> {
  const [one, other] = await Promise.all([
    readNetcdf(first, { file: a.file_name }),
    readNetcdf(second, { file: b.file_name }),
  ]);
  const names = [...new Set([...Object.keys(one.variables), ...Object.keys(other.variables)])];
  const missing = names.filter((name) => !one.variables[name] || !other.variables[name]);
  const shared = names.filter((name) => !missing.includes(name));
  const reshaped = shared.filter(
    (name) => one.variables[name].values.length !== other.variables[name].values.length,
  );
  const values = shared
    .filter((name) => !reshaped.includes(name))
    .map((name) => {
      const unit = one.variables[name].attributes.units;
      const { values: left } = one.variables[name];
      return largest(name, typeof unit === 'string' ? unit : '1', left, other.variables[name].values);
    });
  const beyond = values.filter((value) => !(value.max_difference <= RELATIVE * value.max_value));
  const odd = [
    ...missing.map((name) => `${name} is in one only`),
    ...reshaped.map((name) => `${name} has another shape`),
    ...beyond.map((value) => `${value.name} by ${value.max_difference.toExponential(2)} ${value.unit}`),
  ];
  return {
    equivalent: odd.length === 0,
    summary:
      odd.length === 0
        ? `all values agree to ${RELATIVE} of the largest`
        : `the values differ: ${odd.join(', ')}`,
    values,
  };
}

/** How a request stated what its target says too: a reproduction states all of it. */
const STATED = /^parameters\.(startTime|endTime|satellites|arcLengthHours|planId|ingestedBefore)\b/;
const MAX_NAMED = 5;

function compareReports(first: Uint8Array, second: Uint8Array): NumericComparison {
  const decode = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));
  const paths = differingPaths(decode(first), decode(second), '').filter((path) => !STATED.test(path));
  const named = paths.slice(0, MAX_NAMED).join(', ');
  const more = paths.length > MAX_NAMED ? ` and ${paths.length - MAX_NAMED} more` : '';
  return {
    equivalent: paths.length === 0,
    summary: paths.length === 0 ? `the same content, numbers to ${RELATIVE}` : `differs in ${named}${more}`,
    values: [],
  };
}

function differingPaths(a: unknown, b: unknown, path: string): string[] {
  if (typeof a === 'number' && typeof b === 'number') {
    return Math.abs(a - b) <= RELATIVE * Math.abs(a) ? [] : [path];
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return a === b ? [] : [path];
  const [one, other] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return keys.flatMap((key) => differingPaths(one[key], other[key], path === '' ? key : `${path}.${key}`));
}

/** NaN in both (no data) is no difference. */
function largest(name: string, unit: string, a: Float64Array, b: Float64Array): NumericDifference {
  let difference = 0;
  let value = 0;
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [left, right] = [a[i] ?? 0, b[i] ?? 0];
    if (Number.isNaN(left) && Number.isNaN(right)) continue;
    const apart = Math.abs(left - right);
    // not comparable with Math.max: NaN in one of them is as far apart as can be
    difference = Number.isNaN(apart) ? Number.MAX_VALUE : Math.max(difference, apart);
    if (Number.isFinite(left)) value = Math.max(value, Math.abs(left));
  }
  return { name, unit, max_difference: difference, max_value: value };
}
