import type { JobEventRow } from './job-service.js';

/** Messages between the job service and the runners. What counts is the row; these only save waiting. */
export interface JobBus {
  /** There may be a job to run. */
  wake(): void;
  onWake(listener: () => void): () => void;
  cancel(jobId: string): void;
  onCancel(listener: (jobId: string) => void): () => void;
  /** Events that are committed. A listener that throws does not keep the others from hearing. */
  publish(events: readonly JobEventRow[]): void;
  subscribe(jobId: string, listener: (event: JobEventRow) => void): () => void;
}

/** The bus of one process. */
export function createLocalBus(): JobBus {
  const wakeListeners = new Set<() => void>();
  const cancelListeners = new Set<(jobId: string) => void>();
  const eventListeners = new Map<string, Set<(event: JobEventRow) => void>>();

  function add<T>(listeners: Set<T>, listener: T): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  return {
    wake() {
      for (const listener of [...wakeListeners]) listener();
    },
    onWake: (listener) => add(wakeListeners, listener),
    cancel(jobId) {
      for (const listener of [...cancelListeners]) listener(jobId);
    },
    onCancel: (listener) => add(cancelListeners, listener),

    publish(events) {
      for (const event of events) {
        for (const listener of [...(eventListeners.get(event.job_id) ?? [])]) {
          try {
            listener(event);
          } catch {
            // A broken subscriber (closed connection) is its own affair.
          }
        }
      }
    },

    subscribe(jobId, listener) {
      const listeners = eventListeners.get(jobId) ?? new Set();
      listeners.add(listener);
      eventListeners.set(jobId, listeners);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) eventListeners.delete(jobId);
      };
    },
  };
}
