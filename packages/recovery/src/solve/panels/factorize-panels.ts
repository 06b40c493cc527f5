import { type LinearAlgebra, NotPositiveDefiniteError } from '@gravity/linalg';
import { heightOf, type PanelLayout, readTail, streamPanels, tailLength, tileOf } from './panel-layout.js';
import type { PanelStore } from './panel-store.js';

/** Buffers of one panel each that a pass over all panels works with. */
export interface PanelBuffers {
  readonly own: Float64Array;
  readonly result: Float64Array;
  readonly stream: readonly [Float64Array, Float64Array];
}

export function panelBuffers(layout: PanelLayout, la: Pick<LinearAlgebra, 'allocate'>): PanelBuffers {
  const panel = () => la.allocate(tailLength(layout, 0));
  return { own: panel(), result: panel(), stream: [panel(), panel()] };
}

export const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, k) => from + k);

/**
 * Cholesky factorization A = UᵀU in place, panel after panel, each brought up to date with all before it (left-looking:
 * every panel is written once). Solves Uᵀy = b in place of b on the way.
 *
 * @param prepare changes a panel of A (tiles from column p on) before it is factored
 * @param onPanel is told of every panel finished
 * @throws NotPositiveDefiniteError with the row of the matrix
 */
export async function factorizePanels(
  layout: PanelLayout,
  store: PanelStore,
  la: LinearAlgebra,
  { own, stream }: PanelBuffers,
  b: Float64Array,
  prepare: (p: number, tiles: Float64Array) => void,
  onPanel: (p: number) => void,
): Promise<void> {
  const { n, side, count } = layout;
  for (let p = 0; p < count; p++) {
    const height = heightOf(layout, p);
    await readTail(store, layout, p, p, own);
    prepare(p, own);
    const part = b.subarray(p * side, p * side + height);
    await streamPanels(store, layout, range(0, p), p, stream, async (q, tiles) => {
      const above = tileOf(layout, tiles, p, p);
      const known = b.subarray(q * side, (q + 1) * side);
      await Promise.all([
        la.syrk(height, side, -1, above, side, 1, own, side),
        ...range(p + 1, count).map((j) =>
          la.gemm(
            true,
            false,
            height,
            heightOf(layout, j),
            side,
            -1,
            above,
            side,
            tileOf(layout, tiles, p, j),
            side,
            1,
            tileOf(layout, own, p, j),
            side,
          ),
        ),
        la.gemm(true, false, height, 1, side, -1, above, side, known, 1, 1, part, 1),
      ]);
    });
    try {
      await la.potrf(height, own, side);
    } catch (error) {
      if (error instanceof NotPositiveDefiniteError)
        throw new NotPositiveDefiniteError(p * side + error.pivot, n);
      throw error;
    }
    const right = range(p + 1, count).map((j) => ({ j, tile: tileOf(layout, own, p, j) }));
    await Promise.all([
      ...right.map(({ j, tile }) => la.trsm(true, height, heightOf(layout, j), own, side, tile, side)),
      la.trsm(true, height, 1, own, side, part, 1),
    ]);
    await store.write(p, 0, own.subarray(0, tailLength(layout, p)));
    onPanel(p);
  }
}
