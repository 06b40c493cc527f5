import type { Database } from '../db/database.js';
import { statedForces } from '../models/index.js';

/** An ingested file, as far as reading its records back needs it. */
export interface ObservationFile {
  readonly id: string;
  readonly sha256: string;
  readonly fileName: string;
  readonly product: string;
  readonly satellite: string;
  readonly release: string | null;
  readonly gpsStart: number;
  readonly gpsEnd: number;
  readonly records: number;
  readonly numberColumns: readonly string[];
  readonly frame?: 'terrestrial' | 'celestial';
  readonly gaps: readonly { readonly afterGpsSeconds: number; readonly beforeGpsSeconds: number }[];
  readonly nominalStepSeconds?: number;
  /** The forces it was simulated with, as it states them. */
  readonly statedForces?: string;
}

export interface FileQuery {
  /** Names as in ingested_files.satellite: satellites and pairs. */
  readonly satellites: readonly string[];
  readonly products?: readonly string[];
  readonly startGpsSeconds: number;
  readonly endGpsSeconds: number;
  /** ISO time; files ingested later are left out. */
  readonly ingestedBefore?: string;
}

/**
 * Files with records in the interval, those that take precedence last: by release, then by the time they were
 * ingested.
 */
export async function listObservationFiles(db: Database, query: FileQuery): Promise<ObservationFile[]> {
  if (query.satellites.length === 0 || query.products?.length === 0) return [];
  let select = db.kysely
    .selectFrom('ingested_files')
    .select([
      'id',
      'sha256',
      'file_name',
      'product',
      'satellite',
      'release',
      'gps_start',
      'gps_end',
      'records',
    ])
    .select(['columns', 'metadata', 'quality'])
    .where('satellite', 'in', [...query.satellites])
    .where('gps_start', '<=', query.endGpsSeconds)
    .where('gps_end', '>=', query.startGpsSeconds);
  if (query.products) select = select.where('product', 'in', [...query.products]);
  if (query.ingestedBefore !== undefined) {
    select = select.where('created_at', '<=', new Date(query.ingestedBefore));
  }
  const rows = await select.orderBy('created_at').orderBy('id').execute();
  const files = rows.map((row): ObservationFile => {
    const quality = row.quality as {
      gaps?: { list?: ObservationFile['gaps'] };
      nominalStepSeconds?: number;
    };
    const { frame } = row.metadata;
    return {
      id: row.id,
      sha256: row.sha256,
      fileName: row.file_name,
      product: row.product,
      satellite: row.satellite,
      release: row.release,
      gpsStart: Number(row.gps_start),
      gpsEnd: Number(row.gps_end),
      records: Number(row.records),
      numberColumns: row.columns.filter((column) => column.kind === 'number').map((column) => column.name),
      frame: frame === 'terrestrial' || frame === 'celestial' ? frame : undefined,
      gaps: quality.gaps?.list ?? [],
      nominalStepSeconds: quality.nominalStepSeconds,
      statedForces: statedForces(row.metadata),
    };
  });
  // stable: files of one release stay in the order of their ingestion
  return files.sort((a, b) => compareReleases(a.release, b.release));
}

function compareReleases(a: string | null, b: string | null): number {
  const [x, y] = [a ?? '', b ?? ''];
  return x < y ? -1 : x > y ? 1 : 0;
}
