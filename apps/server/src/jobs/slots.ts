/** A number of places, shared by those who wait for one and those who do not. */
export interface Slots {
  /** Waits for a free place; returns the function that gives it back. */
  take(): Promise<() => void>;
  tryTake(): (() => void) | undefined;
  /** Lets all through that wait now or come later: they find the runner stopping. */
  open(): void;
}

export function createSlots(size: number): Slots {
  const waiting: (() => void)[] = [];
  let free = size;
  let opened = false;

  function releaser(): () => void {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    };
  }

  return {
    async take() {
      if (free > 0) free -= 1;
      else if (!opened) await new Promise<void>((resolve) => waiting.push(resolve));
      return releaser();
    },
    tryTake() {
      if (free <= 0) return undefined;
      free -= 1;
      return releaser();
    },
    open() {
      opened = true;
      for (const next of waiting.splice(0)) next();
    },
  };
}
