import type { RecoverySetup } from '@gravity/recovery';
import type { StageWork } from './arc-work.js';
import { type NamedArray, packArrays, unpackArrays } from './containers.js';
import type { ProcessRequest } from './request.js';
import type { ProcessTarget } from './resolve.js';

const MAGIC = 'GPB-PASS-2';

/**
 * All that an arc of a pass (or of the evaluation before it) depends on besides its observations, as the worker that sums has it: field of
 * linearization, Earth orientation, settings. Another machine may have other model files; it must not use them.
 */
export interface PassDescription {
  readonly setup: RecoverySetup;
  readonly target: ProcessTarget;
  readonly request: ProcessRequest;
  readonly work: StageWork;
}

const VIEWS = { Uint8Array, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array, Float32Array };
type ViewName = keyof typeof VIEWS;

/**
 * Equal descriptions give equal bytes; decoding gives the very same doubles.
 *
 * @throws TypeError naming what is no plain data: it would be lost on the way
 */
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
    if (typeof value !== 'object' || value === null) {
      if (['function', 'bigint', 'symbol'].includes(typeof value))
        throw new TypeError(`${name} is no plain data`);
      return value;
    }
    const kind = Object.getPrototypeOf(value)?.constructor?.name ?? 'Object';
    if (kind in VIEWS) {
      const { buffer, byteOffset, byteLength } = value as Uint8Array;
      return { $view: kind, $bytes: Buffer.from(buffer, byteOffset, byteLength).toString('base64') };
    }
    if (kind !== 'Object') throw new TypeError(`${name} is a ${kind}, not plain data`);
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
    const mark = value as { $array?: number; $number?: string; $view?: ViewName; $bytes?: string };
    if (mark.$array !== undefined) return arrays[mark.$array].values;
    if (mark.$number !== undefined) return Number(mark.$number);
    if (mark.$view !== undefined && mark.$bytes !== undefined) {
      // A copy: small Buffers share a pool and begin anywhere in it.
      const copy = new Uint8Array(Buffer.from(mark.$bytes, 'base64'));
      return new VIEWS[mark.$view](copy.buffer);
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revive(item)]));
  };
  return revive(fields.content) as PassDescription;
}
