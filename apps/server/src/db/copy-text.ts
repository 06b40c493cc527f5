/** COPY's text format: tab between columns, newline after each row, \N for null, backslash escapes. */

/** A value of a COPY row. Arrays become PostgreSQL array literals; Date is written as UTC. */
export type CopyValue =
  | string
  | number
  | bigint
  | boolean
  | Date
  | null
  | undefined
  | readonly (string | number | null)[]
  | Float64Array;

/** One line of COPY text for a row. Throws RangeError for a Date that is not a time. */
export function copyRow(values: readonly CopyValue[]): string {
  let line = '';
  for (let i = 0; i < values.length; i++) line += (i > 0 ? '\t' : '') + copyField(values[i]);
  return `${line}\n`;
}

export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function copyField(value: CopyValue): string {
  if (value === null || value === undefined) return '\\N';
  if (typeof value === 'string') return escapeCopy(value);
  if (typeof value === 'number') return numberText(value);
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object') return escapeCopy(arrayLiteral(value));
  return String(value);
}

function numberText(value: number): string {
  // -0 would be written as 0 by String(); PostgreSQL reads NaN and Infinity as they are.
  return Object.is(value, -0) ? '-0' : String(value);
}

function arrayLiteral(values: readonly (string | number | null)[] | Float64Array): string {
  let text = '{';
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (i > 0) text += ',';
    if (value === null) text += 'NULL';
    else if (typeof value === 'number') text += numberText(value);
    else text += `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  }
  return `${text}}`;
}

const SPECIAL = /[\\\t\n\r]/;

function escapeCopy(text: string): string {
  if (!SPECIAL.test(text)) return text;
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll('\t', '\\t')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r');
}

/**
 * Gathers chunks of text into blocks of about `blockBytes` that end at the end of a row, whatever the borders of
 * the chunks. A last row without newline gets one.
 */
export async function* copyBlocks(
  chunks: AsyncIterable<string> | Iterable<string>,
  blockBytes: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  let parts: string[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue;
    parts.push(chunk);
    size += chunk.length;
    if (size < blockBytes) continue;
    const text = parts.join('');
    const end = text.lastIndexOf('\n') + 1;
    if (end > 0) yield encoder.encode(text.slice(0, end));
    parts = end < text.length ? [text.slice(end)] : [];
    size = text.length - end;
  }
  const rest = parts.join('');
  if (rest.length > 0) yield encoder.encode(rest.endsWith('\n') ? rest : `${rest}\n`);
}
