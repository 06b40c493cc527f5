import { createHash } from 'node:crypto';
import { canonicalJson } from '../tasks/process/recipe.js';
import { type FileRow, type ProvenanceGraph, softwareOf } from './provenance-graph.js';
import type { Activity, ProductRow, UsedEntity } from './read-provenance.js';

type Literal = string | number | boolean | { readonly $: string; readonly type: string };
type Attributes = Record<string, Literal | readonly Literal[]>;
type Records = Record<string, Attributes>;

/** A document of the W3C member submission "The PROV-JSON Serialization" (24 April 2013). */
export interface ProvJson {
  readonly prefix: Readonly<Record<string, string>>;
  readonly entity: Records;
  readonly activity: Records;
  readonly agent: Records;
  readonly used: Records;
  readonly wasGeneratedBy: Records;
  readonly wasAssociatedWith: Records;
  readonly wasAttributedTo: Records;
  readonly wasDerivedFrom: Records;
  readonly actedOnBehalfOf: Records;
}

export const PROV_TERMS = 'urn:gravity-processing-backend:prov:';
const MAX_QUALITY = 100;
const ACTIVITY_TYPES = { plan: 'Plan', ingest: 'Ingest', process: 'Process', catalog: 'Catalog' } as const;

const name = (text: string): Literal => ({ $: text, type: 'prov:QUALIFIED_NAME' });
const time = (date: Date): string => date.toISOString();
const integer = (value: number): Literal => ({ $: String(value), type: 'xsd:long' });

/** Numbers as PROV-JSON knows them: integers as they are, others as xsd:double. */
function literal(value: unknown): Literal | undefined {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  return Number.isSafeInteger(value) ? integer(value) : { $: String(value), type: 'xsd:double' };
}

/** Attributes with the absent ones left out. */
function attributes(values: Readonly<Record<string, unknown>>): Attributes {
  const kept: Attributes = {};
  for (const [key, value] of Object.entries(values)) {
    const written = typeof value === 'object' && value !== null ? (value as Literal) : literal(value);
    if (written !== undefined) kept[key] = written;
  }
  return kept;
}

/** Numbers and texts of a nested object, `gpb:quality.sigma0` and so on; lists are left out. */
function flattened(
  prefix: string,
  value: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const flat: Record<string, unknown> = {};
  const visit = (path: string, item: unknown): void => {
    if (Object.keys(flat).length >= MAX_QUALITY) return;
    if (typeof item !== 'object') flat[path] = item;
    else if (item !== null && !Array.isArray(item)) {
      for (const [key, member] of Object.entries(item)) {
        visit(`${path}.${key.replace(/[^A-Za-z0-9_-]/g, '_')}`, member);
      }
    }
  };
  visit(prefix, value);
  return flat;
}

/**
 * The graph as PROV-JSON. Raw files (by their SHA-256) → ingest → observations → process → product → catalog; the
 * parameters of a job are the plan (in the sense of PROV) that software followed on behalf of a user.
 *
 * @param baseUrl of the API; identifiers under the prefix `api` are addresses there
 */
export function provJson(graph: ProvenanceGraph, baseUrl: string): ProvJson {
  const document: ProvJson = {
    prefix: {
      api: `${baseUrl}/`,
      gpb: PROV_TERMS,
      sha256: 'urn:sha256:',
    },
    entity: {},
    activity: {},
    agent: {},
    used: {},
    wasGeneratedBy: {},
    wasAssociatedWith: {},
    wasAttributedTo: {},
    wasDerivedFrom: {},
    actedOnBehalfOf: {},
  };
  const relate = (
    kind: Exclude<keyof ProvJson, 'prefix' | 'entity' | 'activity' | 'agent'>,
    values: Attributes,
  ) => {
    document[kind][`_:${kind}${Object.keys(document[kind]).length + 1}`] = values;
  };
  for (const product of graph.products.values())
    document.entity[productName(product.id)] = productEntity(product);
  for (const activity of graph.activities) addActivity(graph, activity, document, relate);
  for (const product of graph.products.values()) {
    const user = graph.users.get(product.user_id);
    if (user !== undefined) {
      relate('wasAttributedTo', { 'prov:entity': productName(product.id), 'prov:agent': userName(user.id) });
    }
  }
  return document;
}

const jobName = (id: string): string => `api:ops/jobs/${id}`;
const productName = (id: string): string => `api:products/${id}`;
const fileName = (id: string): string => `api:files/${id}`;
const userName = (id: string): string => `api:users/${id}`;
const rawName = (sha256: string): string => `sha256:${sha256}`;

type Relate = (
  kind: Exclude<keyof ProvJson, 'prefix' | 'entity' | 'activity' | 'agent'>,
  values: Attributes,
) => void;

function addActivity(graph: ProvenanceGraph, activity: Activity, document: ProvJson, relate: Relate): void {
  const { job } = activity;
  const id = jobName(job.id);
  document.activity[id] = attributes({
    ...(job.started_at !== null && { 'prov:startTime': time(job.started_at) }),
    ...(job.completed_at !== null && { 'prov:endTime': time(job.completed_at) }),
    'prov:type': name(`gpb:${ACTIVITY_TYPES[job.type]}`),
    'prov:label': job.type,
    'gpb:status': job.status,
    'gpb:attempt': job.attempt,
    'gpb:algorithm': job.parameters.algorithm,
    'gpb:data_source': job.parameters.data_source,
    ...(job.reproduces !== null && { 'gpb:reproduces': name(productName(job.reproduces)) }),
  });
  addAgents(graph, activity, document, relate);
  const inputs: string[] = [];
  if (job.type === 'ingest') addIngest(graph, activity, document, relate);
  else for (const entity of activity.used) inputs.push(...addUse(graph, activity, entity, document, relate));
  if (job.type === 'plan') {
    document.entity[`${id}/result`] = attributes({
      'prov:type': name('gpb:ProcessingPlan'),
      'prov:label': 'processing plan',
      'gpb:sha256': job.result === null ? undefined : hash(job.result),
    });
    relate('wasGeneratedBy', { 'prov:entity': `${id}/result`, 'prov:activity': id });
  }
  for (const made of activity.generated) {
    if (made.kind !== 'product' || !graph.products.has(made.id)) continue;
    const product = productName(made.id);
    relate('wasGeneratedBy', {
      'prov:entity': product,
      'prov:activity': id,
      ...(job.completed_at !== null && { 'prov:time': time(job.completed_at) }),
    });
    for (const input of inputs) {
      relate('wasDerivedFrom', {
        'prov:generatedEntity': product,
        'prov:usedEntity': input,
        'prov:activity': id,
      });
    }
  }
  if (job.type === 'catalog') addCatalog(graph, activity, document, relate);
}

function hash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** User, software, and the parameters as the plan it followed. */
function addAgents({ users }: ProvenanceGraph, activity: Activity, document: ProvJson, relate: Relate): void {
  const { job } = activity;
  const id = jobName(job.id);
  const plan = `${id}/parameters`;
  document.entity[plan] = attributes({
    'prov:type': name('prov:Plan'),
    'prov:label': `parameters of ${job.type}`,
    'prov:value': canonicalJson(job.parameters),
    'gpb:sha256': hash(job.parameters),
  });
  const software = softwareOf(activity);
  const agent = `gpb:software/${software.version}${software.commit === null ? '' : `/${software.commit}`}`;
  document.agent[agent] = attributes({
    'prov:type': name('prov:SoftwareAgent'),
    'prov:label': `${software.name} ${software.version}`,
    'gpb:version': software.version,
    'gpb:git_commit': software.commit ?? undefined,
  });
  relate('wasAssociatedWith', { 'prov:activity': id, 'prov:agent': agent, 'prov:plan': plan });
  const user = users.get(job.user_id);
  if (user === undefined) return;
  document.agent[userName(user.id)] = {
    'prov:type': name('prov:Person'),
    'prov:label': user.username,
  };
  relate('wasAssociatedWith', { 'prov:activity': id, 'prov:agent': userName(user.id) });
  relate('actedOnBehalfOf', {
    'prov:delegate': agent,
    'prov:responsible': userName(user.id),
    'prov:activity': id,
  });
}

function addIngest(graph: ProvenanceGraph, { job }: Activity, document: ProvJson, relate: Relate): void {
  const id = jobName(job.id);
  for (const file of graph.files.values()) {
    if (file.job_id !== job.id) continue;
    document.entity[rawName(file.sha256)] = attributes({
      'prov:type': name('gpb:RawFile'),
      'prov:label': file.file_name,
      'gpb:sha256': file.sha256,
      'gpb:bytes': Number(file.bytes),
      'gpb:archive': file.metadata.archive,
    });
    document.entity[fileName(file.id)] = observationEntity(file);
    relate('used', { 'prov:activity': id, 'prov:entity': rawName(file.sha256) });
    relate('wasGeneratedBy', {
      'prov:entity': fileName(file.id),
      'prov:activity': id,
      'prov:time': time(file.created_at),
    });
    relate('wasDerivedFrom', {
      'prov:generatedEntity': fileName(file.id),
      'prov:usedEntity': rawName(file.sha256),
      'prov:activity': id,
    });
  }
}

/** Returns the entities that came in. */
function addUse(
  graph: ProvenanceGraph,
  { job }: Activity,
  entity: UsedEntity,
  document: ProvJson,
  relate: Relate,
): readonly string[] {
  const used = (input: string, role: string): readonly string[] => {
    relate('used', { 'prov:activity': jobName(job.id), 'prov:entity': input, 'prov:role': role });
    return [input];
  };
  if (entity.kind === 'file') {
    const file = graph.files.get(entity.id);
    // An ingest that was removed leaves the hash of what was read.
    document.entity[fileName(entity.id)] ??= file
      ? observationEntity(file)
      : attributes({ 'prov:type': name('gpb:Observations'), 'gpb:sha256': entity.sha256 ?? undefined });
    return used(fileName(entity.id), 'observations');
  }
  if (entity.kind === 'model') {
    const model =
      entity.sha256 === null ? `gpb:model/${encodeURIComponent(entity.id)}` : rawName(entity.sha256);
    document.entity[model] = attributes({
      'prov:type': name('gpb:Model'),
      'prov:label': entity.id,
      'gpb:source': entity.data?.source,
      'gpb:sha256': entity.sha256 ?? undefined,
    });
    return used(model, String(entity.data?.role ?? 'model'));
  }
  if (entity.kind === 'job') return used(`${jobName(entity.id)}/result`, 'plan');
  if (!graph.products.has(entity.id)) return [];
  return used(productName(entity.id), 'product');
}

function addCatalog(
  { product }: ProvenanceGraph,
  { job }: Activity,
  document: ProvJson,
  relate: Relate,
): void {
  const item = `${productName(product.id)}/stac`;
  document.entity[item] = attributes({
    'prov:type': name('gpb:StacItem'),
    'prov:label': `STAC item of ${product.file_name}`,
    'gpb:published': product.published_at?.toISOString(),
    'gpb:archived': product.archived_at?.toISOString(),
  });
  relate('wasGeneratedBy', { 'prov:entity': item, 'prov:activity': jobName(job.id) });
  relate('wasDerivedFrom', {
    'prov:generatedEntity': item,
    'prov:usedEntity': productName(product.id),
    'prov:activity': jobName(job.id),
  });
}

function observationEntity(file: FileRow): Attributes {
  return attributes({
    'prov:type': name('gpb:Observations'),
    'prov:label': file.file_name,
    'gpb:product': file.product,
    'gpb:satellite': file.satellite,
    'gpb:release': file.release,
    'gpb:records': file.records,
    'gpb:gps_start': file.gps_start,
    'gpb:gps_end': file.gps_end,
    'gpb:sha256': file.sha256,
    ...flattened('gpb:quality', summaryOf(file.quality)),
  });
}

/** Without the statistics of every column: those are at the address of the file. */
function summaryOf({ statistics: _statistics, ...summary }: FileRow['quality']) {
  return summary;
}

function productEntity(product: ProductRow): Attributes {
  return attributes({
    'prov:type': name('gpb:Product'),
    'prov:label': product.file_name,
    'gpb:kind': product.kind,
    'gpb:media_type': product.media_type,
    'gpb:bytes': Number(product.bytes),
    'gpb:sha256': product.sha256,
    'gpb:recipe_sha256': product.recipe_hash,
    'gpb:degree_max': product.degree_max,
    'gpb:time_start': product.time_start?.toISOString(),
    'gpb:time_end': product.time_end?.toISOString(),
    'gpb:satellites': product.satellites.join(', '),
    'gpb:software': product.metadata.software,
    'gpb:linear_algebra': product.metadata.linear_algebra,
    ...flattened('gpb:quality', product.quality),
  });
}
