import { uncompressed } from '../archive/open.js';
import type { ByteSource } from '../bytes/byte-source.js';
import { LineBuffer } from '../bytes/line-buffer.js';
import { parseDecimal } from '../bytes/parse-number.js';
import { FormatError, quoteForMessage } from '../errors.js';
import { packedSize } from '../normals/packed.js';
import { parseParameterLine, parseSinexHeader } from './lines.js';
import { packedTaker, readMatrixLines, type SinexElements } from './matrix.js';
import type { SinexHeader, SinexNormals, SinexParameter, SinexStatistics } from './types.js';

export interface SinexOptions {
  readonly file: string;
  /**
   * What to do with the matrix: hold its packed triangle (default), leave it out, or hand every element of the file
   * to a function (0-based row and column, of the triangle the file holds).
   */
  readonly matrix?: 'packed' | 'skip' | SinexElements;
  /** Limit of parameters, 50 000 by default. */
  readonly maxParameters?: number;
}

interface Vector {
  readonly values: number[];
  readonly sigmas: number[];
}

const MATRIX = /^SOLUTION\/(?:NORMAL_EQUATION_MATRIX|DECOMPOSED_NORMAL_MATRIX) ([UL])/;

/**
 * Reads normal equations of a SINEX file, plain or gzipped. Blocks this reader does not know are passed over.
 *
 * Whether estimates are totals or corrections to the a-priori values is not told by the format, and both occur in
 * published files: N·x = b gives the estimate itself in either case.
 *
 * @throws FormatError with line: `unknown_format`, `truncated` (no %ENDSNX or block without end), `not_a_number`,
 *   `out_of_range`, `duplicate`, `unknown_value` (lists of parameters that differ between blocks)
 */
export async function readSinex(source: ByteSource, options: SinexOptions): Promise<SinexNormals> {
  const { file, matrix: wanted = 'packed', maxParameters = 50_000 } = options;
  const buffer = new LineBuffer(uncompressed(source, { file }), file);
  try {
    const first = await buffer.nextLine();
    if (first === undefined) throw new FormatError('empty_file', 'the file is empty', { file });
    const header = parseSinexHeader(first, { file, line: 1 });
    const collector = new Collector(file, header, maxParameters);
    let matrix: Float64Array | undefined;
    for (;;) {
      const at = buffer.line;
      const line = await buffer.nextLine();
      if (line === undefined) {
        throw new FormatError('truncated', 'the file ends before %ENDSNX', { file, line: at });
      }
      if (line.startsWith('%ENDSNX')) break;
      if (!line.startsWith('+')) {
        if (line.trim() === '' || line[0] === '*') continue;
        throw new FormatError('unknown_value', `no block: ${quoteForMessage(line)}`, { file, line: at });
      }
      const block = line.slice(1).trim();
      if (MATRIX.test(block) && wanted !== 'skip') {
        const n = collector.count;
        if (typeof wanted === 'function') await readMatrixLines(buffer, file, n, wanted);
        else {
          matrix = new Float64Array(packedSize(n));
          await readMatrixLines(buffer, file, n, packedTaker(n, matrix));
        }
      }
      await collector.readBlock(buffer, block, at);
    }
    if (matrix && matrix.length !== packedSize(collector.count)) {
      const text = `a matrix of ${header.parameterCount} parameters, but ${collector.count} are listed`;
      throw new FormatError('out_of_range', text, { file });
    }
    return { ...collector.result(), ...(matrix && { matrix }) };
  } finally {
    await buffer.close();
  }
}

/** What the blocks gave so far. */
class Collector {
  readonly #file: string;
  readonly #header: SinexHeader;
  readonly #maxParameters: number;
  readonly #parameters: SinexParameter[] = [];
  readonly #vectors = new Map<string, Vector>();
  readonly #reference: Record<string, string> = {};
  readonly #comments: string[] = [];
  readonly #entries: Record<string, number> = {};

  constructor(file: string, header: SinexHeader, maxParameters: number) {
    this.#file = file;
    this.#header = header;
    this.#maxParameters = maxParameters;
    if (header.parameterCount > maxParameters) this.#tooMany(header.parameterCount, 1);
  }

  /** Number of parameters known so far. */
  get count(): number {
    return this.#parameters.length > 0 ? this.#parameters.length : this.#header.parameterCount;
  }

  #tooMany(n: number, line: number): never {
    const text = `${n} parameters, at most ${this.#maxParameters} are taken`;
    throw new FormatError('too_large', text, { file: this.#file, line });
  }

  async readBlock(buffer: LineBuffer, block: string, start: number): Promise<void> {
    const file = this.#file;
    const isVector =
      block === 'SOLUTION/ESTIMATE' ||
      block === 'SOLUTION/APRIORI' ||
      /^SOLUTION\/(NORMAL_EQUATION|DECOMPOSED_NORMAL)_VECTOR$/.test(block);
    const vector: Vector = { values: [], sigmas: [] };
    for (;;) {
      const line = buffer.line;
      const text = await buffer.nextLine();
      if (text === undefined || text.startsWith('%') || text.startsWith('+')) {
        throw new FormatError('truncated', `the block ${block} of line ${start} has no end`, { file, line });
      }
      if (text.startsWith('-')) {
        if (text.slice(1).trim().split(' ')[0] === block.split(' ')[0]) break;
        throw new FormatError('unknown_value', `end of ${block} expected: ${quoteForMessage(text)}`, {
          file,
          line,
        });
      }
      if (text[0] === '*' || text.trim() === '') continue;
      if (block === 'FILE/COMMENT') this.#comments.push(text.trim());
      else if (block === 'FILE/REFERENCE') this.#reference[text.slice(1, 19).trim()] = text.slice(19).trim();
      else if (block === 'SOLUTION/STATISTICS') this.#addStatistic(text, line);
      else if (isVector) this.#addValue(text, block, vector, line);
    }
    if (!isVector) return;
    if (this.#vectors.has(block)) {
      throw new FormatError('duplicate', `the block ${block} comes twice`, { file, line: start });
    }
    if (vector.values.length !== this.#parameters.length) {
      const text = `${vector.values.length} of ${this.#parameters.length} parameters in ${block}`;
      throw new FormatError('column_count', text, { file, line: start });
    }
    this.#vectors.set(block, vector);
  }

  #addStatistic(text: string, line: number): void {
    const value = parseDecimal(text.slice(32).trim());
    const field = text.slice(1, 31).trim();
    if (!Number.isFinite(value)) {
      const complaint = `not a number: ${quoteForMessage(text.slice(32).trim())}`;
      throw new FormatError('not_a_number', complaint, { file: this.#file, line, field });
    }
    this.#entries[field] = value;
  }

  #addValue(text: string, block: string, vector: Vector, line: number): void {
    const place = { file: this.#file, line };
    const { parameter, value, sigma } = parseParameterLine(text, block, place);
    const i = vector.values.length;
    if (parameter.index !== i + 1) {
      const complaint = `index ${parameter.index}, ${i + 1} expected`;
      throw new FormatError('out_of_range', complaint, { ...place, field: block });
    }
    if (this.#vectors.size === 0) {
      if (i >= this.#maxParameters) this.#tooMany(i + 1, line);
      this.#parameters.push(parameter);
    } else {
      const known = this.#parameters[i];
      const same =
        known?.type === parameter.type &&
        known.code === parameter.code &&
        known.solution === parameter.solution;
      if (!same) {
        const complaint = `parameter ${parameter.index} is another one than in the blocks before`;
        throw new FormatError('unknown_value', complaint, { ...place, field: block });
      }
    }
    vector.values.push(value);
    vector.sigmas.push(sigma);
  }

  result(): SinexNormals {
    const array = (name: RegExp, part: keyof Vector) => {
      for (const [block, vector] of this.#vectors) {
        if (name.test(block))
          return vector[part].some((x) => !Number.isNaN(x)) ? Float64Array.from(vector[part]) : undefined;
      }
      return undefined;
    };
    return {
      header: this.#header,
      reference: this.#reference,
      comments: this.#comments,
      statistics: statisticsOf(this.#entries),
      parameters: this.#parameters,
      estimate: array(/ESTIMATE$/, 'values'),
      estimateSigma: array(/ESTIMATE$/, 'sigmas'),
      apriori: array(/APRIORI$/, 'values'),
      aprioriSigma: array(/APRIORI$/, 'sigmas'),
      rightHandSide: array(/VECTOR$/, 'values'),
    };
  }
}

function statisticsOf(entries: Readonly<Record<string, number>>): SinexStatistics {
  return {
    observationCount: entries['NUMBER OF OBSERVATIONS'],
    unknownCount: entries['NUMBER OF UNKNOWNS'],
    degreesOfFreedom: entries['NUMBER OF DEGREES OF FREEDOM'],
    weightedSquareSum: entries['WEIGHTED SQUARE SUM OF O-C'],
    varianceFactor: entries['VARIANCE FACTOR'],
    entries,
  };
}
