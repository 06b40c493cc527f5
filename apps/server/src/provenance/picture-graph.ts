import { type FileRow, type ProvenanceGraph, softwareOf } from './provenance-graph.js';
import type { Activity } from './read-provenance.js';

export interface PictureNode {
  readonly id: string;
  readonly kind: 'entity' | 'activity' | 'agent';
  /** The first is the name. */
  readonly lines: readonly string[];
  /** All of it, shown when pointed at. */
  readonly title: string;
}

/** From what came later to what it came from, as PROV has it. */
export interface PictureEdge {
  readonly from: string;
  readonly to: string;
  readonly label: string;
}

export interface PictureGraph {
  readonly nodes: readonly PictureNode[];
  readonly edges: readonly PictureEdge[];
}

const MAX_LISTED = 8;
const MAX_TITLE = 60;

/** Things that are alike in the picture, under one key. */
interface Group<T> {
  readonly id: string;
  readonly members: readonly T[];
}

function groupsOf<T>(prefix: string, items: Iterable<T>, keyOf: (item: T) => string): Map<string, Group<T>> {
  const lists = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const list = lists.get(key);
    if (list === undefined) lists.set(key, [item]);
    else list.push(item);
  }
  return new Map([...lists].map(([key, members]) => [key, { id: `${prefix}:${key}`, members }]));
}

/**
 * The graph as people want to see it: files of one kind, models of one job and ingests of one user with one program are
 * one node each.
 */
export function pictureGraph(graph: ProvenanceGraph): PictureGraph {
  const nodes: PictureNode[] = [];
  const edges = new Map<string, PictureEdge>();
  const connect = (from: string, to: string, label: string): void => {
    edges.set(`${from} ${to} ${label}`, { from, to, label });
  };
  const nodeOf = addActivities(graph, nodes, connect);
  addFiles(graph, nodeOf, nodes, connect);
  for (const product of graph.products.values()) {
    nodes.push({
      id: `product:${product.id}`,
      kind: 'entity',
      lines: [product.file_name, product.kind, `sha256 ${product.sha256.slice(0, 12)}`],
      title: `${product.file_name}\n${product.kind}, ${product.status}\nsha256 ${product.sha256}\nrecipe ${product.recipe_hash}`,
    });
    const maker = nodeOf.get(product.job_id);
    if (maker !== undefined) connect(`product:${product.id}`, maker, 'wasGeneratedBy');
  }
  return { nodes, edges: [...edges.values()] };
}

type Connect = (from: string, to: string, label: string) => void;

/** Returns the node of each job. */
function addActivities(
  graph: ProvenanceGraph,
  nodes: PictureNode[],
  connect: Connect,
): ReadonlyMap<string, string> {
  const agentOf = (activity: Activity): string => {
    const { version, commit } = softwareOf(activity);
    return `${version} ${commit ?? ''}`;
  };
  const groups = groupsOf('activity', graph.activities, (activity) =>
    activity.job.type === 'ingest' ? `ingest ${activity.job.user_id} ${agentOf(activity)}` : activity.job.id,
  );
  const nodeOf = new Map<string, string>();
  for (const { id, members } of groups.values()) for (const { job } of members) nodeOf.set(job.id, id);
  for (const { id, members } of groups.values()) {
    const [{ job }] = members;
    const ended = members.flatMap((member) => member.job.completed_at ?? []).sort((a, b) => +a - +b);
    const last = ended.at(-1)?.toISOString().slice(0, 16).replace('T', ' ');
    nodes.push({
      id,
      kind: 'activity',
      lines: [
        members.length > 1 ? `${job.type} (${members.length} jobs)` : job.type,
        ...detailsOf(members[0]),
        ...(last === undefined ? [] : [`${last} UTC`]),
      ],
      title: members
        .map((member) => `${member.job.type} ${member.job.id}`)
        .slice(0, MAX_TITLE)
        .join('\n'),
    });
    addAgents(graph, members[0], id, nodes, connect);
    const models = members.flatMap((member) => member.used.filter(({ kind }) => kind === 'model'));
    if (models.length > 0) {
      const names = [
        ...new Set(models.map((model) => `${model.id} (${String(model.data?.role ?? 'model')})`)),
      ];
      nodes.push({
        id: `models:${id}`,
        kind: 'entity',
        lines: [`${names.length} ${names.length === 1 ? 'model' : 'models'}`, ...listed(names)],
        title: models.map((model) => `${model.id} sha256 ${model.sha256 ?? 'none'}`).join('\n'),
      });
      connect(id, `models:${id}`, 'used');
    }
    for (const used of members.flatMap((member) => member.used)) {
      if (used.kind === 'job') connect(id, addPlan(used.id, nodeOf, nodes, connect), 'used');
      if (used.kind === 'product' && graph.products.has(used.id)) connect(id, `product:${used.id}`, 'used');
    }
    if (job.type === 'catalog') {
      nodes.push({
        id: `stac:${id}`,
        kind: 'entity',
        lines: ['STAC item', graph.product.published_at === null ? 'not published' : 'published'],
        title: `STAC item of ${graph.product.file_name}`,
      });
      connect(`stac:${id}`, id, 'wasGeneratedBy');
    }
  }
  return nodeOf;
}

function addPlan(
  jobId: string,
  nodeOf: ReadonlyMap<string, string>,
  nodes: PictureNode[],
  connect: Connect,
): string {
  const id = `plan:${jobId}`;
  if (!nodes.some((node) => node.id === id)) {
    nodes.push({ id, kind: 'entity', lines: ['processing plan'], title: `result of plan ${jobId}` });
    const maker = nodeOf.get(jobId);
    if (maker !== undefined) connect(id, maker, 'wasGeneratedBy');
  }
  return id;
}

/** What of the parameters says most. */
function detailsOf({ job }: Activity): readonly string[] {
  const { parameters, type } = job;
  if (type === 'process') return [`${String(parameters.algorithm)}, degree ${String(parameters.degree_max)}`];
  if (type === 'plan') return [`degree ${String(parameters.degree_max)}`];
  if (type === 'ingest') return [String(parameters.data_type)];
  return [];
}

function addAgents(
  graph: ProvenanceGraph,
  activity: Activity,
  activityNode: string,
  nodes: PictureNode[],
  connect: Connect,
): void {
  const software = softwareOf(activity);
  const agent = `software:${software.version} ${software.commit ?? ''}`;
  const add = (node: PictureNode): void => {
    if (!nodes.some(({ id }) => id === node.id)) nodes.push(node);
  };
  add({
    id: agent,
    kind: 'agent',
    lines: [
      `${software.name} ${software.version}`,
      software.commit === null ? 'commit unknown' : `commit ${software.commit.slice(0, 12)}`,
    ],
    title: `${software.name} ${software.version}\ncommit ${software.commit ?? 'unknown'}`,
  });
  connect(activityNode, agent, 'wasAssociatedWith');
  const user = graph.users.get(activity.job.user_id);
  if (user === undefined) return;
  add({
    id: `user:${user.id}`,
    kind: 'agent',
    lines: [user.username, 'user'],
    title: `user ${user.username}`,
  });
  connect(activityNode, `user:${user.id}`, 'wasAssociatedWith');
  connect(agent, `user:${user.id}`, 'actedOnBehalfOf');
}

/** Raw files and the observations read from them, by product and satellite. */
function addFiles(
  graph: ProvenanceGraph,
  nodeOf: ReadonlyMap<string, string>,
  nodes: PictureNode[],
  connect: Connect,
): void {
  const makerOf = (file: FileRow): string | undefined =>
    file.job_id === null ? undefined : nodeOf.get(file.job_id);
  const groups = groupsOf('files', graph.files.values(), (file) =>
    [file.product, file.satellite, makerOf(file) ?? ''].join(' '),
  );
  const groupOf = new Map<string, string>();
  const raw = groupsOf(
    'raw',
    [...groups.values()].map((group) => group),
    ({ members }) => makerOf(members[0]) ?? '',
  );
  for (const { id, members } of raw.values()) {
    const files = members.flatMap((group) => group.members);
    const maker = makerOf(files[0]);
    if (maker === undefined) continue;
    nodes.push({
      id,
      kind: 'entity',
      lines: [
        `${files.length} raw ${files.length === 1 ? 'file' : 'files'}`,
        ...listed(files.map((file) => file.file_name)),
      ],
      title: titleOf(files),
    });
    connect(maker, id, 'used');
  }
  for (const { id, members } of groups.values()) {
    const [first] = members;
    const records = members.reduce((sum, file) => sum + file.records, 0);
    nodes.push({
      id,
      kind: 'entity',
      lines: [`${first.product} ${first.satellite}`, `${members.length} files, ${records} records`],
      title: titleOf(members),
    });
    for (const file of members) groupOf.set(file.id, id);
    const maker = makerOf(first);
    if (maker !== undefined) connect(id, maker, 'wasGeneratedBy');
  }
  for (const { job, used } of graph.activities) {
    for (const entity of used) {
      const group = entity.kind === 'file' ? groupOf.get(entity.id) : undefined;
      const node = nodeOf.get(job.id);
      if (group !== undefined && node !== undefined) connect(node, group, 'used');
    }
  }
}

function listed(names: readonly string[]): readonly string[] {
  const shown = names.slice(0, names.length > MAX_LISTED ? MAX_LISTED - 1 : MAX_LISTED);
  return names.length > shown.length ? [...shown, `and ${names.length - shown.length} more`] : shown;
}

function titleOf(files: readonly FileRow[]): string {
  const lines = files.slice(0, MAX_TITLE).map((file) => `${file.file_name} sha256 ${file.sha256}`);
  return [...lines, ...(files.length > MAX_TITLE ? [`and ${files.length - MAX_TITLE} more`] : [])].join('\n');
}
