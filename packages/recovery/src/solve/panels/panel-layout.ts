import type { PanelStore } from './panel-store.js';

/**
 * The upper triangle of an n×n matrix in tiles of side×side: panel p holds the tiles (p, p), (p, p+1) … (p, count−1)
 * one after the other, each row-major. Tiles at the edge are padded, and their padding means nothing.
 */
export interface PanelLayout {
  readonly n: number;
  readonly side: number;
  /** Panels, and tiles along a side. */
  readonly count: number;
}

/** @throws RangeError unless n and side are whole numbers of at least 1 */
export function panelLayout(n: number, side: number): PanelLayout {
  for (const [name, value] of Object.entries({ n, side })) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new RangeError(`${name} must be a whole number of at least 1, not ${value}`);
  }
  return { n, side: Math.min(side, n), count: Math.ceil(n / Math.min(side, n)) };
}

/** Rows of panel p, which are also the columns of its tiles in column p. */
export const heightOf = ({ n, side }: PanelLayout, p: number): number => Math.min(side, n - p * side);

/** Doubles of all tiles of a panel from column `first` on. */
export const tailLength = ({ side, count }: PanelLayout, first: number): number =>
  (count - first) * side ** 2;

/** Doubles that a store of the whole matrix holds. */
export const storedLength = (layout: PanelLayout): number =>
  ((layout.count * (layout.count + 1)) / 2) * layout.side ** 2;

/** Tile (p, j) in an array that begins with tile (p, first). */
export function tileOf({ side }: PanelLayout, data: Float64Array, first: number, j: number): Float64Array {
  return data.subarray((j - first) * side ** 2, (j - first + 1) * side ** 2);
}

/** Reads panel p from its tile in column `first` on to the beginning of `target`. */
export async function readTail(
  store: PanelStore,
  layout: PanelLayout,
  p: number,
  first: number,
  target: Float64Array,
): Promise<void> {
  await store.read(p, (first - p) * layout.side ** 2, target.subarray(0, tailLength(layout, first)));
}

/**
 * Hands the tails of panels, from column `first` on (`max(first, p)` of panel p), to `use` in the given order. The next
 * is read while one is in use; two buffers of the longest tail are needed.
 */
export async function streamPanels(
  store: PanelStore,
  layout: PanelLayout,
  panels: readonly number[],
  first: number,
  buffers: readonly [Float64Array, Float64Array],
  use: (p: number, tiles: Float64Array) => Promise<void>,
): Promise<void> {
  const load = async (k: number): Promise<void> => {
    if (k < panels.length)
      await readTail(store, layout, panels[k], Math.max(first, panels[k]), buffers[k % 2]);
  };
  let next = load(0);
  for (const [k, p] of panels.entries()) {
    await next;
    next = load(k + 1);
    // Its failure is reported when its turn comes, also if `use` fails before.
    next.catch(() => undefined);
    try {
      await use(p, buffers[k % 2]);
    } catch (error) {
      await next.catch(() => undefined);
      throw error;
    }
  }
}
