import { writeGridNetcdf } from '@gravity/formats';
import { type Geopotential, GRS80, truncateGeopotential } from '@gravity/geodesy';
import {
  GRS80_SURFACE,
  type Grid,
  regularGrid,
  subtractFields,
  subtractNormalField,
  synthesizeGrid,
} from '@gravity/products';
import type { RecoverySolution } from '@gravity/recovery';
import type { ProductContext } from './context.js';
import { derivedRecipe, netcdfHeader, netcdfTime, solvedField } from './describe.js';
import type { UnhashedFile } from './types.js';

/** A grid with what it shows, for file and map alike. */
export interface NamedGrid {
  readonly grid: Grid;
  /** What was subtracted, filtered and left out. */
  readonly description: string;
}

/** Geoid heights above GRS80 at geodetic latitudes. */
export function geoidGrid(context: ProductContext, solution: RecoverySolution): NamedGrid {
  const field = solvedField(context, solution);
  return {
    grid: synthesizeGrid(subtractNormalField(field, GRS80), gridOf(context), 'geoidHeight', {
      surface: GRS80_SURFACE,
      minDegree: 2,
    }),
    description: `full field minus the normal field of GRS80, degrees 2 to ${field.maxDegree}, tide system ${field.tideSystem}, geodetic latitudes on GRS80`,
  };
}

/** Water heights of the change against the a-priori static field, at geocentric latitudes on the reference sphere. */
export function waterGrid(context: ProductContext, solution: RecoverySolution): NamedGrid {
  const field = solvedField(context, solution);
  const { smoothingRadiusKm } = context.request.grid;
  const minDegree = waterMinDegree(context);
  return {
    grid: synthesizeGrid(residualField(context, field), gridOf(context), 'equivalentWaterHeight', {
      minDegree,
      smoothingRadius: smoothingRadiusKm * 1000,
    }),
    description: `field minus a-priori static field ${context.aPriori.name}, degrees ${minDegree} to ${field.maxDegree}, ${smoothingText(smoothingRadiusKm)}, geocentric latitudes on the sphere of ${field.radius} m, load Love numbers of PREM`,
  };
}

export const waterMinDegree = (context: ProductContext): number => Math.max(2, context.request.degreeMin);

export const smoothingText = (radiusKm: number): string =>
  radiusKm > 0 ? `Gaussian filter of ${radiusKm} km half width` : 'no smoothing';

/** Solution minus a-priori field, to the degree of the solution. */
export function residualField(context: ProductContext, field: Geopotential): Geopotential {
  return subtractFields(field, truncateGeopotential(context.aPriori, field.maxDegree), {
    assumeSameTideSystem: true,
  });
}

export function gridOf(context: ProductContext) {
  return regularGrid({ stepDegrees: context.request.grid.stepDegrees });
}

/** Both grids as CF netCDF files. */
export async function gridProducts(
  context: ProductContext,
  solution: RecoverySolution,
): Promise<UnhashedFile[]> {
  const geoid = geoidGrid(context, solution);
  const water = waterGrid(context, solution);
  return [
    await gridFile(context, geoid, {
      kind: 'grid_geoid',
      suffix: 'geoid',
      name: 'geoid_height',
      longName: 'geoid height above GRS80',
      standardName: 'geoid_height_above_reference_ellipsoid',
    }),
    await gridFile(context, water, {
      kind: 'grid_ewh',
      suffix: 'ewh',
      name: 'equivalent_water_height',
      longName: 'equivalent water height relative to the a-priori static field',
    }),
  ];
}

interface GridNames {
  readonly kind: string;
  readonly suffix: string;
  readonly name: string;
  readonly longName: string;
  readonly standardName?: string;
}

async function gridFile(
  context: ProductContext,
  { grid, description }: NamedGrid,
  names: GridNames,
): Promise<UnhashedFile> {
  const recipe = derivedRecipe(context, context.request.grid);
  const bytes = await writeGridNetcdf({
    ...netcdfHeader(context, `${names.longName}, ${context.baseName}`, recipe),
    latitude: grid.latitudeDegrees,
    longitude: grid.longitudeDegrees,
    time: netcdfTime(context),
    variables: [
      {
        name: names.name,
        values: grid.values,
        units: grid.unit,
        longName: names.longName,
        ...(names.standardName && { standardName: names.standardName }),
        cellMethods: 'time: mean',
        attributes: { comment: description },
      },
    ],
  });
  return {
    kind: names.kind,
    fileName: `${context.baseName}_${names.suffix}.nc`,
    mediaType: 'application/netcdf',
    bytes,
    metadata: { format: 'netCDF-4, CF-1.8', quantity: grid.quantity, unit: grid.unit, description, recipe },
  };
}
