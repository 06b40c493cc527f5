import { type LinearAlgebra, NotPositiveDefiniteError } from '@gravity/linalg';
import { type Constraint, singularNormals } from './constraint.js';
import type { TotalNormals } from './normals-sum.js';

/** M = Σ wᵢ Nᵢ + w K, factorized; scaled to a unit diagonal on the way. */
export class RegularizedSystem {
  private constructor(
    private readonly la: LinearAlgebra,
    private readonly n: number,
    private readonly work: Float64Array,
    private readonly scale: Float64Array,
  ) {}

  /** @throws SolutionError 'singular_normals' */
  static async factorize(
    groups: readonly TotalNormals[],
    weights: readonly number[],
    { diagonal, ordering }: Constraint,
    constraintWeight: number,
    la: LinearAlgebra,
  ): Promise<RegularizedSystem> {
    const n = ordering.count;
    const work = la.allocate(n * n);
    groups.forEach(({ matrix }, g) => {
      for (let i = 0; i < n; i++) {
        for (let k = i * n + i; k < (i + 1) * n; k++) work[k] += weights[g] * matrix[k];
      }
    });
    for (let i = 0; i < n; i++) work[i * n + i] += constraintWeight * diagonal[i];
    const scale = Float64Array.from({ length: n }, (_, i) => 1 / Math.sqrt(work[i * n + i] || 1));
    for (let i = 0; i < n; i++) {
      for (let j = i; j < n; j++) work[i * n + j] *= scale[i] * scale[j];
    }
    try {
      await la.potrf(n, work, n);
    } catch (error) {
      if (!(error instanceof NotPositiveDefiniteError)) throw error;
      throw singularNormals(ordering, error.pivot);
    }
    return new RegularizedSystem(la, n, work, scale);
  }

  /** M⁻¹ b. */
  async solve(b: Float64Array): Promise<Float64Array> {
    const x = this.la.allocate(this.n);
    for (let i = 0; i < this.n; i++) x[i] = b[i] * this.scale[i];
    await this.la.potrs(this.n, 1, this.work, this.n, x, 1);
    for (let i = 0; i < this.n; i++) x[i] *= this.scale[i];
    return x;
  }

  /** M⁻¹, its upper triangle (n×n row-major); the factor is gone. */
  async inverse(): Promise<Float64Array> {
    const { n, work, scale } = this;
    await this.la.potri(n, work, n);
    for (let i = 0; i < n; i++) {
      for (let j = i; j < n; j++) work[i * n + j] *= scale[i] * scale[j];
    }
    return work;
  }
}
