import type { TaskContext } from '../../jobs/task.js';

/** Shares of the whole job: loading models and files, the stages (passes, and residuals between them), the products, their storage. */
const PREPARATION = 0.02;
const PASSES_END = 0.92;
const PRODUCTS_END = 0.98;

/**
 * Progress of a process job from counted work: stage, arc, and how far the arc is. Never goes back. The time left is
 * reckoned from the time the arcs of this attempt took.
 */
export class ProcessProgress {
  private reached = 0;
  private arcsDone = 0;
  private startedAt = performance.now();
  /** Stages that are done, and the name of the one at work. */
  private before = 0;
  private label = '';

  constructor(
    private readonly report: TaskContext['progress'],
    /** At most. */
    private readonly stages: number,
    private readonly arcs: number,
  ) {}

  step(fraction: number, message: string): void {
    this.reached = Math.max(this.reached, Math.min(1, fraction));
    this.report(this.reached, message);
  }

  startPasses(): void {
    this.startedAt = performance.now();
    this.step(PREPARATION, `${this.arcs} arcs, at most ${this.stages} times`);
  }

  /** @param stage from 1 */
  begin(stage: number, label: string): void {
    this.before = stage - 1;
    this.label = label;
  }

  /** @param done how far this arc is, 0…1 */
  arc(arc: number, done: number, what: string): void {
    this.within(
      (0.95 * (arc + done)) / this.arcs,
      `${this.label}, arc ${arc + 1} of ${this.arcs}: ${what}${this.timeLeft(arc, done)}`,
    );
  }

  arcDone(arc: number, what: string, computed: boolean): void {
    if (computed) this.arcsDone++;
    else this.startedAt = performance.now();
    this.arc(arc, 1, what);
  }

  /**
   * Arcs at work on several machines.
   *
   * @param done arcs of this stage, those at work with their fraction
   * @param computed of them, those that took work now
   */
  distributed(done: number, computed: number, what: string): void {
    const perArc = (performance.now() - this.startedAt) / 1000 / (this.arcsDone + computed);
    const left = (this.stages - this.before) * this.arcs - done;
    const time = this.arcsDone + computed >= 1 ? `, about ${formatSeconds(perArc * left)} left` : '';
    this.within((0.95 * done) / this.arcs, `${this.label}: ${what}${time}`);
    if (done === this.arcs) this.arcsDone += computed;
  }

  solving(): void {
    this.within(0.96, `${this.label}: solving`);
  }

  /** @param done how far, 0…1 */
  products(done: number, message: string): void {
    this.step(PASSES_END + done * (PRODUCTS_END - PASSES_END), message);
  }

  publishing(index: number, count: number, name: string): void {
    this.step(
      PRODUCTS_END + ((1 - PRODUCTS_END) * index) / (count + 1),
      `storing ${index + 1} of ${count}: ${name}`,
    );
  }

  /** @param done of the stage at work, 0…1 */
  private within(done: number, message: string): void {
    const share = (this.before + done) / this.stages;
    this.step(PREPARATION + share * (PASSES_END - PREPARATION), message);
  }

  private timeLeft(arc: number, done: number): string {
    if (this.arcsDone === 0) return '';
    const perArc = (performance.now() - this.startedAt) / 1000 / (this.arcsDone + (done < 1 ? done : 0));
    const left = (this.stages - this.before) * this.arcs - arc - done;
    return `, about ${formatSeconds(perArc * left)} left`;
  }
}

function formatSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
