/** Lets a bounded number of calls, each with a buffer of its own, run at once; others wait in the order they came. */
export interface BufferSlots {
  run<T>(bytes: number, work: (buffer: Buffer) => Promise<T>): Promise<T>;
}

export function createBufferSlots(count: number): BufferSlots {
  let free = count;
  const waiting: (() => void)[] = [];
  // Used again while there is work: new ones would pile up until the next garbage collection.
  const buffers: Buffer[] = [];
  return {
    async run(bytes, work) {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      const spare = buffers.pop();
      const buffer = spare !== undefined && spare.length >= bytes ? spare : Buffer.allocUnsafeSlow(bytes);
      try {
        return await work(buffer.subarray(0, bytes));
      } finally {
        buffers.push(buffer);
        const next = waiting.shift();
        // The slot is handed on: nobody who comes in between can take it.
        if (next !== undefined) next();
        else if (++free === count) buffers.length = 0;
      }
    },
  };
}

/** Results in the order of the items, with up to `window` calls ahead of the reader. */
export async function* mapOrdered<T, R>(
  items: readonly T[],
  window: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const ahead: Promise<R>[] = [];
  for (let index = 0; index < items.length || ahead.length > 0; ) {
    while (index < items.length && ahead.length < window) {
      const result = work(items[index++]);
      // A reader that stops early leaves the rest: their failures are nobody's.
      result.catch(() => undefined);
      ahead.push(result);
    }
    const next = ahead.shift();
    if (next !== undefined) yield await next;
  }
}
