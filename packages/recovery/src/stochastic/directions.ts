import { AccelerationPartials } from '@gravity/geodesy';
import type { LinearAlgebra } from '@gravity/linalg';
import type { FieldColumns } from '../arc/accumulate.js';
import { GaussianNoise } from '../simulation/random.js';
import type { RecoverySetup, RecoverySolution } from '../types.js';

/**
 * Random directions in the space of the coefficients with the covariance of a solution. The mean square of what an
 * observation sees of them is its share in the trace that redundancies need (Hutchinson's estimator), and costs a few
 * columns instead of all.
 */
export interface VarianceDirections {
  readonly count: number;
  /** Coefficients × count, row-major, in the ordering of the solution; covariance for unit weight. */
  readonly values: Float64Array;
}

/**
 * Draws directions z = Uᵀξ with UᵀU the covariance before its scaling by σ₀², ξ = ±1 from a fixed seed: the same for
 * all arcs, and the same in every run. Ten leave about 1 % of the share of the coefficients in a redundancy.
 *
 * @param options.dataVariance by which the normals were divided before they were solved (`solveRegularized`)
 */
export async function varianceDirections(
  solution: Pick<RecoverySolution, 'covariance' | 'parameterCount' | 'sigma0'>,
  la: LinearAlgebra,
  options: { readonly count?: number; readonly seed?: number; readonly dataVariance?: number } = {},
): Promise<VarianceDirections> {
  const { parameterCount: n, covariance, sigma0 } = solution;
  const count = options.count ?? 10;
  const unit = sigma0 * Math.sqrt(options.dataVariance ?? 1);
  const factor = la.allocate(n * n);
  const scale = Float64Array.from({ length: n }, (_, i) => Math.sqrt(covariance[i * n + i]));
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) factor[i * n + j] = covariance[i * n + j] / (scale[i] * scale[j]);
  }
  await la.potrf(n, factor, n);
  const random = new GaussianNoise(options.seed ?? 20_020_317);
  const signs = Float64Array.from({ length: n * count }, () => (random.uniform() < 0.5 ? -1 : 1));
  const values = new Float64Array(n * count);
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) {
      const u = (factor[i * n + j] * scale[j]) / unit;
      for (let k = 0; k < count; k++) values[j * count + k] += u * signs[i * count + k];
    }
  }
  return { count, values };
}

/** The columns of the design in these directions. */
export function directionColumns(
  setup: Pick<RecoverySetup, 'degreeMin' | 'degreeMax' | 'referenceField'>,
  { count, values }: VarianceDirections,
): FieldColumns {
  const { degreeMin, degreeMax, referenceField } = setup;
  const whole = new AccelerationPartials(degreeMin, degreeMax, referenceField.gm, referenceField.radius);
  const n = whole.ordering.count;
  if (values.length !== n * count) {
    throw new RangeError(
      `directions of ${values.length / count} coefficients do not fit the setup with ${n}`,
    );
  }
  const rows = new Float64Array(3 * n);
  return {
    count,
    degree: degreeMax,
    partials: {
      evaluate(x, y, z, out, offset, stride) {
        whole.evaluate(x, y, z, rows, 0, n);
        for (let c = 0; c < 3; c++) {
          const target = offset + c * stride;
          out.fill(0, target, target + count);
          for (let i = 0; i < n; i++) {
            const value = rows[c * n + i];
            for (let k = 0; k < count; k++) out[target + k] += value * values[i * count + k];
          }
        }
      },
    },
  };
}
