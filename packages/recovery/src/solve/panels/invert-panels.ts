import type { LinearAlgebra } from '@gravity/linalg';
import { type PanelBuffers, range } from './factorize-panels.js';
import { heightOf, type PanelLayout, readTail, streamPanels, tailLength, tileOf } from './panel-layout.js';
import type { PanelStore } from './panel-store.js';

/**
 * X = U⁻¹ in place of U, from the last panel up: row p of X is −U(p,p)⁻¹ Σ U(p,q)·X(q). Solves U·x = y in place of y on
 * the way. Returns the diagonal of (UᵀU)⁻¹ = XXᵀ.
 */
export async function invertFactor(
  layout: PanelLayout,
  store: PanelStore,
  la: LinearAlgebra,
  { own, result, stream }: PanelBuffers,
  y: Float64Array,
  onPanel: (p: number) => void,
): Promise<Float64Array> {
  const { n, side, count } = layout;
  const diagonal = new Float64Array(n);
  const inverse = la.allocate(side ** 2);
  for (let p = count - 1; p >= 0; p--) {
    const height = heightOf(layout, p);
    await readTail(store, layout, p, p, own);
    const part = y.subarray(p * side, p * side + height);
    result.fill(0, 0, tailLength(layout, p));
    await streamPanels(store, layout, range(p + 1, count), p + 1, stream, async (q, tiles) => {
      const factor = tileOf(layout, own, p, q);
      const depth = heightOf(layout, q);
      const known = y.subarray(q * side, q * side + depth);
      await Promise.all([
        ...range(q, count).map((j) =>
          la.gemm(
            false,
            false,
            height,
            heightOf(layout, j),
            depth,
            1,
            factor,
            side,
            tileOf(layout, tiles, q, j),
            side,
            1,
            tileOf(layout, result, p, j),
            side,
          ),
        ),
        la.gemm(false, false, height, 1, depth, -1, factor, side, known, 1, 1, part, 1),
      ]);
    });
    await la.trsm(false, height, 1, own, side, part, 1);
    inverse.fill(0);
    for (let i = 0; i < height; i++) inverse[i * (side + 1)] = 1;
    await la.trsm(false, height, height, own, side, inverse, side);
    await Promise.all(
      range(p + 1, count).map((j) =>
        la.gemm(
          false,
          false,
          height,
          heightOf(layout, j),
          height,
          -1,
          inverse,
          side,
          tileOf(layout, result, p, j),
          side,
          0,
          tileOf(layout, own, p, j),
          side,
        ),
      ),
    );
    tileOf(layout, own, p, p).set(inverse);
    addRowSquares(layout, p, own, diagonal);
    await store.write(p, 0, own.subarray(0, tailLength(layout, p)));
    onPanel(p);
  }
  return diagonal;
}

function addRowSquares(layout: PanelLayout, p: number, tiles: Float64Array, sums: Float64Array): void {
  const { side, count } = layout;
  for (let j = p; j < count; j++) {
    const tile = tileOf(layout, tiles, p, j);
    for (let i = 0; i < heightOf(layout, p); i++) {
      let sum = 0;
      for (let k = j === p ? i : 0; k < heightOf(layout, j); k++) sum += tile[i * side + k] ** 2;
      sums[p * side + i] += sum;
    }
  }
}

/**
 * XXᵀ in place of upper triangular X, from the first panel down: C(p, j) = Σ X(p, k)·X(j, k)ᵀ over k ≥ j.
 *
 * @param finish changes a panel of the result before it is written
 */
export async function squareInverse(
  layout: PanelLayout,
  store: PanelStore,
  la: LinearAlgebra,
  { own, result, stream }: PanelBuffers,
  finish: (p: number, tiles: Float64Array) => void,
  onPanel: (p: number) => void,
): Promise<void> {
  const { side, count } = layout;
  for (let p = 0; p < count; p++) {
    const height = heightOf(layout, p);
    await readTail(store, layout, p, p, own);
    await streamPanels(store, layout, range(p, count), p, stream, async (j, tiles) => {
      const target = tileOf(layout, result, p, j);
      const width = heightOf(layout, j);
      await Promise.all(
        range(j, count).map((k) =>
          la.gemm(
            false,
            true,
            height,
            width,
            heightOf(layout, k),
            1,
            tileOf(layout, own, p, k),
            side,
            tileOf(layout, tiles, j, k),
            side,
            k === j ? 0 : 1,
            target,
            side,
          ),
        ),
      );
    });
    finish(p, result);
    await store.write(p, 0, result.subarray(0, tailLength(layout, p)));
    onPanel(p);
  }
}
