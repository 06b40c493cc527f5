import { type Geopotential, triangleIndex } from '@gravity/geodesy';
import type { GfcErrors } from './types.js';

export interface GfcWriteOptions {
  /** Free text before begin_of_head (description, citation, provenance). */
  readonly comment?: string;
  readonly productType?: string;
  /** What the standard deviations are; `no` leaves them out. Default: formal when the field has them. */
  readonly errors?: Exclude<GfcErrors, 'calibrated_and_formal'>;
  /** More header keys, e.g. time_period_of_data; written in the order given. */
  readonly header?: Readonly<Record<string, string>>;
  readonly degreeMin?: number;
}

/**
 * ICGEM text of a static field, degree by degree. 17 significant digits: reading it back gives the same doubles,
 * and the same field gives the same bytes.
 *
 * @throws RangeError when a value is not finite, errors are asked for and absent, or a header key is malformed
 */
export function writeGfc(field: Geopotential, options: GfcWriteOptions = {}): string {
  const errors = options.errors ?? (field.sigmaC && field.sigmaS ? 'formal' : 'no');
  const { sigmaC, sigmaS } = field;
  if (errors !== 'no' && !(sigmaC && sigmaS)) throw new RangeError(`errors ${errors} but the field has none`);
  const lines: string[] = [];
  if (options.comment) {
    for (const line of options.comment.split(/\r?\n/)) {
      if (/^\s*(begin_of_head|end_of_head)/.test(line)) throw new RangeError('comment holds a header mark');
      lines.push(line);
    }
  }
  lines.push(`begin_of_head ${'='.repeat(88)}`);
  const key = (name: string, value: string) => {
    if (!/^\w+$/.test(name) || /[\r\n]/.test(value)) throw new RangeError(`bad header entry ${name}`);
    lines.push(`${name.padEnd(22)} ${value}`);
  };
  key('product_type', options.productType ?? 'gravity_field');
  key('modelname', field.name.trim().replace(/\s+/g, '_') || 'unknown');
  key('earth_gravity_constant', shortest(field.gm));
  key('radius', shortest(field.radius));
  key('max_degree', String(field.maxDegree));
  key('norm', 'fully_normalized');
  key('tide_system', field.tideSystem);
  key('errors', errors);
  for (const [name, value] of Object.entries(options.header ?? {})) key(name, value);
  lines.push('');
  const titles = ['C', 'S', ...(errors === 'no' ? [] : ['sigma C', 'sigma S'])];
  lines.push(`key     L    M ${titles.map((t) => t.padStart(14).padEnd(24)).join(' ')}`.trimEnd());
  lines.push(`end_of_head ${'='.repeat(90)}`);
  for (let n = options.degreeMin ?? 0; n <= field.maxDegree; n++) {
    for (let m = 0; m <= n; m++) {
      const i = triangleIndex(n, m);
      let line = `gfc  ${String(n).padStart(4)} ${String(m).padStart(4)} ${column(field.c[i])} ${column(field.s[i])}`;
      if (errors !== 'no' && sigmaC && sigmaS) line += ` ${column(sigmaC[i])} ${column(sigmaS[i])}`;
      lines.push(line);
    }
  }
  return `${lines.join('\n')}\n`;
}

const column = (value: number) => scientific(value).padStart(24);

/** %.16e with a two-digit exponent, as C prints it. */
const scientific = (value: number) => exponential(value, 16);
/** As many digits as give the same double back. */
const shortest = (value: number) => exponential(value);

function exponential(value: number, digits?: number): string {
  if (!Number.isFinite(value)) throw new RangeError('a coefficient or constant is not finite');
  return value.toExponential(digits).replace(/e([+-])(\d)$/, 'e$10$2');
}
