import type { ArcDispatcher, ArcOutcome } from '../../jobs/task.js';

export interface OutcomeBoardOptions {
  /** done: arcs, those at work with their fraction; computed: of them, those that took work now. */
  readonly onChange: (done: number, computed: number, what: string) => void;
  readonly onEnded: (outcome: ArcOutcome) => void;
}

interface Waiter {
  resolve(outcome: ArcOutcome): void;
  reject(error: unknown): void;
}

/** Gathers the outcomes of a pass as they come, for one who asks for them in the order of time. */
export class OutcomeBoard {
  private readonly outcomes = new Map<number, ArcOutcome>();
  private readonly waiters = new Map<number, Waiter>();
  private readonly atWork = new Map<number, number>();
  private readonly unsubscribe: () => void;
  private readonly iterator: AsyncIterator<ArcOutcome>;
  private finished = 0;
  private computed = 0;
  private failure: { readonly error: unknown } | undefined;

  constructor(
    dispatcher: ArcDispatcher,
    pass: number,
    private readonly count: number,
    private readonly options: OutcomeBoardOptions,
  ) {
    this.iterator = dispatcher.outcomes(pass)[Symbol.asyncIterator]();
    this.unsubscribe = dispatcher.onProgress((arc, fraction, message) => {
      if (this.outcomes.has(arc)) return;
      this.atWork.set(arc, Math.min(0.99, fraction));
      this.changed(message);
    });
    void this.gather();
  }

  /** Waits for one arc. An arc that failed ends the pass: whoever waits for any other is told. */
  ended(arc: number): Promise<ArcOutcome> {
    const outcome = this.outcomes.get(arc);
    if (outcome) return Promise.resolve(outcome);
    if (this.failure) return Promise.reject(this.failure.error);
    const failed = [...this.outcomes.values()].find(({ status }) => status === 'failed');
    if (failed) return Promise.resolve(failed);
    return new Promise((resolve, reject) => this.waiters.set(arc, { resolve, reject }));
  }

  close(): void {
    this.unsubscribe();
    this.fail(new Error('the pass is over'));
    void this.iterator.return?.();
  }

  private async gather(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.iterator.next();
        if (done) break;
        this.take(value);
      }
      this.fail(new Error('the arcs of the pass ended without one that was waited for'));
    } catch (error) {
      this.fail(error);
    }
  }

  private take(outcome: ArcOutcome): void {
    this.outcomes.set(outcome.arc, outcome);
    this.atWork.delete(outcome.arc);
    this.finished++;
    if (outcome.result?.kind === 'computed') this.computed++;
    this.options.onEnded(outcome);
    this.changed('');
    if (outcome.status === 'failed') {
      for (const waiter of this.waiters.values()) waiter.resolve(outcome);
      this.waiters.clear();
      return;
    }
    this.waiters.get(outcome.arc)?.resolve(outcome);
    this.waiters.delete(outcome.arc);
  }

  private fail(error: unknown): void {
    this.failure ??= { error };
    for (const waiter of this.waiters.values()) waiter.reject(this.failure.error);
    this.waiters.clear();
  }

  private changed(what: string): void {
    let fractions = 0;
    for (const fraction of this.atWork.values()) fractions += fraction;
    const working = this.atWork.size > 0 ? `, ${this.atWork.size} at work${what ? `: ${what}` : ''}` : '';
    const text = `${this.finished} of ${this.count} arcs done${working}`;
    this.options.onChange(this.finished + fractions, this.computed + fractions, text);
  }
}
