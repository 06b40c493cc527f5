import type { RecoverySetup } from '@gravity/recovery';
import { type NamedArray, packArrays, unpackArrays } from './containers.js';
import type { ProcessRequest } from './request.js';
import type { ProcessTarget } from './resolve.js';

const MAGIC = 'GPB-PASS-1';

/**
 * All that an arc of a pass depends on besides its observations, as the worker that sums has it: field of
 * linearization, Earth orientation, settings. Another machine may have other model files; it must not use them.
 */
export interface PassDescription {
  readonly setup: RecoverySetup;
  readonly target: ProcessTarget;
  readonly request: ProcessRequest;
}

/** Equal descriptions give equal bytes; decoding gives the very same doubles. */
export function encodePassDescription(description: PassDescription): Uint8Array {
  const arrays: NamedArray[] = [];
  const plain = (value: unknown, name: string): unknown => {
    if (value instanceof Float64Array) {
      arrays.push({ name, values: value });
      return { $array: arrays.length - 1 };
    }
    // JSON has no such numbers: they would come back as null or 0.
    if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) {
      return { $number: Object.is(value, -0) ? '-0' : String(value) };
    }
    if (Array.isArray(value)) return value.map((item, i) => plain(item, `${name}.${i}`));
    if (typeof value !== 'object' || value === null) return value;
    if (ArrayBuffer.isView(value)) throw new TypeError(`${name} is neither plain data nor doubles`);
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, plain(item, `${name}.${key}`)]),
    );
  };
  return packArrays(MAGIC, { content: plain(description, 'pass') }, arrays);
}

/** @throws ContainerError when bytes are missing or changed */
export function decodePassDescription(bytes: Uint8Array): PassDescription {
  const { fields, arrays } = unpackArrays<{ readonly content: unknown }>(MAGIC, bytes);
  const revive = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(revive);
    if (typeof value !== 'object' || value === null) return value;
    const { $array, $number } = value as { $array?: number; $number?: string };
    if ($array !== undefined) return arrays[$array].values;
    if ($number !== undefined) return Number($number);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revive(item)]));
  };
  return revive(fields.content) as PassDescription;
}
