import type { EopTable } from './earth-rotation-types.js';
import { mjdToIsoDate } from './time/calendar.js';

/** One day of Earth orientation parameters in SI units. */
export interface EopRow {
  /** Whole Modified Julian Day, 0h UTC. */
  readonly mjdUtc: number;
  /** rad */
  readonly xPole: number;
  /** rad */
  readonly yPole: number;
  readonly ut1MinusUtcSeconds: number;
  /** Celestial pole offsets with respect to IAU 2006/2000A, rad. */
  readonly dX: number;
  readonly dY: number;
}

const COLUMNS = ['mjdUtc', 'xPole', 'yPole', 'ut1MinusUtcSeconds', 'dX', 'dY'] as const;
/** More than any real value: catches arcseconds or milliarcseconds taken for radians (1″ = 4.8e-6 rad). */
const LIMITS = { xPole: 1e-5, yPole: 1e-5, ut1MinusUtcSeconds: 1, dX: 1e-6, dY: 1e-6 } as const;

/**
 * Builds a table of Earth orientation parameters from rows.
 *
 * @param source name of the series, shown in error messages
 * @throws RangeError naming source, row, date and field for values that are not finite, not plausible in SI
 *   units, not at whole days, or not in order of time
 */
export function createEopTable(source: string, rows: readonly EopRow[]): EopTable {
  const column = (name: (typeof COLUMNS)[number]) => Float64Array.from(rows, (row) => row[name]);
  const table: EopTable = {
    source,
    mjdUtc: column('mjdUtc'),
    xPole: column('xPole'),
    yPole: column('yPole'),
    ut1MinusUtcSeconds: column('ut1MinusUtcSeconds'),
    dX: column('dX'),
    dY: column('dY'),
  };
  validateEopTable(table);
  return table;
}

/** Checks a table as `createEopTable` does (for tables that come from elsewhere, such as another thread). */
export function validateEopTable(table: EopTable): void {
  const n = table.mjdUtc.length;
  if (n === 0) throw new RangeError(`Earth orientation table ${table.source} is empty`);
  for (const name of COLUMNS) {
    if (table[name].length !== n) {
      throw new RangeError(
        `Earth orientation table ${table.source}: ${name} has ${table[name].length} of ${n} values`,
      );
    }
  }
  for (let i = 0; i < n; i++) {
    const mjd = table.mjdUtc[i];
    const where = `Earth orientation table ${table.source}, row ${i + 1}`;
    if (!Number.isInteger(mjd)) throw new RangeError(`${where}: mjdUtc ${mjd} is not a whole day`);
    if (i > 0 && mjd <= table.mjdUtc[i - 1]) {
      throw new RangeError(`${where}: mjdUtc ${mjd} does not follow ${table.mjdUtc[i - 1]}`);
    }
    for (const name of Object.keys(LIMITS) as (keyof typeof LIMITS)[]) {
      const value = table[name][i];
      if (!(Math.abs(value) <= LIMITS[name])) {
        throw new RangeError(
          `${where} (${mjdToIsoDate(mjd)}): ${name} = ${value} is not a value in SI units`,
        );
      }
    }
  }
}

/**
 * Cuts a table to the days needed between two MJDs (UTC): `margin` days are kept on both sides where there are
 * any, so that interpolation in the interval gives the very same values.
 *
 * @throws RangeError when nothing is left
 */
export function sliceEopTable(table: EopTable, mjdStart: number, mjdEnd: number, margin = 3): EopTable {
  let from = 0;
  let to = table.mjdUtc.length;
  while (from < to && table.mjdUtc[from] < Math.floor(mjdStart) - margin) from++;
  while (to > from && table.mjdUtc[to - 1] > Math.ceil(mjdEnd) + margin) to--;
  if (from >= to) {
    throw new RangeError(
      `Earth orientation table ${describeEopTable(table)} has no day from ${mjdStart} to ${mjdEnd}`,
    );
  }
  return {
    source: table.source,
    mjdUtc: table.mjdUtc.slice(from, to),
    xPole: table.xPole.slice(from, to),
    yPole: table.yPole.slice(from, to),
    ut1MinusUtcSeconds: table.ut1MinusUtcSeconds.slice(from, to),
    dX: table.dX.slice(from, to),
    dY: table.dY.slice(from, to),
  };
}

/** Source and span of a table, for messages. */
export function describeEopTable(table: EopTable): string {
  const first = table.mjdUtc[0];
  const last = table.mjdUtc[table.mjdUtc.length - 1];
  return `"${table.source}" (${mjdToIsoDate(first)} to ${mjdToIsoDate(last)}, MJD ${first}–${last})`;
}
