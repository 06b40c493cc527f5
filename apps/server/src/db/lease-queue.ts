import { DatabaseUnavailableError } from './database-error.js';

interface Waiter {
  readonly grant: () => void;
}

/** First come, first served: one holder of the session at a time. */
export class LeaseQueue {
  private held = false;
  private waiting: Waiter[] = [];
  private closedError: DatabaseUnavailableError | undefined;
  private idle: (() => void)[] = [];

  get waiters(): number {
    return this.waiting.length;
  }

  get busy(): boolean {
    return this.held;
  }

  /** Waits for the session. Throws DatabaseUnavailableError 'busy' after `timeoutMs`, 'closed' when closed. */
  acquire(timeoutMs: number): Promise<void> {
    if (this.closedError) return Promise.reject(this.closedError);
    if (!this.held) {
      this.held = true;
      return Promise.resolve();
    }
    return new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        grant: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.waiting = this.waiting.filter((other) => other !== waiter);
        reject(
          new DatabaseUnavailableError(
            'busy',
            `The database session stayed in use for ${timeoutMs / 1000} s. Does a transaction wait for a statement outside of it?`,
          ),
        );
      }, timeoutMs);
      this.waiting.push(waiter);
    });
  }

  release(): void {
    const next = this.waiting.shift();
    if (next) {
      next.grant();
      return;
    }
    this.held = false;
    for (const resolve of this.idle.splice(0)) resolve();
  }

  /** Refuses new holders; resolves when those already waiting are served, or after `timeoutMs`. */
  async drain(timeoutMs: number): Promise<void> {
    this.closedError ??= new DatabaseUnavailableError('closed', 'The database is closed');
    if (!this.held) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.idle.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
