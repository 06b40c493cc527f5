import type { ArcComputer } from './arc-computer.js';

/** The computers of one process, each at one arc at a time. */
export class ArcSlots {
  private readonly idle: ArcComputer[];
  private readonly all: readonly ArcComputer[];
  private readonly waiting: ((computer: ArcComputer | undefined) => void)[] = [];
  private closed = false;

  constructor(count: number, create: () => ArcComputer) {
    this.all = Array.from({ length: count }, create);
    this.idle = [...this.all];
  }

  get free(): number {
    return this.idle.length;
  }

  tryTake(): ArcComputer | undefined {
    // The last one back is the one whose thread is warm.
    return this.closed ? undefined : this.idle.pop();
  }

  /** Waits for a free one; undefined when the process stops. */
  take(): Promise<ArcComputer | undefined> {
    const computer = this.tryTake();
    if (computer || this.closed) return Promise.resolve(computer);
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  release(computer: ArcComputer): void {
    const next = this.waiting.shift();
    if (next) next(computer);
    else this.idle.push(computer);
  }

  /** Gives out no more. */
  close(): void {
    this.closed = true;
    for (const resolve of this.waiting.splice(0)) resolve(undefined);
  }

  async end(): Promise<void> {
    await Promise.all(this.all.map((computer) => computer.close()));
  }
}
