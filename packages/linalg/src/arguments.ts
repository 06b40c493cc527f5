/** Throws RangeError unless `value` is a whole number of at least `least`. */
export function checkDimension(name: string, value: number, least = 0): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${name} must be a whole number of at least ${least}, not ${value}`);
  }
}

/** Throws RangeError unless `value` is finite. */
export function checkScalar(name: string, value: number): void {
  if (!Number.isFinite(value)) throw new RangeError(`${name} must be a finite number, not ${value}`);
}

/** Throws RangeError unless `data` holds a row-major matrix of `rows`×`columns` with leading dimension `ld`. */
export function checkMatrix(
  name: string,
  data: Float64Array,
  rows: number,
  columns: number,
  ld: number,
): void {
  if (!(data instanceof Float64Array)) throw new RangeError(`${name} must be a Float64Array`);
  checkDimension(`ld${name}`, ld, Math.max(1, columns));
  if (rows === 0 || columns === 0) return;
  const needed = (rows - 1) * ld + columns;
  if (data.length < needed) {
    throw new RangeError(
      `${name} holds ${data.length} numbers; ${rows}×${columns} with ld${name} = ${ld} needs ${needed}`,
    );
  }
}

/** Throws RangeError when the triangular matrix cannot be solved with: a zero or NaN on the diagonal. */
export function checkDiagonal(n: number, u: Float64Array, ldu: number): void {
  for (let i = 0; i < n; i++) {
    const value = u[i * ldu + i];
    if (value === 0 || Number.isNaN(value)) {
      throw new RangeError(`u is singular: ${value} on its diagonal in row ${i} (counted from 0)`);
    }
  }
}
