import { coefficientOrdering } from '@gravity/geodesy';
import { contributionPerDegree, type RecoverySolution } from '@gravity/recovery';
import type { ProcessRequest } from '../request.js';
import type { ProductContext } from './context.js';
import { period, solutionText } from './describe.js';
import type { UnhashedFile } from './types.js';

/** The regularization of the solution and how its weight was found. */
export function regularizationOf({ request, models, regularization }: ProductContext) {
  const { regularization: used, dataVariance, variances, lCurve } = regularization;
  const { weight } = request.regularization;
  const named = (role: string) => models.find((model) => model.role === role)?.name;
  const { kaula, tikhonov } = used;
  const isFree = kaula === 0 && tikhonov === 0;
  return {
    kaula,
    tikhonov,
    weight,
    reference: isFree ? null : (named('regularization_reference') ?? named('static_field') ?? null),
    ...(variances && {
      variance_components: {
        data_variance: dataVariance,
        regularization_variance: variances.regularization?.variance,
        data_redundancy: variances.groups[0].redundancy,
        regularization_redundancy: variances.regularization?.redundancy,
        iterations: variances.iterations,
        converged: variances.converged,
      },
    }),
    ...(lCurve && {
      l_curve: {
        corner_weight: lCurve.corner.weight,
        points: lCurve.points.map(({ weight: w, residualSquares, penalty, curvature }) => ({
          weight: w,
          residual_squares: residualSquares,
          penalty,
          curvature,
        })),
      },
    }),
  };
}

/**
 * Shares of the data and of the regularization in the coefficients of every degree, and how many coefficients of the
 * degree the data determine.
 */
export function contributionsByDegree(
  { degreeMin, degreeMax }: Pick<ProcessRequest, 'degreeMin' | 'degreeMax'>,
  dataContribution: Float64Array,
) {
  const means = contributionPerDegree({ degreeMin, degreeMax }, { dataContribution });
  return Array.from({ length: degreeMax + 1 - degreeMin }, (_, k) => {
    const degree = degreeMin + k;
    const mean = means[degree];
    return { degree, mean, regularization: 1 - mean, determined_by_data: mean * (2 * degree + 1) };
  });
}

/** Shares of the data and of the regularization, degree by degree and coefficient by coefficient, as a text table. */
export function contributionsProduct(context: ProductContext, solution: RecoverySolution): UnhashedFile {
  const { request, baseName } = context;
  const { start, end } = period(context);
  const { degree, order, kind, count } = coefficientOrdering(request.degreeMin, request.degreeMax);
  const share = (value: number) => value.toFixed(9);
  const perDegree = contributionsByDegree(request, solution.dataContribution).map(
    (row) =>
      `${row.degree} ${share(row.mean)} ${share(row.regularization)} ${row.determined_by_data.toFixed(6)}`,
  );
  const perCoefficient = Array.from({ length: count }, (_, i) => {
    const data = solution.dataContribution[i];
    return `${kind[i] === 0 ? 'C' : 'S'} ${degree[i]} ${order[i]} ${share(data)} ${share(1 - data)}`;
  });
  const text = [
    `# Contribution of data and regularization, ${baseName}, ${start} to ${end}`,
    `# ${solutionText(context)}`,
    `# recipe SHA-256 ${context.recipeHash}`,
    '# 1 where the data alone determine a coefficient, 0 where the regularization does',
    '# degree  data  regularization  coefficients_determined_by_data',
    ...perDegree,
    '# C|S  degree  order  data  regularization',
    ...perCoefficient,
  ].join('\n');
  return {
    kind: 'contributions',
    fileName: `${baseName}_contributions.txt`,
    mediaType: 'text/plain',
    bytes: new TextEncoder().encode(`${text}\n`),
    metadata: { format: 'text table', description: 'contribution of data and regularization' },
  };
}
