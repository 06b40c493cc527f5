import { type Geopotential, type TideSystem, triangleIndex, triangleSize } from '@gravity/geodesy';
import type { ByteSource } from '../bytes/byte-source.js';
import { LineBuffer } from '../bytes/line-buffer.js';
import { parseDecimal } from '../bytes/parse-number.js';
import { FormatError, quoteForMessage } from '../errors.js';
import { parseTerm } from './term.js';
import type { GfcErrors, GfcModel, GfcTerm } from './types.js';

const MAX_DEGREE = 11_000;
const ERRORS: readonly string[] = ['no', 'unknown', 'formal', 'calibrated', 'calibrated_and_formal'];
const TIDES: readonly string[] = ['zero_tide', 'tide_free', 'mean_tide', 'unknown'];

export interface GfcReadOptions {
  readonly file: string;
  /** Read only up to this degree. */
  readonly maxDegree?: number;
}

/**
 * Reads an ICGEM coefficient file (formats 1.0 and 2.0; Barthelmes & Förste 2011, "The ICGEM-format").
 *
 * Records may come in any order; keys other than gfc, gfct, trnd, dot, acos, asin are passed over; Fortran D
 * exponents are read. A file without (0,0) gets C00 = 1.
 *
 * @throws FormatError with the line of the fault
 */
export async function readGfc(source: ByteSource, options: GfcReadOptions): Promise<GfcModel> {
  const buffer = new LineBuffer(source, options.file);
  try {
    const header = await readHeader(buffer, options.file);
    const builder = new CoefficientBuilder(header, options);
    let line: string | undefined;
    while ((line = await buffer.nextLine()) !== undefined) builder.addLine(line, buffer.line - 1);
    return builder.finish();
  } finally {
    await buffer.close();
  }
}

/** `readGfc` for text already in memory. */
export function parseGfc(text: string, options: GfcReadOptions): Promise<GfcModel> {
  return readGfc([Buffer.from(text, 'utf8')], options);
}

interface Header {
  readonly comment: string;
  readonly values: Readonly<Record<string, string>>;
  readonly gm: number;
  readonly radius: number;
  readonly maxDegree: number;
  readonly tideSystem: TideSystem;
  readonly errors: GfcErrors;
  readonly version2: boolean;
}

async function readHeader(buffer: LineBuffer, file: string): Promise<Header> {
  const comment: string[] = [];
  let commentEnd = 0;
  let values: Record<string, string> = Object.create(null);
  const lineOf: Record<string, number> = Object.create(null);
  for (;;) {
    const line = await buffer.nextLine();
    const at = buffer.line - 1;
    if (line === undefined || at > 20_000) {
      const code = at === 0 || (at === 1 && line === undefined) ? 'empty_file' : 'header_without_end';
      throw new FormatError(code, 'no end_of_head found', { file, line: Math.max(at, 1) });
    }
    const [key, ...rest] = line.trim().split(/\s+/);
    if (key === 'end_of_head') break;
    if (key === 'begin_of_head') {
      // what looked like keys so far was free text
      commentEnd = comment.length;
      values = Object.create(null);
      continue;
    }
    comment.push(line);
    if (/^[A-Za-z_]\w*$/.test(key) && rest.length > 0) {
      values[key] = rest.join(' ');
      lineOf[key] = at;
    }
  }
  return interpret(values, lineOf, comment.slice(0, commentEnd), file);
}

function interpret(
  values: Record<string, string>,
  lineOf: Record<string, number>,
  comment: string[],
  file: string,
): Header {
  const number = (key: string | undefined, name: string): number => {
    if (key === undefined || values[key] === undefined) {
      throw new FormatError('missing_field', 'the header lacks this key', { file, field: name });
    }
    const value = parseDecimal(values[key].split(' ')[0]);
    if (!(value > 0 || (value === 0 && name === 'max_degree'))) {
      throw new FormatError('not_a_number', `not a positive number: ${quoteForMessage(values[key])}`, {
        file,
        line: lineOf[key],
        field: name,
      });
    }
    return value;
  };
  const choice = (key: string, allowed: readonly string[], otherwise: string): string => {
    const value = values[key]?.split(' ')[0].toLowerCase() ?? otherwise;
    if (allowed.includes(value)) return value;
    throw new FormatError('unknown_value', `${quoteForMessage(value)} is none of ${allowed.join(', ')}`, {
      file,
      line: lineOf[key],
      field: key,
    });
  };
  const gmKey = Object.keys(values).find((key) => key.endsWith('gravity_constant'));
  const maxDegree = number('max_degree', 'max_degree');
  if (!Number.isInteger(maxDegree) || maxDegree > MAX_DEGREE) {
    throw new FormatError('out_of_range', `a degree up to ${MAX_DEGREE} expected, found ${maxDegree}`, {
      file,
      line: lineOf.max_degree,
      field: 'max_degree',
    });
  }
  const norm = choice('norm', ['fully_normalized', 'unnormalized'], 'fully_normalized');
  if (norm !== 'fully_normalized') {
    throw new FormatError('unsupported', 'only fully normalized coefficients are read', {
      file,
      field: 'norm',
    });
  }
  return {
    comment: comment.join('\n'),
    values,
    gm: number(gmKey, 'earth_gravity_constant'),
    radius: number('radius', 'radius'),
    maxDegree,
    tideSystem: choice('tide_system', TIDES, 'unknown') as TideSystem,
    errors: choice('errors', ERRORS, 'unknown') as GfcErrors,
    version2: /icgem\s*2/i.test(values.format ?? ''),
  };
}

class CoefficientBuilder {
  readonly #header: Header;
  readonly #file: string;
  readonly #maxDegree: number;
  readonly #c: Float64Array;
  readonly #s: Float64Array;
  readonly #seen: Uint8Array;
  #sigma: Float64Array[] = [];
  readonly #terms = new Map<number, { degree: number; order: number; terms: GfcTerm[] }>();

  constructor(header: Header, options: GfcReadOptions) {
    this.#header = header;
    this.#file = options.file;
    this.#maxDegree = Math.min(header.maxDegree, options.maxDegree ?? header.maxDegree);
    const size = triangleSize(this.#maxDegree);
    this.#c = new Float64Array(size);
    this.#s = new Float64Array(size);
    this.#seen = new Uint8Array(size);
  }

  addLine(text: string, line: number): void {
    const words = text.trim().split(/\s+/);
    const key = words[0];
    if (
      key !== 'gfc' &&
      key !== 'gfct' &&
      key !== 'trnd' &&
      key !== 'dot' &&
      key !== 'acos' &&
      key !== 'asin'
    ) {
      return;
    }
    const place = { file: this.#file, line };
    if (words.length < 5) throw new FormatError('column_count', `${key} needs L, M, C and S`, place);
    const degree = Number(words[1]);
    const order = Number(words[2]);
    if (
      !/^\d+$/.test(words[1]) ||
      !/^\d+$/.test(words[2]) ||
      order > degree ||
      degree > this.#header.maxDegree
    ) {
      const text = `no degree and order within max_degree ${this.#header.maxDegree}: ${words[1]} ${words[2]}`;
      throw new FormatError('out_of_range', text, { ...place, field: 'L M' });
    }
    if (degree > this.#maxDegree) return;
    const index = triangleIndex(degree, order);
    if (key === 'gfc') this.#addConstant(words, index, place);
    else {
      const term = parseTerm(words, this.#header.version2, place);
      let entry = this.#terms.get(index);
      if (!entry) this.#terms.set(index, (entry = { degree, order, terms: [] }));
      this.#addTerm(entry.terms, term, place);
    }
  }

  #addConstant(words: string[], index: number, place: { file: string; line: number }): void {
    if (this.#seen[index])
      throw new FormatError('duplicate', `gfc ${words[1]} ${words[2]} comes twice`, place);
    this.#seen[index] = 1;
    const values = words.slice(3).map(parseDecimal);
    const bad = values.findIndex((v) => !Number.isFinite(v));
    if (bad >= 0) {
      throw new FormatError('not_a_number', `not a number: ${quoteForMessage(words[bad + 3])}`, {
        ...place,
        column: bad + 4,
      });
    }
    if (values.length !== 2 && values.length !== 4 && values.length !== 6) {
      throw new FormatError('column_count', 'C, S and no, two or four standard deviations expected', place);
    }
    [this.#c[index], this.#s[index]] = values;
    const size = this.#c.length;
    for (let k = 2; k < values.length; k++) {
      this.#sigma[k - 2] ??= new Float64Array(size);
      this.#sigma[k - 2][index] = values[k];
    }
  }

  #addTerm(terms: GfcTerm[], term: GfcTerm, place: { file: string; line: number }): void {
    if (this.#header.version2) {
      terms.push(term);
      return;
    }
    // format 1: only gfct carries the reference epoch, for all records of its coefficient
    if (term.kind === 'offset') {
      if (terms.some((t) => t.kind === 'offset')) {
        throw new FormatError('duplicate', 'gfct comes twice for a coefficient (format 1)', place);
      }
      for (let i = 0; i < terms.length; i++) terms[i] = { ...terms[i], referenceMjd: term.referenceMjd };
      terms.push(term);
    } else {
      const reference = terms.find((t) => t.kind === 'offset')?.referenceMjd ?? Number.NaN;
      terms.push({ ...term, referenceMjd: reference });
    }
  }

  finish(): GfcModel {
    const { values, gm, radius, tideSystem, errors, version2, comment } = this.#header;
    const notes: string[] = [];
    if (!this.#seen[0] && !this.#terms.has(0)) {
      this.#c[0] = 1;
      notes.push('no coefficient (0,0) in the file: C00 = 1 assumed');
    }
    for (const [index, { degree, order, terms }] of this.#terms) {
      if (this.#seen[index]) continue;
      if (!terms.some((t) => t.kind === 'offset')) {
        throw new FormatError(
          'missing_field',
          `trend or period of (${degree},${order}) without gfct or gfc`,
          {
            file: this.#file,
          },
        );
      }
    }
    for (const [index, { degree, order, terms }] of this.#terms) {
      if (this.#seen[index] && terms.some((t) => t.kind === 'offset')) {
        throw new FormatError('duplicate', `(${degree},${order}) has gfc and gfct records`, {
          file: this.#file,
        });
      }
      if (terms.some((t) => Number.isNaN(t.referenceMjd))) {
        throw new FormatError('missing_field', `no reference epoch for (${degree},${order})`, {
          file: this.#file,
        });
      }
    }
    const name = values.modelname ?? values.product_name ?? 'unknown';
    const constant: Geopotential = {
      name,
      gm,
      radius,
      maxDegree: this.#maxDegree,
      tideSystem,
      c: this.#c,
      s: this.#s,
      ...(this.#sigma[0] && { sigmaC: this.#sigma[0], sigmaS: this.#sigma[1] }),
    };
    return {
      name,
      productType: values.product_type ?? 'gravity_field',
      format: version2 ? 'icgem2.0' : 'icgem1.0',
      errors,
      comment,
      header: values,
      constant,
      ...(this.#sigma[2] && { formalSigmaC: this.#sigma[2], formalSigmaS: this.#sigma[3] }),
      timeVariable: [...this.#terms.values()],
      notes,
    };
  }
}
