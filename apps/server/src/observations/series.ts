import type { Database } from '../db/database.js';
import { isUuid } from '../uuid.js';
import { readNumberRows } from './copy-rows.js';
import type { ObservationFile } from './files.js';
import { PRODUCT_USES } from './product-table.js';
import { utcBounds } from './time-range.js';

/** What was read of one product, and what of it was not used. */
export interface SeriesReport {
  readonly satellite: string;
  readonly product: string;
  /** Records in the interval at the sampling asked for. */
  readonly read: number;
  readonly used: number;
  /** Records of the same epoch in several files: the newest release, then the file ingested last, is used. */
  readonly duplicates: number;
  readonly excluded: readonly { readonly reason: string; readonly count: number }[];
  readonly files: readonly { readonly id: string; readonly fileName: string; readonly sha256: string }[];
}

export interface Series {
  readonly gpsSeconds: Float64Array;
  /** `width` values per epoch. */
  readonly values: Float64Array;
  readonly width: number;
  readonly report: SeriesReport;
}

export interface SeriesQuery {
  readonly product: string;
  /** Satellite or pair. */
  readonly satellite: string;
  readonly startGpsSeconds: number;
  readonly endGpsSeconds: number;
  /** Only epochs at multiples of this, s. */
  readonly samplingSeconds?: number;
  /** Names of values in place of those of the product table. */
  readonly values?: readonly string[];
  /** Files of the product in order of precedence, the best last. */
  readonly files: readonly ObservationFile[];
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9_/-]*$/;
/** Epochs of tables may be off their grid by the digits of an MJD. */
const GRID_TOLERANCE_SECONDS = 0.005;
const SAME_EPOCH_SECONDS = 1e-6;

/**
 * Records of one product in [start, end], in time order, each epoch once, bad ones left out.
 *
 * @throws RangeError for names that are no names, Error when a file lacks a column
 */
export async function loadSeries(db: Database, query: SeriesQuery): Promise<Series> {
  const use = Object.hasOwn(PRODUCT_USES, query.product) ? PRODUCT_USES[query.product] : undefined;
  if (!use || !NAME.test(query.product) || !NAME.test(query.satellite)) {
    throw new RangeError(`no series of product ${query.product} and satellite ${query.satellite}`);
  }
  const names = query.values ?? use.values;
  if (!names.every((name) => NAME.test(name))) throw new RangeError(`no names of values: ${names.join()}`);
  const width = names.length;
  const rows = new RowCollector(width);
  for (const group of groupByLayout(query.files, names, use.table)) {
    const sql = selectSql(query, use.table, group);
    await readNumberRows(db.copyOut(sql), 3 + width, (row) => rows.add(row));
  }
  const { gpsSeconds, values, duplicates, excluded } = rows.finish(use.badBits);
  return {
    gpsSeconds,
    values,
    width,
    report: {
      satellite: query.satellite,
      product: query.product,
      read: rows.count,
      used: gpsSeconds.length,
      duplicates,
      excluded,
      files: query.files.map(({ id, fileName, sha256 }) => ({ id, fileName, sha256 })),
    },
  };
}

interface LayoutGroup {
  /** SQL of the values. */
  readonly expressions: readonly string[];
  readonly files: { readonly id: string; readonly rank: number }[];
}

/** Where in `values` a column stands is said by each file: files of one layout are read together. */
function groupByLayout(
  files: readonly ObservationFile[],
  names: readonly string[],
  table: string,
): Iterable<LayoutGroup> {
  const groups = new Map<string, LayoutGroup>();
  files.forEach((file, rank) => {
    if (!isUuid(file.id)) throw new RangeError(`no file id: ${file.id}`);
    const expressions = names.map((name) => {
      if (table === 'baseline_vectors') return `o.${name}`;
      const index = file.numberColumns.indexOf(name);
      if (index < 0) throw new Error(`${file.fileName} has no column ${name}`);
      return `o."values"[${index + 1}]`;
    });
    const key = expressions.join();
    const group = groups.get(key) ?? { expressions, files: [] };
    group.files.push({ id: file.id, rank });
    groups.set(key, group);
  });
  return groups.values();
}

/** Built from numbers, ids of the database and names of the product table; nothing a user wrote. */
function selectSql(query: SeriesQuery, table: string, group: LayoutGroup): string {
  const { product, satellite, startGpsSeconds, endGpsSeconds, samplingSeconds } = query;
  const owner = table === 'baseline_vectors' ? 'pair' : 'satellite';
  const files = group.files.map(({ id, rank }) => `('${id}'::uuid, ${rank})`).join(', ');
  const from = sqlNumber(startGpsSeconds - SAME_EPOCH_SECONDS);
  const to = sqlNumber(endGpsSeconds + SAME_EPOCH_SECONDS);
  const utc = utcBounds(startGpsSeconds, endGpsSeconds);
  const grid = samplingSeconds === undefined ? '' : ` AND ${gridCondition(query, samplingSeconds)}`;
  return (
    `SELECT o.gps_seconds, f.rank, coalesce(o.quality_flag, '0'), ${group.expressions.join(', ')} ` +
    `FROM ${table} o JOIN (VALUES ${files}) f (id, rank) ON o.file_id = f.id ` +
    `WHERE o.${owner} = '${satellite}' AND o.product = '${product}' ` +
    `AND o.time >= '${utc.from}'::timestamptz AND o.time <= '${utc.to}'::timestamptz ` +
    `AND o.gps_seconds >= ${from} AND o.gps_seconds <= ${to}${grid} ORDER BY o.gps_seconds, f.rank`
  );
}

function gridCondition({ product, files }: SeriesQuery, step: number): string {
  if (!(step > 0)) throw new RangeError(`sampling must be positive: ${step}`);
  // tables may count from any epoch; Level-1B epochs are whole multiples of their step
  const anchor = product.startsWith('table_') ? files[files.length - 1].gpsStart : 0;
  const since = `(o.gps_seconds - ${sqlNumber(anchor)})`;
  const n = sqlNumber(step);
  return `abs(${since} - ${n} * round(${since} / ${n})) < ${sqlNumber(GRID_TOLERANCE_SECONDS)}`;
}

function sqlNumber(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`not a number: ${value}`);
  return `'${value}'::double precision`;
}

class RowCollector {
  count = 0;
  readonly #width: number;
  #rows: Float64Array;

  constructor(width: number) {
    this.#width = width + 3;
    this.#rows = new Float64Array(4096 * this.#width);
  }

  add(row: Float64Array): void {
    const at = this.count * this.#width;
    if (at + this.#width > this.#rows.length) {
      const larger = new Float64Array(this.#rows.length * 2);
      larger.set(this.#rows);
      this.#rows = larger;
    }
    this.#rows.set(row, at);
    this.count++;
  }

  finish(badBits: readonly { readonly bit: number; readonly reason: string }[]) {
    const order = this.#order();
    const width = this.#width;
    const valueWidth = width - 3;
    const gpsSeconds = new Float64Array(this.count);
    const values = new Float64Array(this.count * valueWidth);
    const excluded = new Map<string, number>();
    let duplicates = 0;
    let used = 0;
    for (let i = 0; i < order.length; i++) {
      const row = order[i] * width;
      const next = i + 1 < order.length ? order[i + 1] * width : -1;
      // the row with the highest rank comes last
      if (next >= 0 && this.#rows[next] - this.#rows[row] < SAME_EPOCH_SECONDS) {
        duplicates++;
        continue;
      }
      const reason = badReason(this.#rows[row + 2], badBits);
      if (reason !== undefined) {
        excluded.set(reason, (excluded.get(reason) ?? 0) + 1);
        continue;
      }
      gpsSeconds[used] = this.#rows[row];
      values.set(this.#rows.subarray(row + 3, row + width), used * valueWidth);
      used++;
    }
    return {
      gpsSeconds: gpsSeconds.slice(0, used),
      values: values.slice(0, used * valueWidth),
      duplicates,
      excluded: [...excluded].map(([reason, count]) => ({ reason, count })),
    };
  }

  /** Rows by epoch and rank; they come sorted unless files of several layouts were read. */
  #order(): Uint32Array {
    const order = new Uint32Array(this.count).map((_, i) => i);
    const rows = this.#rows;
    const width = this.#width;
    const compare = (a: number, b: number) =>
      rows[a * width] - rows[b * width] || rows[a * width + 1] - rows[b * width + 1];
    for (let i = 1; i < order.length; i++) if (compare(i - 1, i) > 0) return order.sort(compare);
    return order;
  }
}

/** `decimal` holds the bit string read as a decimal number: 10000001 has bits 7 and 0. */
function badReason(
  decimal: number,
  badBits: readonly { readonly bit: number; readonly reason: string }[],
): string | undefined {
  if (decimal === 0) return undefined;
  return badBits.find(({ bit }) => Math.floor(decimal / 10 ** bit) % 10 === 1)?.reason;
}
