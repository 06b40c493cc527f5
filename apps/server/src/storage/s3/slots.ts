/** Lets a bounded number of calls run at once; the others wait in the order they came. */
export interface Slots {
  run<T>(work: () => Promise<T>): Promise<T>;
}

export function createSlots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];
  return {
    async run(work) {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        // The slot is handed on: nobody who comes in between can take it.
        if (next === undefined) free += 1;
        else next();
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
