import { coefficientOrdering } from '@gravity/geodesy';

/** A symmetric matrix of the coefficients of one order and part. */
export interface OrderBlock {
  readonly order: number;
  /** 0 for C̄, 1 for S̄. */
  readonly kind: 0 | 1;
  /** Degree of the first row and column; the others follow without gap. */
  readonly degreeFirst: number;
  readonly size: number;
  /** Row-major, both triangles, size². */
  readonly matrix: Float64Array;
}

/** The empty blocks C̄_n0, C̄_n1, S̄_n1, C̄_n2, … of a range of degrees. */
export function emptyOrderBlocks(degreeMin: number, degreeMax: number): OrderBlock[] {
  const blocks: OrderBlock[] = [];
  for (let order = 0; order <= degreeMax; order++) {
    const degreeFirst = Math.max(degreeMin, order);
    const size = degreeMax - degreeFirst + 1;
    for (const kind of order === 0 ? ([0] as const) : ([0, 1] as const)) {
      blocks.push({ order, kind, degreeFirst, size, matrix: new Float64Array(size * size) });
    }
  }
  return blocks;
}

/**
 * The blocks within orders and parts of a full symmetric matrix of coefficients; what correlates different orders is
 * left out, as a block-diagonal filter has to.
 *
 * @param matrix upper triangle, row-major, (number of coefficients)², in the order of `coefficientOrdering`
 * @throws RangeError when its size is not that of the degrees
 */
export function orderBlocksOf(matrix: Float64Array, degreeMin: number, degreeMax: number): OrderBlock[] {
  const { count } = coefficientOrdering(degreeMin, degreeMax);
  if (matrix.length !== count * count) {
    throw new RangeError(
      `matrix: ${matrix.length} values, degrees ${degreeMin} to ${degreeMax} need ${count}²`,
    );
  }
  const blocks = emptyOrderBlocks(degreeMin, degreeMax);
  for (const { order, kind, degreeFirst, size, matrix: block } of blocks) {
    const place = (i: number) =>
      (degreeFirst + i) ** 2 - degreeMin ** 2 + (order === 0 ? 0 : 2 * order - 1 + kind);
    for (let i = 0; i < size; i++) {
      for (let j = i; j < size; j++) {
        const value = matrix[place(i) * count + place(j)];
        block[i * size + j] = value;
        block[j * size + i] = value;
      }
    }
  }
  return blocks;
}
