/** Numbers of a text table with `columns` columns, row by row. */
export function parseTable(text: string, columns: number): Float64Array {
  const values = Float64Array.from(text.trim().split(/\s+/), Number);
  if (values.length % columns !== 0 || values.some(Number.isNaN)) {
    throw new Error(`a built-in table does not consist of rows of ${columns} numbers`);
  }
  return values;
}
