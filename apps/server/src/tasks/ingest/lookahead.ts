/**
 * Passes a sequence on, working on the next item while the receiver is busy with the current one. Ending it early
 * waits until the item in work has settled.
 */
export async function* lookahead<T>(source: AsyncGenerator<T>): AsyncGenerator<T, void, undefined> {
  let next = source.next();
  try {
    for (;;) {
      const result = await next;
      if (result.done) return;
      next = source.next();
      // the receiver gets the error when it asks for the item
      next.catch(() => undefined);
      yield result.value;
    }
  } finally {
    await next.catch(() => undefined);
    await source.return(undefined).catch(() => undefined);
  }
}
