import type { NoiseModel } from '../stochastic/types.js';
import { Whitener } from '../stochastic/whitening.js';
import type { RangingSet } from './observation-set.js';

/** What turns ranging rows in units of their standard deviation into rows of white unit noise: robust weights, then whitening. */
export class RangingFilter {
  private readonly roots: Float64Array | undefined;
  private readonly whitener: Whitener | undefined;
  readonly order: number;

  private constructor(set: RangingSet, noise: NoiseModel | undefined, sigma: number) {
    this.roots = set.weights?.map(Math.sqrt);
    this.whitener = noise && new Whitener(noise, set.seconds, sigma);
    this.order = this.whitener?.order ?? 0;
  }

  /**
   * The filter of a set, or undefined when there is nothing to do.
   *
   * @param sigma standard deviation of the setup: a variance factor of the arc scales the model as well
   */
  static of(set: RangingSet, noise: NoiseModel | undefined, sigma: number): RangingFilter | undefined {
    if (set.seconds.length === 0 || (!noise && !set.weights)) return undefined;
    return new RangingFilter(set, noise, sigma);
  }

  /** How many rows before row i it takes. */
  reach(i: number): number {
    return this.whitener?.reach(i) ?? 0;
  }

  /** Factor of row i − j in the filtered row i. */
  weight(i: number, j: number): number {
    return (this.whitener?.weight(i, j) ?? 1) * (this.roots?.[i - j] ?? 1);
  }

  /** Whether equal reaches mean equal factors. */
  get stationary(): boolean {
    return this.roots === undefined;
  }

  /** Filters the rows of all epochs (row-major, `width` columns) in place. */
  apply(rows: Float64Array, width: number): void {
    const { roots } = this;
    if (roots) {
      for (let i = 0; i < roots.length; i++) {
        for (let c = i * width; c < (i + 1) * width; c++) rows[c] *= roots[i];
      }
    }
    this.whitener?.apply(rows, width);
  }

  /** Root of the robust weight of row i, and the factor of row i − j once it is scaled by its own. */
  root(i: number): number {
    return this.roots?.[i] ?? 1;
  }
  whiteningWeight(i: number, j: number): number {
    return this.whitener?.weight(i, j) ?? 1;
  }
}
