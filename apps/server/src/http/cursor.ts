import { invalidField } from './errors.js';

/** An opaque position in a list: base64url of a JSON array of strings and numbers. */
export function encodeCursor(values: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(values), 'utf8').toString('base64url');
}

/** Throws 422 when the text is not a cursor of the given shape. */
export function decodeCursor<const Kinds extends readonly ('string' | 'number')[]>(
  text: string,
  kinds: Kinds,
): { [Index in keyof Kinds]: Kinds[Index] extends 'string' ? string : number } {
  try {
    const values: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    const fits =
      Array.isArray(values) &&
      values.length === kinds.length &&
      kinds.every((kind, i) => typeof values[i] === kind);
    if (fits) return values as never;
  } catch {
    // falls through to the same answer
  }
  throw invalidField('cursor', 'is not a cursor of this list');
}

/** Time and id out of a cursor, both of a form the database can read. */
export function decodeTimeCursor(cursor: string): readonly [string, string] {
  const [time, id] = decodeCursor(cursor, ['string', 'string']);
  if (Number.isNaN(Date.parse(time)) || !/^[0-9a-f-]{36}$/i.test(id)) decodeCursor('', []);
  return [time, id];
}

/** Cuts a list read with limit + 1 rows, newest first, and says where the next page begins. */
export function timePage<Row>(
  rows: readonly Row[],
  limit: number,
  positionOf: (row: Row) => readonly [time: string, id: string],
): { readonly page: Row[]; readonly nextCursor: string | null } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { page, nextCursor: more ? encodeCursor(positionOf(last)) : null };
}
