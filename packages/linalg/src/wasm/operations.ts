import { BLOCK, type Operand, type TileEngine } from './tile-engine.js';

/** Words of the control array shared by the threads working on one operation. */
export const NEXT_TILE = 0;
/** Failed pivot plus one; 0 while all is well. */
export const FAILED_PIVOT = 1;

/** An operation falls into tiles, which may be done in any order and by any thread with the same result. */
export type Operation =
  | {
      readonly kind: 'product';
      readonly m: number;
      readonly n: number;
      readonly k: number;
      readonly alpha: number;
      readonly a: Operand;
      readonly b: Operand;
      readonly beta: number;
      readonly c: Float64Array;
      readonly ldc: number;
      readonly tile: number;
      /** Only tiles touching the upper triangle (m = n). */
      readonly upper: boolean;
      /** Cholesky: whoever has updated the first diagonal tile also factors it; row of that tile in the matrix. */
      readonly factorAt?: number;
    }
  | { readonly kind: 'factor'; readonly n: number; readonly a: Float64Array; readonly lda: number }
  | {
      readonly kind: 'solve';
      readonly transposed: boolean;
      readonly n: number;
      readonly nrhs: number;
      readonly u: Float64Array;
      readonly ldu: number;
      readonly b: Float64Array;
      readonly ldb: number;
      readonly strip: number;
    }
  | {
      readonly kind: 'invertDiagonal';
      readonly n: number;
      readonly u: Float64Array;
      readonly ldu: number;
      /** BLOCK×BLOCK inverse of every diagonal block, zeros below their diagonals. */
      readonly inverses: Float64Array;
    }
  | {
      readonly kind: 'invertColumn';
      readonly n: number;
      readonly u: Float64Array;
      readonly ldu: number;
      readonly inverses: Float64Array;
      readonly block: number;
      /** Copy of block column `block` of U, leading dimension BLOCK. */
      readonly column: Float64Array;
    }
  | {
      readonly kind: 'squareColumn';
      readonly n: number;
      readonly u: Float64Array;
      readonly ldu: number;
      readonly inverses: Float64Array;
      readonly block: number;
    };

const blocks = (n: number, size: number): number => Math.ceil(n / size);

/** Number of tiles of an operation. */
export function tileCount(operation: Operation): number {
  switch (operation.kind) {
    case 'product': {
      const rows = blocks(operation.m, operation.tile);
      return operation.upper ? (rows * (rows + 1)) / 2 : rows * blocks(operation.n, operation.tile);
    }
    case 'factor':
      return 1;
    case 'solve':
      return blocks(operation.nrhs, operation.strip);
    case 'invertDiagonal':
      return blocks(operation.n, BLOCK);
    case 'invertColumn':
      return operation.block;
    case 'squareColumn':
      return operation.block + 1;
  }
}

/** Does one tile. */
export function runTile(engine: TileEngine, operation: Operation, tile: number, control: Int32Array): void {
  if (operation.kind === 'product') productTile(engine, operation, tile, control);
  else if (operation.kind === 'factor')
    factorBlock(engine, operation.n, operation.a, operation.lda, 0, control);
  else if (operation.kind === 'solve') solveStrip(engine, operation, tile);
  else if (operation.kind === 'invertDiagonal') invertDiagonal(engine, operation, tile);
  else if (operation.kind === 'invertColumn') invertColumn(engine, operation, tile);
  else squareColumn(engine, operation, tile);
}

type Of<K extends Operation['kind']> = Extract<Operation, { kind: K }>;

function shift(operand: Operand, i: number): Operand {
  return { ...operand, at: operand.at + (operand.along ? i * operand.ld : i) };
}

function productTile(engine: TileEngine, op: Of<'product'>, tile: number, control: Int32Array): void {
  const columns = blocks(op.n, op.tile);
  let row = 0;
  let column = tile;
  if (op.upper) {
    while (column >= columns - row) {
      column -= columns - row;
      row++;
    }
    column += row;
  } else {
    row = Math.floor(tile / columns);
    column = tile % columns;
  }
  const i = row * op.tile;
  const j = column * op.tile;
  const m = Math.min(op.tile, op.m - i);
  const n = Math.min(op.tile, op.n - j);
  const upper = op.upper && row === column;
  const at = i * op.ldc + j;
  engine.clear(m);
  engine.accumulate(m, n, op.k, shift(op.a, i), shift(op.b, j), upper);
  engine.store(m, n, op.alpha, op.beta, op.c, at, op.ldc, upper);
  if (op.factorAt !== undefined && tile === 0) {
    factorBlock(engine, m, op.c, op.ldc, op.factorAt, control);
  }
}

function factorBlock(
  engine: TileEngine,
  n: number,
  a: Float64Array,
  lda: number,
  row: number,
  control: Int32Array,
): void {
  engine.load(n, n, 1, a, 0, lda);
  const failed = engine.factorize(n);
  if (failed >= 0) Atomics.store(control, FAILED_PIVOT, row + failed + 1);
  engine.store(n, n, 1, 0, a, 0, lda, true);
}

/** A strip of columns of X, block row after block row, each from the rows already solved. */
function solveStrip(engine: TileEngine, op: Of<'solve'>, tile: number): void {
  const { transposed, n, u, ldu, b, ldb } = op;
  const j = tile * op.strip;
  const width = Math.min(op.strip, op.nrhs - j);
  const count = blocks(n, BLOCK);
  for (let step = 0; step < count; step++) {
    const i = (transposed ? step : count - 1 - step) * BLOCK;
    const m = Math.min(BLOCK, n - i);
    // The sum runs in -B, so that solving gives -X.
    engine.load(m, width, -1, b, i * ldb + j, ldb);
    const solved = transposed ? 0 : i + m;
    engine.accumulate(
      m,
      width,
      transposed ? i : n - solved,
      transposed
        ? { data: u, at: i, ld: ldu, along: false }
        : { data: u, at: i * ldu + solved, ld: ldu, along: true },
      { data: b, at: solved * ldb + j, ld: ldb, along: false },
      false,
    );
    engine.loadTriangle(m, u, i * ldu + i, ldu);
    engine.solveTriangle(m, width, transposed);
    engine.store(m, width, -1, 0, b, i * ldb + j, ldb);
  }
}

function invertDiagonal(engine: TileEngine, op: Of<'invertDiagonal'>, tile: number): void {
  const i = tile * BLOCK;
  const m = Math.min(BLOCK, op.n - i);
  engine.loadTriangle(m, op.u, i * op.ldu + i, op.ldu);
  engine.loadIdentity(m);
  engine.solveTriangle(m, m, false);
  engine.store(m, m, 1, 0, op.inverses, tile * BLOCK * BLOCK, BLOCK);
}

/** Block (tile, block) of U⁻¹ = -(Σ U⁻¹(tile, p)·U(p, block))·U(block, block)⁻¹, p from tile to before block. */
function invertColumn(engine: TileEngine, op: Of<'invertColumn'>, tile: number): void {
  const { u, ldu, inverses, column, block } = op;
  const i = tile * BLOCK;
  const j = block * BLOCK;
  const width = Math.min(BLOCK, op.n - j);
  const at = i * ldu + j;
  const below = i + BLOCK;
  engine.clear(BLOCK);
  engine.accumulate(
    BLOCK,
    width,
    BLOCK,
    { data: inverses, at: tile * BLOCK * BLOCK, ld: BLOCK, along: true },
    { data: column, at: i * BLOCK, ld: BLOCK, along: false },
    false,
  );
  engine.accumulate(
    BLOCK,
    width,
    j - below,
    { data: u, at: i * ldu + below, ld: ldu, along: true },
    { data: column, at: below * BLOCK, ld: BLOCK, along: false },
    false,
  );
  engine.store(BLOCK, width, 1, 0, u, at, ldu);
  engine.clear(BLOCK);
  engine.accumulate(
    BLOCK,
    width,
    width,
    { data: u, at, ld: ldu, along: true },
    { data: inverses, at: block * BLOCK * BLOCK, ld: BLOCK, along: false },
    false,
  );
  engine.store(BLOCK, width, -1, 0, u, at, ldu);
}

/** Block (tile, block) of X·Xᵀ = Σ X(tile, p)·X(block, p)ᵀ, p from block on; X = U⁻¹ with its diagonal blocks apart. */
function squareColumn(engine: TileEngine, op: Of<'squareColumn'>, tile: number): void {
  const { u, ldu, inverses, block } = op;
  const i = tile * BLOCK;
  const j = block * BLOCK;
  const width = Math.min(BLOCK, op.n - j);
  const height = Math.min(BLOCK, op.n - i);
  const right = j + width;
  const diagonal: Operand = { data: inverses, at: block * BLOCK * BLOCK, ld: BLOCK, along: true };
  const upper = tile === block;
  engine.clear(height);
  engine.accumulate(
    height,
    width,
    width,
    upper ? diagonal : { data: u, at: i * ldu + j, ld: ldu, along: true },
    diagonal,
    upper,
  );
  engine.accumulate(
    height,
    width,
    op.n - right,
    { data: u, at: i * ldu + right, ld: ldu, along: true },
    { data: u, at: j * ldu + right, ld: ldu, along: true },
    upper,
  );
  engine.store(height, width, 1, 0, u, i * ldu + j, ldu, upper);
}
