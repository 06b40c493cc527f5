import type { Database } from '../db/database.js';
import type { ObjectStore } from '../storage/object-store.js';
import { canonicalJson } from '../tasks/process/recipe.js';
import { compareNumbers, type NumericComparison } from './compare-numbers.js';
import { softwareOf } from './provenance-graph.js';
import { type Activity, type ProductRow, readActivities } from './read-provenance.js';

/** Something that the ways two products were made differ in. */
export interface Difference {
  /** software.version, software.commit, linear_algebra, parameters.…, inputs, models, status of a job … */
  readonly what: string;
  readonly a: unknown;
  readonly b: unknown;
}

export interface ProductComparison {
  /** identical: the same bytes; equivalent: other bytes, numbers as good as equal; different; incomparable: of another kind. */
  readonly verdict: 'identical' | 'equivalent' | 'different' | 'incomparable';
  readonly summary: string;
  readonly a: ComparedProduct;
  readonly b: ComparedProduct;
  readonly differences: readonly Difference[];
  /** Where the bytes differ and the form of the files is known. */
  readonly numbers: NumericComparison | null;
}

export interface ComparedProduct {
  readonly id: string;
  readonly job_id: string;
  readonly file_name: string;
  readonly kind: string;
  readonly sha256: string;
  readonly recipe_hash: string;
}

/** Parameters by which a job finds what the other one states: they are resolved in what both used. */
const RESOLVED = new Set([
  'plan_id',
  'start_time',
  'end_time',
  'satellites',
  'arc_length_hours',
  'ingested_before',
]);

/** What two products and the ways they were made differ in. */
export async function compareProducts(
  db: Database,
  objects: ObjectStore,
  a: ProductRow,
  b: ProductRow,
): Promise<ProductComparison> {
  const [first, second] = await Promise.all([makerOf(db, a), makerOf(db, b)]);
  const differences = [...differencesOfProducts(a, b), ...differencesOfJobs(first, second)];
  const both = { a: compared(a), b: compared(b), differences };
  if (a.sha256 === b.sha256) {
    return { ...both, verdict: 'identical', summary: `the same bytes: SHA-256 ${a.sha256}`, numbers: null };
  }
  if (a.kind !== b.kind || a.media_type !== b.media_type) {
    const summary = `${a.kind} (${a.media_type}) and ${b.kind} (${b.media_type}) are not comparable`;
    return { ...both, verdict: 'incomparable', summary, numbers: null };
  }
  const numbers = await compareNumbers(objects, a, b);
  const because =
    differences.length === 0 ? '' : `; differs in ${differences.map(({ what }) => what).join(', ')}`;
  if (numbers === null) {
    return { ...both, verdict: 'different', summary: `other bytes${because}`, numbers };
  }
  const verdict = numbers.equivalent ? 'equivalent' : 'different';
  return { ...both, verdict, summary: `${numbers.summary}${because}`, numbers };
}

async function makerOf(db: Database, product: ProductRow): Promise<Activity | undefined> {
  const activities = await readActivities(db, product);
  return activities.find(({ job }) => job.id === product.job_id);
}

function compared({ id, job_id, file_name, kind, sha256, recipe_hash }: ProductRow): ComparedProduct {
  return { id, job_id, file_name, kind, sha256, recipe_hash };
}

function differencesOfProducts(a: ProductRow, b: ProductRow): Difference[] {
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['kind', a.kind, b.kind],
    ['recipe', a.recipe_hash, b.recipe_hash],
    ['linear_algebra', a.metadata.linear_algebra, b.metadata.linear_algebra],
    ['time_start', a.time_start?.toISOString(), b.time_start?.toISOString()],
    ['time_end', a.time_end?.toISOString(), b.time_end?.toISOString()],
    ['satellites', a.satellites, b.satellites],
  ];
  return pairs.flatMap(([what, one, other]) => difference(what, one, other));
}

function differencesOfJobs(a: Activity | undefined, b: Activity | undefined): Difference[] {
  if (a === undefined || b === undefined || a.job.id === b.job.id) return [];
  const [one, other] = [softwareOf(a), softwareOf(b)];
  return [
    ...difference('software.version', one.version, other.version),
    ...difference('software.commit', one.commit, other.commit),
    ...differencesOfParameters(a.job.parameters, b.job.parameters),
    ...differenceOfSets('inputs', hashes(a, 'file'), hashes(b, 'file')),
    ...differenceOfSets('models', hashes(a, 'model'), hashes(b, 'model')),
  ];
}

function differencesOfParameters(
  a: Readonly<Record<string, unknown>>,
  b: Readonly<Record<string, unknown>>,
): Difference[] {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => !RESOLVED.has(key));
  return keys.sort().flatMap((key) => difference(`parameters.${key}`, a[key], b[key]));
}

function difference(what: string, a: unknown, b: unknown): Difference[] {
  return canonicalJson(a ?? null) === canonicalJson(b ?? null) ? [] : [{ what, a: a ?? null, b: b ?? null }];
}

/** What an activity used, by hash; the name is for people. */
function hashes({ used }: Activity, kind: 'file' | 'model'): ReadonlyMap<string, string> {
  return new Map(
    used
      .filter((entity) => entity.kind === kind)
      .map((entity) => [
        `${entity.sha256 ?? entity.id} ${String(entity.data?.role ?? '')}`,
        String(entity.data?.file_name ?? entity.id),
      ]),
  );
}

/** `a` and `b`: what is only there. */
function differenceOfSets(
  what: string,
  a: ReadonlyMap<string, string>,
  b: ReadonlyMap<string, string>,
): Difference[] {
  const only = (one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): string[] =>
    [...one].filter(([key]) => !other.has(key)).map(([, name]) => name);
  const [left, right] = [only(a, b), only(b, a)];
  return left.length + right.length === 0 ? [] : [{ what, a: left, b: right }];
}
