import type { GridTime } from '@gravity/formats';
import { gpsToIso, mjdUtc, truncateGeopotential } from '@gravity/geodesy';
import type { RecoverySolution } from '@gravity/recovery';
import { hashOf } from '../recipe.js';
import type { ProductContext } from './context.js';

/** Start and end of the data as UTC text. */
export function period(context: ProductContext): { readonly start: string; readonly end: string } {
  return { start: gpsToIso(context.startGpsSeconds, 0, 0), end: gpsToIso(context.endGpsSeconds, 0, 0) };
}

/** The solution to its own degree, named like its files. */
export function solvedField(context: ProductContext, solution: RecoverySolution) {
  return { ...truncateGeopotential(solution.field, context.request.degreeMax), name: context.baseName };
}

/** Hash of the recipe of a product that depends on options of its own, such as a grid. */
export function derivedRecipe(context: ProductContext, options: unknown): string {
  return hashOf({ recipe: context.recipeHash, options });
}

/** One line about the a-priori field and the regularization. */
export function solutionText({ request, models, satellites, regularization }: ProductContext): string {
  const { kaula, tikhonov } = regularization.regularization;
  const { weight } = request.regularization;
  const named = (role: string) => models.find((model) => model.role === role)?.name;
  const field = named('regularization_reference') ?? named('static_field') ?? 'a-priori field';
  const found = { given: '', vce: ' (by variance components)', l_curve: ' (by the L-curve)' }[weight];
  const constraint =
    kaula === 0 && tikhonov === 0
      ? 'no regularization'
      : `regularization towards ${field}: Kaula ${kaula}, Tikhonov ${tikhonov}${found}`;
  return `${satellites.join(', ')}; degrees ${request.degreeMin} to ${request.degreeMax}; ${constraint}`;
}

/** Global attributes common to all netCDF files. No time of day: the same recipe gives the same bytes. */
export function netcdfHeader(context: ProductContext, title: string, recipe: string) {
  const { start, end } = period(context);
  return {
    title,
    institution: context.software,
    source: `${context.mission} satellite observations; ${solutionText(context)}`,
    history: `computed by ${context.software}, recipe ${recipe}`,
    references: context.models.map((model) => `${model.name}: ${model.source}`).join('; '),
    attributes: {
      time_coverage_start: start,
      time_coverage_end: end,
      recipe_sha256: recipe,
      linear_algebra: context.backend,
    },
  };
}

const ORIGIN_MJD = 52275;

/** The period as one CF time with bounds, days since 2002-01-01 UTC. */
export function netcdfTime(context: ProductContext): GridTime {
  const from = mjdUtc(context.startGpsSeconds) - ORIGIN_MJD;
  const to = mjdUtc(context.endGpsSeconds) - ORIGIN_MJD;
  return {
    values: Float64Array.of((from + to) / 2),
    units: 'days since 2002-01-01 00:00:00',
    bounds: Float64Array.of(from, to),
  };
}
