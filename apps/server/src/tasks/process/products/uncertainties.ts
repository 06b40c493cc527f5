import { writeGridNetcdf, writeMatrixNetcdf } from '@gravity/formats';
import { coefficientOrdering, triangleIndex } from '@gravity/geodesy';
import { errorDegreeAmplitudes, GRS80_SURFACE, propagateCovariance } from '@gravity/products';
import type { RecoverySolution } from '@gravity/recovery';
import type { ProductContext } from './context.js';
import { derivedRecipe, netcdfHeader, netcdfTime, solvedField } from './describe.js';
import { gridOf, smoothingText, waterMinDegree } from './grids.js';
import type { UnhashedFile } from './types.js';

/** Standard deviations of both grids, propagated from the full covariance, and the formal error per degree. */
export async function uncertaintiesProduct(
  context: ProductContext,
  solution: RecoverySolution,
): Promise<UnhashedFile> {
  const field = solvedField(context, solution);
  const { degreeMin, degreeMax, grid } = context.request;
  const ordering = coefficientOrdering(degreeMin, degreeMax);
  const definition = gridOf(context);
  const geoid = propagateCovariance(solution.covariance, ordering, field, definition, 'geoidHeight', {
    surface: GRS80_SURFACE,
    minDegree: 2,
  });
  const water = propagateCovariance(
    solution.covariance,
    ordering,
    field,
    definition,
    'equivalentWaterHeight',
    { minDegree: waterMinDegree(context), smoothingRadius: grid.smoothingRadiusKm * 1000 },
  );
  const recipe = derivedRecipe(context, grid);
  const header = netcdfHeader(context, `formal standard deviations, ${context.baseName}`, recipe);
  const perDegree = errorDegreeAmplitudes(field).amplitudes;
  const bytes = await writeGridNetcdf({
    ...header,
    attributes: {
      ...header.attributes,
      formal_error_per_degree_geoid_m: perDegree,
      comment:
        'formal errors from the full covariance of the solution; formal_error_per_degree_geoid_m begins at degree 0',
    },
    latitude: definition.latitudeDegrees,
    longitude: definition.longitudeDegrees,
    time: netcdfTime(context),
    variables: [
      {
        name: 'geoid_height_sigma',
        values: geoid.values,
        units: geoid.unit,
        longName: 'formal standard deviation of the geoid height',
        attributes: { comment: 'geodetic latitudes on GRS80' },
      },
      {
        name: 'equivalent_water_height_sigma',
        values: water.values,
        units: water.unit,
        longName: 'formal standard deviation of the equivalent water height',
        attributes: {
          comment: `${smoothingText(grid.smoothingRadiusKm)}; geocentric latitudes on the reference sphere`,
        },
      },
    ],
  });
  return {
    kind: 'uncertainties',
    fileName: `${context.baseName}_uncertainties.nc`,
    mediaType: 'application/netcdf',
    bytes,
    metadata: {
      format: 'netCDF-4, CF-1.8',
      description: 'formal standard deviations of geoid height and equivalent water height',
      formal_error_per_degree_geoid_m: Array.from(perDegree),
      recipe,
    },
  };
}

/** The full covariance matrix with its parameters, the estimate and its standard deviations. */
export async function covarianceProduct(
  context: ProductContext,
  solution: RecoverySolution,
): Promise<UnhashedFile> {
  const { degreeMin, degreeMax } = context.request;
  const { degree, order, kind, count } = coefficientOrdering(degreeMin, degreeMax);
  const field = solution.field;
  const pick = (c: Float64Array, s: Float64Array): Float64Array =>
    Float64Array.from(
      { length: count },
      (_, i) => (kind[i] === 0 ? c : s)[triangleIndex(degree[i], order[i])],
    );
  const covariance = Float64Array.from(solution.covariance);
  const bytes = await writeMatrixNetcdf({
    ...netcdfHeader(context, `covariance of the coefficients, ${context.baseName}`, context.recipeHash),
    values: covariance,
    name: 'covariance',
    longName: 'covariance of fully normalized geopotential coefficients',
    units: '1',
    degree,
    order,
    kind,
    vectors: [
      { name: 'estimate', values: pick(field.c, field.s), longName: 'estimated coefficient', units: '1' },
      {
        name: 'sigma',
        values: Float64Array.from({ length: count }, (_, i) => Math.sqrt(covariance[i * count + i])),
        longName: 'formal standard deviation',
        units: '1',
      },
      {
        name: 'data_contribution',
        values: Float64Array.from(solution.dataContribution),
        longName: 'share of the observations, against the regularization',
        units: '1',
      },
    ],
    attributes: {
      ...netcdfHeader(context, '', context.recipeHash).attributes,
      gm_m3_s2: field.gm,
      radius_m: field.radius,
    },
  });
  return {
    kind: 'covariance',
    fileName: `${context.baseName}_covariance.nc`,
    mediaType: 'application/netcdf',
    bytes,
    metadata: { format: 'netCDF-4', parameters: count, ordering: 'degree by degree: C_n0, C_n1, S_n1, …' },
  };
}
