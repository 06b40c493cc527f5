import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Shared memory handed out since the last collection above which one is asked for, bytes. */
const COLLECT_EVERY = 512e6;

let handedOut = 0;
let collect: (() => void) | undefined;

/**
 * `length` zeros on a SharedArrayBuffer. The collector does not count shared memory, and would let matrices that nobody
 * refers to any more pile up by the gigabyte: after every half gigabyte handed out it is asked to look.
 */
export function allocateShared(length: number): Float64Array {
  const bytes = length * 8;
  if (handedOut > 0 && handedOut + bytes > COLLECT_EVERY) collectShared();
  handedOut += bytes;
  return new Float64Array(new SharedArrayBuffer(bytes));
}

/** Gives the memory of arrays that nobody refers to any more back, before a step that needs much of it. */
export function collectShared(): void {
  collect ??= exposeCollector();
  collect();
  handedOut = 0;
}

function exposeCollector(): () => void {
  try {
    // A new context has `gc` once the flag is set; contexts made before stay as they are.
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as unknown;
    if (typeof gc === 'function') return () => void gc();
  } catch {
    // A runtime that hides its collector: memory is then given back when it sees fit.
  }
  return () => undefined;
}
