import { allocateShared } from '../shared-allocation.js';

export interface MatrixArgument {
  readonly data: Float64Array;
  readonly rows: number;
  readonly columns: number;
  readonly ld: number;
  /** What is copied back when the matrix had to be moved to shared memory. */
  readonly written?: 'all' | 'upper';
}

/**
 * Calls `work` with arrays that other threads can see: those on an ordinary ArrayBuffer are copied to shared memory,
 * and the results copied back. With `inline` the arrays are passed as they are.
 */
export async function onSharedMemory<T>(
  inline: boolean,
  matrices: readonly MatrixArgument[],
  work: (arrays: readonly Float64Array[]) => Promise<T>,
): Promise<T> {
  if (inline) return work(matrices.map(({ data }) => data));
  const arrays = matrices.map(({ data, rows, columns, ld }) => {
    if (data.buffer instanceof SharedArrayBuffer) return data;
    const length = rows > 0 && columns > 0 ? (rows - 1) * ld + columns : 0;
    const copy = allocateShared(length);
    copy.set(data.subarray(0, length));
    return copy;
  });
  const result = await work(arrays);
  matrices.forEach(({ data, rows, columns, ld, written }, index) => {
    const copy = arrays[index];
    if (copy === data || !written) return;
    for (let i = 0; i < rows; i++) {
      const first = i * ld + (written === 'upper' ? i : 0);
      data.set(copy.subarray(first, i * ld + columns), first);
    }
  });
  return result;
}
