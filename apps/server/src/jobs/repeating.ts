/** Calls `action` every `intervalMs` without keeping the process alive; returns the stop function. */
export function every(intervalMs: number, action: () => void): () => void {
  const timer = setInterval(action, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}

export interface SingleFlight {
  (): void;
  settled(): Promise<void>;
}

/** One run at a time; a call during a run causes one more run after it, so that no wake-up is lost. */
export function singleFlight(work: () => Promise<void>, onError: (error: unknown) => void): SingleFlight {
  let current: Promise<void> | undefined;
  let again = false;
  const call = (): void => {
    if (current) {
      again = true;
      return;
    }
    again = false;
    current = work()
      .catch(onError)
      .finally(() => {
        current = undefined;
        if (again) call();
      });
  };
  return Object.assign(call, {
    settled: async () => {
      while (current) await current;
    },
  });
}
