import { gpsToIso, isoToGpsSeconds } from '@gravity/geodesy';
import { type StacItem, stacItem } from '@gravity/products';
import type { Selectable } from 'kysely';
import type { GravityProductsTable } from '../../db/schema.js';
import { SOFTWARE_NAME, softwareVersion } from '../process/recipe.js';

export type ProductRow = Selectable<GravityProductsTable>;

const TITLES: Readonly<Record<string, string>> = {
  coefficients: 'Spherical harmonic coefficients of the geopotential',
  grid_geoid: 'Geoid height grid',
  grid_ewh: 'Equivalent water height grid',
  uncertainties: 'Formal standard deviations',
  covariance: 'Covariance matrix of the coefficients',
  map: 'Map',
  orbit: 'Dynamic orbit',
  residuals: 'Observation residuals',
  report: 'Quality report',
};

/**
 * The STAC item of a product with the metadata of the request. It depends on the row and the metadata only, so that
 * a repeated attempt writes the same bytes.
 */
export function itemOf(
  row: ProductRow,
  metadata: Readonly<Record<string, unknown>>,
  baseUrl: string,
): StacItem {
  const text = (name: string): string | undefined =>
    typeof metadata[name] === 'string' ? (metadata[name] as string) : undefined;
  const mission = text('mission');
  const centre = text('processing_center');
  const api = `${baseUrl.replace(/\/$/, '')}/products/${row.id}`;
  const collection = (mission ?? 'gravity').toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const visual = row.media_type.startsWith('image/');
  const title = `${TITLES[row.kind] ?? row.kind}: ${row.file_name}`;
  return stacItem({
    id: row.id,
    collection,
    startDatetime: seconds(row.time_start ?? row.created_at),
    endDatetime: seconds(row.time_end ?? row.created_at),
    createdDatetime: seconds(row.created_at),
    title,
    ...(text('description') && { description: text('description') }),
    ...(mission && { mission }),
    platform: row.satellites.join(', '),
    ...(text('license') && { license: text('license') }),
    ...(centre && { providers: [{ name: centre, roles: ['producer', 'processor'] }] }),
    processing: {
      level: row.kind === 'grid_geoid' || row.kind === 'grid_ewh' || row.kind === 'map' ? 'L3' : 'L2',
      lineage: `job ${row.job_id}, recipe SHA-256 ${row.recipe_hash}`,
      ...(centre && { facility: centre }),
      software: { [SOFTWARE_NAME]: softwareVersion },
    },
    properties: {
      'gravity:product_kind': row.kind,
      ...(row.degree_max !== null && { 'gravity:degree_max': row.degree_max }),
      'gravity:recipe_sha256': row.recipe_hash,
      'gravity:metadata': metadata,
      ...(text('version') && { version: text('version') }),
    },
    assets: {
      [row.kind === 'report' ? 'metadata' : 'data']: {
        href: `${api}/content`,
        title: row.file_name,
        mediaType: row.media_type,
        roles: row.kind === 'report' ? ['metadata'] : visual ? ['overview'] : ['data'],
        sha256: row.sha256,
        sizeBytes: Number(row.bytes),
      },
    },
    links: [
      { rel: 'self', href: `${api}/stac`, type: 'application/geo+json' },
      { rel: 'collection', href: `${baseUrl.replace(/\/$/, '')}/products`, type: 'application/json' },
    ],
  });
}

/** UTC without fractions of a second. */
function seconds(date: Date): string {
  return gpsToIso(isoToGpsSeconds(date.toISOString()), 0, 0);
}
