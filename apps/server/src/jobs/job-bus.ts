import type { JobEventRow } from './job-service.js';

type Listener<T> = (value: T) => void;

/** Messages between the job service and the runners of this process. What counts is the row; these only save waiting. */
export class JobBus {
  private readonly wakeListeners = new Set<Listener<void>>();
  private readonly cancelListeners = new Set<Listener<string>>();
  private readonly eventListeners = new Map<string, Set<Listener<JobEventRow>>>();

  /** There may be a job to run. */
  wake(): void {
    for (const listener of [...this.wakeListeners]) listener();
  }

  onWake(listener: Listener<void>): () => void {
    this.wakeListeners.add(listener);
    return () => this.wakeListeners.delete(listener);
  }

  cancel(jobId: string): void {
    for (const listener of [...this.cancelListeners]) listener(jobId);
  }

  onCancel(listener: Listener<string>): () => void {
    this.cancelListeners.add(listener);
    return () => this.cancelListeners.delete(listener);
  }

  /** Events that are committed. A listener that throws does not keep the others from hearing. */
  publish(events: readonly JobEventRow[]): void {
    for (const event of events) {
      for (const listener of [...(this.eventListeners.get(event.job_id) ?? [])]) {
        try {
          listener(event);
        } catch {
          // A broken subscriber (closed connection) is its own affair.
        }
      }
    }
  }

  subscribe(jobId: string, listener: Listener<JobEventRow>): () => void {
    const listeners = this.eventListeners.get(jobId) ?? new Set();
    listeners.add(listener);
    this.eventListeners.set(jobId, listeners);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.eventListeners.delete(jobId);
    };
  }
}
