/** A file of the product, as it goes into the item. */
export interface StacAssetInput {
  readonly href: string;
  readonly title?: string;
  /** Media type, e.g. `application/netcdf`. */
  readonly mediaType: string;
  readonly roles: readonly ('data' | 'metadata' | 'overview' | 'thumbnail')[];
  /** SHA-256 of the file, 64 hexadecimal digits. */
  readonly sha256?: string;
  readonly sizeBytes?: number;
}

export interface StacLink {
  readonly rel: string;
  readonly href: string;
  readonly type?: string;
  readonly title?: string;
}

export interface StacProvider {
  readonly name: string;
  readonly roles?: readonly ('licensor' | 'producer' | 'processor' | 'host')[];
  readonly url?: string;
}

export interface StacItemInput {
  readonly id: string;
  readonly collection: string;
  /** UTC, RFC 3339, e.g. 2008-01-01T00:00:00Z. */
  readonly startDatetime: string;
  readonly endDatetime: string;
  readonly createdDatetime?: string;
  readonly updatedDatetime?: string;
  readonly title?: string;
  readonly description?: string;
  readonly platform?: string;
  readonly instruments?: readonly string[];
  readonly constellation?: string;
  readonly mission?: string;
  readonly keywords?: readonly string[];
  readonly providers?: readonly StacProvider[];
  readonly license?: string;
  /** west, south, east, north in degrees; default: the globe. */
  readonly bbox?: readonly [west: number, south: number, east: number, north: number];
  readonly processing?: {
    /** e.g. L2, L3. */
    readonly level?: string;
    readonly lineage?: string;
    readonly facility?: string;
    /** Name → version. */
    readonly software?: Readonly<Record<string, string>>;
  };
  /** Further properties, e.g. `gravity:degree_max`. They may not replace a property named above. */
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly assets: Readonly<Record<string, StacAssetInput>>;
  readonly links?: readonly StacLink[];
}

export interface StacItem {
  readonly type: 'Feature';
  readonly stac_version: '1.1.0';
  readonly stac_extensions: readonly string[];
  readonly id: string;
  readonly collection: string;
  readonly geometry: {
    readonly type: 'Polygon';
    readonly coordinates: readonly (readonly (readonly number[])[])[];
  };
  readonly bbox: readonly number[];
  readonly properties: Readonly<Record<string, unknown>>;
  readonly links: readonly StacLink[];
  readonly assets: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export const STAC_FILE_EXTENSION = 'https://stac-extensions.github.io/file/v2.1.0/schema.json';
export const STAC_PROCESSING_EXTENSION = 'https://stac-extensions.github.io/processing/v1.1.0/schema.json';

const RFC3339_UTC = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;

/**
 * A STAC 1.1.0 item for one product: a period instead of an instant (`datetime` null), the globe as footprint unless a
 * box is given, files with size and checksum, and how they were made.
 * @throws Error naming the field that breaks a rule of the specification
 * Source: STAC specification 1.1.0 (item and common metadata), extensions file 2.1.0 and processing 1.1.0.
 */
export function stacItem(input: StacItemInput): StacItem {
  if (!input.id) throw new Error('id: must not be empty');
  // STAC asks for a collection link wherever the collection field is set.
  const links = input.links ?? [];
  if (!input.collection) throw new Error('collection: must not be empty');
  if (!links.some(({ rel }) => rel === 'collection')) {
    throw new Error('links: an item with a collection needs a link of rel "collection"');
  }
  const times = {
    startDatetime: input.startDatetime,
    endDatetime: input.endDatetime,
    createdDatetime: input.createdDatetime,
    updatedDatetime: input.updatedDatetime,
  };
  for (const [field, value] of Object.entries(times)) checkTime(field, value);
  if (Date.parse(input.startDatetime) > Date.parse(input.endDatetime)) {
    throw new Error(`endDatetime: ${input.endDatetime} is before startDatetime ${input.startDatetime}`);
  }
  const assets = Object.entries(input.assets).map(([key, asset]) => [key, assetObject(key, asset)] as const);
  const hasFile = assets.some(([, asset]) => 'file:checksum' in asset || 'file:size' in asset);
  const bbox = input.bbox ?? [-180, -90, 180, 90];
  const properties = itemProperties(input);
  const describesProcessing = Object.keys(properties).some((field) => field.startsWith('processing:'));
  for (const field of Object.keys(input.properties ?? {})) {
    if (field in properties) throw new Error(`properties: ${field} is set by its own field`);
  }
  return {
    type: 'Feature',
    stac_version: '1.1.0',
    stac_extensions: [
      ...(hasFile ? [STAC_FILE_EXTENSION] : []),
      ...(describesProcessing ? [STAC_PROCESSING_EXTENSION] : []),
    ],
    id: input.id,
    collection: input.collection,
    geometry: boxPolygon(bbox),
    bbox,
    properties: { ...properties, ...input.properties },
    links,
    assets: Object.fromEntries(assets),
  };
}

/**
 * A SHA-256 digest as a self-describing multihash: code 0x12, length 0x20, then the digest, lower-case hexadecimal.
 * Source: multiformats multihash table; STAC file extension 2.1.0.
 * @throws Error when the text is not 64 hexadecimal digits
 */
export function sha256Multihash(sha256: string): string {
  if (!/^[0-9a-f]{64}$/i.test(sha256)) throw new Error(`sha256: expected 64 hexadecimal digits: ${sha256}`);
  return `1220${sha256.toLowerCase()}`;
}

function itemProperties(input: StacItemInput): Record<string, unknown> {
  const { processing } = input;
  const all: Record<string, unknown> = {
    datetime: null,
    start_datetime: input.startDatetime,
    end_datetime: input.endDatetime,
    created: input.createdDatetime,
    updated: input.updatedDatetime,
    title: input.title,
    description: input.description,
    platform: input.platform,
    instruments: input.instruments,
    constellation: input.constellation,
    mission: input.mission,
    keywords: input.keywords,
    providers: input.providers,
    license: input.license,
    'processing:level': processing?.level,
    'processing:lineage': processing?.lineage,
    'processing:facility': processing?.facility,
    'processing:software': processing?.software,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function assetObject(key: string, asset: StacAssetInput): Record<string, unknown> {
  if (!asset.href) throw new Error(`assets.${key}.href: must not be empty`);
  if (asset.sizeBytes !== undefined && !(Number.isInteger(asset.sizeBytes) && asset.sizeBytes >= 0)) {
    throw new Error(`assets.${key}.sizeBytes: must be a whole number of bytes: ${asset.sizeBytes}`);
  }
  return {
    href: asset.href,
    ...(asset.title ? { title: asset.title } : {}),
    type: asset.mediaType,
    roles: asset.roles,
    ...(asset.sha256 ? { 'file:checksum': sha256Multihash(asset.sha256) } : {}),
    ...(asset.sizeBytes !== undefined ? { 'file:size': asset.sizeBytes } : {}),
  };
}

function checkTime(field: string, value: string | undefined): void {
  if (value === undefined) return;
  if (!RFC3339_UTC.test(value) || Number.isNaN(Date.parse(value))) {
    throw new Error(`${field}: expected UTC like 2008-01-01T00:00:00Z, found ${value}`);
  }
}

function boxPolygon(bbox: readonly [number, number, number, number]): StacItem['geometry'] {
  const [west, south, east, north] = bbox;
  if (!(west < east) || !(south < north) || south < -90 || north > 90 || west < -180 || east > 180) {
    throw new Error(
      `bbox: expected west, south, east, north within ±180 and ±90 degrees: ${bbox.join(', ')}`,
    );
  }
  return {
    type: 'Polygon',
    coordinates: [
      [
        [west, south],
        [east, south],
        [east, north],
        [west, north],
        [west, south],
      ],
    ],
  };
}
