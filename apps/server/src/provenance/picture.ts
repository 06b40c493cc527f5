import { layered, type Place } from './layers.js';
import { type PictureEdge, type PictureNode, pictureGraph } from './picture-graph.js';
import type { ProvenanceGraph } from './provenance-graph.js';

export interface PictureOptions {
  readonly title?: string;
}

const FONT = 12;
const LINE = 16;
/** Of a character of a sans-serif face at this size, on average; wider ones have the padding to go into. */
const CHARACTER = 6.7;
const PADDING = 14;
const MARGIN = 24;
const MAX_CHARACTERS = 44;
const TITLE_HEIGHT = 34;
const AGENT_GAP = 56;
const LEGEND = 34;

/** The colours of the PROV layout conventions (W3C): yellow ovals, blue boxes, orange houses. */
const COLOURS = {
  entity: { fill: '#fffc87', stroke: '#808080' },
  activity: { fill: '#9fb1fc', stroke: '#2b3fd0' },
  agent: { fill: '#fed37f', stroke: '#a06000' },
} as const;

interface Box extends PictureNode {
  readonly width: number;
  readonly height: number;
}
type Placed = Box & Place;

/** The provenance of a product as an SVG picture, time from left to right. Needs no browser. */
export function provenanceSvg(graph: ProvenanceGraph, options: PictureOptions = {}): string {
  const { nodes, edges } = pictureGraph(graph);
  const boxes = nodes.map(boxOf);
  const flow = boxes.filter(({ kind }) => kind !== 'agent');
  const layout = layered(flow, edges, { column: 96, row: 22 });
  const agents = boxes.filter(({ kind }) => kind === 'agent');
  const top = MARGIN + TITLE_HEIGHT;
  const agentHeight = Math.max(0, ...agents.map(({ height }) => height));
  const flowTop = top + (agents.length > 0 ? agentHeight + AGENT_GAP : 0);
  const placed = new Map<string, Placed>(
    flow.map((box) => {
      const { x, y } = layout.places.get(box.id) ?? { x: 0, y: 0 };
      return [box.id, { ...box, x: x + MARGIN, y: y + flowTop }];
    }),
  );
  const agentsEnd = placeAgents(agents, edges, placed, top);
  const title = options.title ?? `Provenance of ${graph.product.file_name}`;
  const width = Math.ceil(
    Math.max(layout.width + 2 * MARGIN, agentsEnd + MARGIN, title.length * CHARACTER * 1.4 + 2 * MARGIN),
  );
  const height = Math.ceil(flowTop + layout.height + LEGEND + MARGIN);
  const drawn = [...placed.values()];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${xmlText(title)}" font-family="DejaVu Sans, Helvetica, Arial, sans-serif" font-size="${FONT}">`,
    `<title>${xmlText(title)}</title>`,
    '<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0L10 5L0 10z" fill="#555"/></marker></defs>',
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${MARGIN}" y="${MARGIN + 10}" font-size="16" font-weight="bold" fill="#1a1a1a">${xmlText(title)}</text>`,
    ...edges.map((edge) => edgeSvg(edge, placed)),
    ...drawn.map((box) => nodeSvg(box, box.id === `product:${graph.product.id}`)),
    legend(height),
    '</svg>',
    '',
  ].join('\n');
}

function boxOf(node: PictureNode): Box {
  const lines = node.lines.map(shortened);
  const longest = Math.max(...lines.map((line) => line.length));
  // the text of an oval must fit into the rectangle within it
  const stretch = node.kind === 'entity' ? 1.12 : 1;
  const top = node.kind === 'agent' ? 12 : 0;
  return {
    ...node,
    lines,
    width: (longest * CHARACTER + 2 * PADDING) * stretch,
    height: lines.length * LINE + 2 * PADDING + top,
  };
}

function shortened(text: string): string {
  if (text.length <= MAX_CHARACTERS) return text;
  const half = Math.floor((MAX_CHARACTERS - 1) / 2);
  return `${text.slice(0, half)}…${text.slice(-half)}`;
}

/** Above what they did, side by side. Returns where the last one ends. */
function placeAgents(
  agents: readonly Box[],
  edges: readonly PictureEdge[],
  placed: Map<string, Placed>,
  y: number,
): number {
  const wished = agents.map((box) => {
    const near = edges
      .filter(({ to }) => to === box.id)
      .flatMap(({ from }) => placed.get(from) ?? [])
      .map((other) => other.x + other.width / 2);
    const middle = near.reduce((sum, one) => sum + one, 0) / Math.max(1, near.length);
    return { box, x: middle - box.width / 2 };
  });
  wished.sort((a, b) => a.x - b.x);
  let end = MARGIN;
  for (const { box, x } of wished) {
    const left = Math.max(x, end);
    placed.set(box.id, { ...box, x: left, y });
    end = left + box.width + 130;
  }
  return end - 130;
}

function edgeSvg({ from, to, label }: PictureEdge, placed: ReadonlyMap<string, Placed>): string {
  const effect = placed.get(from);
  const cause = placed.get(to);
  if (effect === undefined || cause === undefined) return '';
  const isAgent = cause.kind === 'agent';
  const dashes = isAgent ? ' stroke-dasharray="4 3"' : '';
  const [start, end] = isAgent ? agentEnds(effect, cause) : flowEnds(effect, cause);
  const path = isAgent
    ? `M${point(start)}L${point(end)}`
    : `M${point(start)}C${point([start[0] - 48, start[1]])} ${point([end[0] + 48, end[1]])} ${point(end)}`;
  const x = (start[0] + end[0]) / 2;
  const y = (start[1] + end[1]) / 2 - 4;
  const shown = label === 'wasAssociatedWith' ? '' : label;
  return [
    `<path d="${path}" fill="none" stroke="${isAgent ? '#b08a50' : '#555'}" stroke-width="1"${dashes} marker-end="url(#arrow)"><title>${label}</title></path>`,
    shown === ''
      ? ''
      : `<text x="${round(x)}" y="${round(y)}" text-anchor="middle" font-size="10" fill="#444" stroke="#fff" stroke-width="3" paint-order="stroke">${shown}</text>`,
  ].join('');
}

type Point = readonly [number, number];
const round = (value: number): number => Math.round(value * 10) / 10;
const point = ([x, y]: Point): string => `${round(x)} ${round(y)}`;

/** From the left side of the effect to the right side of the cause. */
function flowEnds(effect: Placed, cause: Placed): readonly [Point, Point] {
  return [
    [effect.x, effect.y + effect.height / 2],
    [cause.x + cause.width, cause.y + cause.height / 2],
  ];
}

function agentEnds(effect: Placed, cause: Placed): readonly [Point, Point] {
  if (effect.kind !== 'agent') {
    return [
      [effect.x + effect.width / 2, effect.y],
      [cause.x + cause.width / 2, cause.y + cause.height],
    ];
  }
  const toRight = cause.x > effect.x;
  const y = (box: Placed): number => box.y + box.height * 0.6;
  return toRight
    ? [
        [effect.x + effect.width, y(effect)],
        [cause.x, y(cause)],
      ]
    : [
        [effect.x, y(effect)],
        [cause.x + cause.width, y(cause)],
      ];
}

function nodeSvg(box: Placed, isSubject: boolean): string {
  const { fill, stroke } = COLOURS[box.kind];
  const style = `fill="${fill}" stroke="${stroke}" stroke-width="${isSubject ? 2.5 : 1}"`;
  const textTop = box.y + PADDING + (box.kind === 'agent' ? 12 : 0) + FONT;
  const text = box.lines.map(
    (line, i) =>
      `<text x="${round(box.x + box.width / 2)}" y="${round(textTop + i * LINE)}" text-anchor="middle" fill="#1a1a1a"${i === 0 ? ' font-weight="bold"' : ''}>${xmlText(line)}</text>`,
  );
  return `<g><title>${xmlText(box.title)}</title>${shape(box, style)}${text.join('')}</g>`;
}

function shape({ kind, x, y, width, height }: Placed, style: string): string {
  if (kind === 'agent') {
    const corners: readonly Point[] = [
      [x, y + 14],
      [x + width / 2, y],
      [x + width, y + 14],
      [x + width, y + height],
      [x, y + height],
    ];
    return `<polygon points="${corners.map(point).join(' ')}" ${style}/>`;
  }
  const radius = kind === 'entity' ? Math.min(height / 2, 34) : 3;
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="${radius}" ${style}/>`;
}

function legend(height: number): string {
  const y = height - MARGIN;
  const items = [
    ['entity', 'entity'],
    ['activity', 'activity'],
    ['agent', 'agent (dashed: wasAssociatedWith)'],
  ] as const;
  return items
    .map(([kind, text], i) => {
      const x = MARGIN + i * 90;
      const { fill, stroke } = COLOURS[kind];
      return `<rect x="${x}" y="${y - 10}" width="12" height="12" rx="${kind === 'entity' ? 6 : 2}" fill="${fill}" stroke="${stroke}"/><text x="${x + 18}" y="${y}" font-size="10" fill="#444">${text}</text>`;
    })
    .join('');
}

/** Names come from users: no markup, and no characters XML 1.0 does not know. */
function xmlText(text: string): string {
  const replacements: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text
    .replace(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"']/g, (character) => replacements[character]);
}
