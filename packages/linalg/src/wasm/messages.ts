import type { Operation } from './operations.js';

/**
 * Messages between threads. Structured cloning cuts the offset and length of a typed array to 32 bits (seen on Node 20:
 * a view of 4.8 GB arrives as one of 0.5 GB), so a view travels as its buffer and two numbers.
 */
interface SentView {
  readonly sentView: ArrayBufferLike;
  readonly byteOffset: number;
  readonly length: number;
}

type Sent<T> = T extends Float64Array ? SentView : T extends object ? { [K in keyof T]: Sent<T[K]> } : T;

export type SentOperation = Sent<Operation>;

function convert(value: unknown, change: (value: object) => object | undefined): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return (
    change(value) ??
    Object.fromEntries(Object.entries(value).map(([key, member]) => [key, convert(member, change)]))
  );
}

/** An operation as it can be posted to another thread. */
export function pack(operation: Operation): SentOperation {
  return convert(operation, (value) =>
    value instanceof Float64Array
      ? { sentView: value.buffer, byteOffset: value.byteOffset, length: value.length }
      : undefined,
  ) as SentOperation;
}

/** The operation as it was before `pack`, on the same shared memory. */
export function unpack(sent: SentOperation): Operation {
  return convert(sent, (value) => {
    if (!('sentView' in value)) return undefined;
    const { sentView, byteOffset, length } = value as SentView;
    return new Float64Array(sentView, byteOffset, length);
  }) as Operation;
}
