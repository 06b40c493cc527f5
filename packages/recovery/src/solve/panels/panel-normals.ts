import type { LinearAlgebra } from '@gravity/linalg';
import type { ArcNormals, RecoverySetup } from '../../types.js';
import type { TotalNormals } from '../normals-sum.js';
import {
  heightOf,
  type PanelLayout,
  panelLayout,
  readTail,
  streamPanels,
  tailLength,
  tileOf,
} from './panel-layout.js';
import type { PanelStore } from './panel-store.js';

/** Sum of the normal equations of many arcs whose matrix lies in a store. */
export interface PanelNormals extends Omit<TotalNormals, 'matrix'> {
  readonly layout: PanelLayout;
  readonly store: PanelStore;
}

/**
 * Normals without any arc. `store` must be empty.
 *
 * @param panelRows rows of a panel: four panels of panelRows × parameterCount are in memory while the normals are solved
 */
export function emptyPanelNormals(
  setup: Pick<RecoverySetup, 'degreeMin' | 'degreeMax'>,
  store: PanelStore,
  panelRows: number,
): PanelNormals {
  const n = (setup.degreeMax + 1) ** 2 - setup.degreeMin ** 2;
  return {
    parameterCount: n,
    layout: panelLayout(n, panelRows),
    store,
    rightHandSide: new Float64Array(n),
    weightedSquareSum: 0,
    observationCount: 0,
    arcParameterCount: 0,
    arcCount: 0,
  };
}

/** total += arc, panel by panel. When it fails on the way (a full disk) the sum is lost. */
export async function addArcToPanels(
  total: PanelNormals,
  arc: ArcNormals,
  la: Pick<LinearAlgebra, 'allocate'>,
): Promise<void> {
  const { layout, store, parameterCount: n } = total;
  if (arc.parameterCount !== n)
    throw new RangeError(`normals of ${arc.parameterCount} parameters cannot be added to ${n}`);
  const longest = tailLength(layout, 0);
  const panels = Array.from({ length: layout.count }, (_, p) => p);
  const buffers = [la.allocate(longest), la.allocate(longest)] as const;
  await streamPanels(store, layout, panels, 0, buffers, async (p, tiles) => {
    addRows(layout, p, tiles, arc.matrix);
    await store.write(p, 0, tiles.subarray(0, tailLength(layout, p)));
  });
  for (let i = 0; i < n; i++) total.rightHandSide[i] += arc.rightHandSide[i];
  total.weightedSquareSum += arc.weightedSquareSum;
  total.observationCount += arc.observationCount;
  total.arcParameterCount += arc.arcParameterCount;
  total.arcCount++;
}

function addRows(layout: PanelLayout, p: number, tiles: Float64Array, matrix: Float64Array): void {
  const { n, side, count } = layout;
  const rows = heightOf(layout, p);
  for (let j = p; j < count; j++) {
    const tile = tileOf(layout, tiles, p, j);
    const width = heightOf(layout, j);
    for (let i = 0; i < rows; i++) {
      const from = (p * side + i) * n + j * side;
      const to = i * side;
      for (let k = j === p ? i : 0; k < width; k++) tile[to + k] += matrix[from + k];
    }
  }
}

/** The diagonal of a matrix in panels. */
export async function panelDiagonal(
  layout: PanelLayout,
  store: PanelStore,
  la: Pick<LinearAlgebra, 'allocate'>,
): Promise<Float64Array> {
  const { n, side, count } = layout;
  const diagonal = new Float64Array(n);
  const tile = la.allocate(side ** 2);
  for (let p = 0; p < count; p++) {
    await store.read(p, 0, tile);
    for (let i = 0; i < heightOf(layout, p); i++) diagonal[p * side + i] = tile[i * (side + 1)];
  }
  return diagonal;
}

/** The whole symmetric matrix (n×n, row-major) of a store. */
export async function denseFromPanels(
  layout: PanelLayout,
  store: PanelStore,
  la: Pick<LinearAlgebra, 'allocate'>,
): Promise<Float64Array> {
  const { n, side, count } = layout;
  const matrix = la.allocate(n * n);
  const panel = la.allocate(tailLength(layout, 0));
  for (let p = 0; p < count; p++) {
    await readTail(store, layout, p, p, panel);
    for (let j = p; j < count; j++) {
      const tile = tileOf(layout, panel, p, j);
      for (let i = 0; i < heightOf(layout, p); i++) {
        for (let k = j === p ? i : 0; k < heightOf(layout, j); k++) {
          const value = tile[i * side + k];
          matrix[(p * side + i) * n + j * side + k] = value;
          matrix[(j * side + k) * n + p * side + i] = value;
        }
      }
    }
  }
  return matrix;
}
