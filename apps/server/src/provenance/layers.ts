export interface LayeredNode {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

export interface Place {
  /** Of the upper left corner. */
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  readonly places: ReadonlyMap<string, Place>;
  readonly width: number;
  readonly height: number;
}

export interface Spacing {
  readonly column: number;
  readonly row: number;
}

const ROUNDS = 8;

/**
 * Places nodes in columns, causes left of effects, by the steps of Sugiyama, Tagawa and Toda (1981): layers by the
 * longest path, order within a layer by the barycentre of the neighbours. Nodes without a cause stand just before their
 * first effect, so that edges are short.
 *
 * @param edges from effect to cause; they have no circle
 */
export function layered(
  nodes: readonly LayeredNode[],
  edges: readonly { readonly from: string; readonly to: string }[],
  spacing: Spacing,
): Layout {
  const ids = new Set(nodes.map(({ id }) => id));
  const known = edges.filter(({ from, to }) => ids.has(from) && ids.has(to));
  const causes = neighbours(known, 'from', 'to');
  const effects = neighbours(known, 'to', 'from');
  const layerOf = layersOf(nodes, causes, effects);
  const columns: LayeredNode[][] = [];
  for (const node of nodes) {
    const layer = layerOf.get(node.id) ?? 0;
    columns[layer] = [...(columns[layer] ?? []), node];
  }
  const filled = columns.filter((column) => column !== undefined);
  order(filled, causes, effects);
  return place(filled, spacing);
}

type Neighbours = ReadonlyMap<string, readonly string[]>;

function neighbours<K extends 'from' | 'to'>(
  edges: readonly Readonly<Record<'from' | 'to', string>>[],
  key: K,
  other: 'from' | 'to',
): Neighbours {
  const map = new Map<string, string[]>();
  for (const edge of edges) map.set(edge[key], [...(map.get(edge[key]) ?? []), edge[other]]);
  return map;
}

function layersOf(
  nodes: readonly LayeredNode[],
  causes: Neighbours,
  effects: Neighbours,
): ReadonlyMap<string, number> {
  const layerOf = new Map<string, number>();
  const visit = (id: string): number => {
    const found = layerOf.get(id);
    if (found !== undefined) return found;
    // before the causes are known: a circle, should there be one, ends here
    layerOf.set(id, 0);
    const layer = Math.max(-1, ...(causes.get(id) ?? []).map(visit)) + 1;
    layerOf.set(id, layer);
    return layer;
  };
  for (const { id } of nodes) visit(id);
  for (const { id } of nodes) {
    if ((causes.get(id) ?? []).length > 0) continue;
    const next = (effects.get(id) ?? []).map((effect) => layerOf.get(effect) ?? 1);
    if (next.length > 0) layerOf.set(id, Math.min(...next) - 1);
  }
  return layerOf;
}

function order(columns: LayeredNode[][], causes: Neighbours, effects: Neighbours): void {
  const position = new Map<string, number>();
  const number = (column: readonly LayeredNode[]): void => {
    column.forEach(({ id }, i) => {
      position.set(id, (i + 0.5) / column.length);
    });
  };
  for (const column of columns) number(column);
  for (let round = 0; round < ROUNDS; round++) {
    const forward = round % 2 === 0;
    const near = forward ? causes : effects;
    for (const column of forward ? columns : columns.toReversed()) {
      const weight = new Map(
        column.map(({ id }) => {
          const places = (near.get(id) ?? []).map((one) => position.get(one) ?? 0.5);
          const mean = places.reduce((sum, one) => sum + one, 0) / places.length;
          return [id, places.length === 0 ? (position.get(id) ?? 0.5) : mean];
        }),
      );
      column.sort((a, b) => (weight.get(a.id) ?? 0) - (weight.get(b.id) ?? 0));
      number(column);
    }
  }
}

function place(columns: readonly (readonly LayeredNode[])[], spacing: Spacing): Layout {
  const places = new Map<string, Place>();
  const heightOf = (column: readonly LayeredNode[]): number =>
    column.reduce((sum, node) => sum + node.height, 0) + spacing.row * (column.length - 1);
  const height = Math.max(0, ...columns.map(heightOf));
  let x = 0;
  for (const column of columns) {
    const width = Math.max(...column.map((node) => node.width));
    let y = (height - heightOf(column)) / 2;
    for (const node of column) {
      places.set(node.id, { x: x + (width - node.width) / 2, y });
      y += node.height + spacing.row;
    }
    x += width + spacing.column;
  }
  return { places, width: Math.max(0, x - spacing.column), height };
}
