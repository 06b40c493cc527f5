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
