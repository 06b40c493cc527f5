import { createHash } from 'node:crypto';
import { invalidField } from './errors.js';

/** JSON with sorted keys: the same request has the same text however its fields were ordered. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value);
}

/** SHA-256 of operation and validated request. */
export function requestHash(type: string, parameters: Record<string, unknown>): string {
  return createHash('sha256')
    .update(`${type}\n${canonicalJson(parameters)}`)
    .digest('hex');
}

/** The Idempotency-Key header; 422 when it is not 1 to 255 visible ASCII characters. */
export function idempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(header)) {
    throw invalidField('Idempotency-Key', 'must be 1 to 255 visible ASCII characters');
  }
  return header;
}
