import { fundamentalArguments } from './fundamental-arguments.js';
import { parseTable } from './parse-table.js';
import { ZONAL_TIDE_TERMS } from './tables/zonal-tide-ut1.js';

const COLUMNS = 7;
let table: Float64Array | undefined;

/**
 * Effect of the zonal tides (5 days to 18.6 years) on UT1, s: UT1 less this is smooth enough to be interpolated
 * between days. IERS Conventions 2010, table 8.1.
 *
 * @param t Julian centuries TT since J2000.0
 */
export function zonalTideUt1(t: number): number {
  table ??= parseTable(ZONAL_TIDE_TERMS, COLUMNS);
  const f = fundamentalArguments(t);
  const args = [f.moonAnomaly, f.sunAnomaly, f.moonLatitudeArgument, f.elongation, f.node];
  let sum = 0;
  for (let i = 0; i < table.length; i += COLUMNS) {
    let angle = 0;
    for (let k = 0; k < 5; k++) angle += table[i + k] * args[k];
    sum += table[i + 5] * Math.sin(angle) + table[i + 6] * Math.cos(angle);
  }
  return sum * 1e-4;
}
