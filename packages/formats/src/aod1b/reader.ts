import { gpsSecondsFromMjdUtc, type MjdUtc } from '@gravity/geodesy';
import { uncompressed } from '../archive/open.js';
import type { ByteSource } from '../bytes/byte-source.js';
import { LineBuffer } from '../bytes/line-buffer.js';
import { FormatError, quoteForMessage } from '../errors.js';
import { mjdOfDate } from '../gfc/date.js';
import { readAod1bHeader } from './header.js';
import { nextTitle, readCoefficients, type SetTitle } from './set.js';
import type { Aod1bFile, Aod1bHeader, Aod1bSet, Aod1bTide, Aod1bType } from './types.js';

export interface Aod1bOptions {
  readonly file: string;
  /** Types wanted, all by default; the others are passed over without being parsed. */
  readonly types?: readonly Aod1bType[];
  readonly maxDegree?: number;
}

const TYPES: ReadonlySet<string> = new Set(['atm', 'ocn', 'glo', 'oba']);

/**
 * Opens a daily AOD1B file (ASCII, release 04 to 07), plain or gzipped; the sets come from the stream one by one.
 *
 * Epochs: the header counts seconds past the GPS epoch and says "TIME EPOCH (GPS TIME)"; its pairs of seconds and
 * calendar time differ by no leap seconds, so the calendar times of the sets are GPS time. Should a file's first
 * pair differ by the leap seconds of its day, its calendar times are taken for UTC (`header.timeScale` tells).
 *
 * @throws FormatError for the header here, for the sets while they are read
 */
export async function openAod1b(source: ByteSource, options: Aod1bOptions): Promise<Aod1bFile> {
  const { file } = options;
  const buffer = new LineBuffer(uncompressed(source, { file }), file);
  try {
    const header = await readAod1bHeader(buffer, file);
    return { header, sets: readSets(buffer, header, options) };
  } catch (error) {
    await buffer.close();
    throw error;
  }
}

async function* readSets(
  buffer: LineBuffer,
  header: Aod1bHeader,
  options: Aod1bOptions,
): AsyncGenerator<Aod1bSet, void, undefined> {
  const { file } = options;
  const wanted: ReadonlySet<string> = new Set(options.types ?? TYPES);
  const maxDegree = Math.min(header.maxDegree, options.maxDegree ?? header.maxDegree);
  let found = 0;
  try {
    for (;;) {
      const title = await nextTitle(buffer, file);
      if (!title) break;
      found++;
      if (!TYPES.has(title.type)) {
        throw new FormatError('unknown_value', `type ${quoteForMessage(title.type)}`, {
          file,
          line: title.line,
        });
      }
      const gpsSeconds = epochOf(title, header, file);
      const keep = wanted.has(title.type) ? maxDegree : -1;
      const { c, s } = await readCoefficients(buffer, file, title, header.maxDegree, keep);
      if (keep < 0) continue;
      yield { number: title.number, type: title.type as Aod1bType, gpsSeconds, maxDegree, c, s };
    }
    if (header.setCount !== undefined && found !== header.setCount) {
      throw new FormatError('truncated', `${found} data sets, the header promises ${header.setCount}`, {
        file,
        line: buffer.line,
        field: 'NUMBER OF DATA SETS',
      });
    }
  } finally {
    await buffer.close();
  }
}

function epochOf(title: SetTitle, header: Aod1bHeader, file: string): number {
  const match = /^(\d{4})-(\d{2})-(\d{2})\s+(\d{2}):(\d{2}):(\d{2})$/.exec(title.epoch ?? '');
  const [year, month, day, hour, minute, second] = match ? match.slice(1).map(Number) : [];
  const mjd = match ? mjdOfDate(year, month, day) : Number.NaN;
  if (Number.isNaN(mjd) || hour > 24 || minute > 59 || second > 59) {
    throw new FormatError('bad_time', `no epoch: ${quoteForMessage(title.epoch ?? '')}`, {
      file,
      line: title.line,
    });
  }
  const midnight =
    header.timeScale === 'utc' ? gpsSecondsFromMjdUtc(mjd as MjdUtc) : (mjd - 51544.5) * 86_400;
  return midnight + hour * 3600 + minute * 60 + second;
}

/**
 * Reads a file of atmospheric tides of AOD1B (`AOD1B_ATM_S2_06.asc`), plain or gzipped: two sets, of type cos and
 * sin, that multiply the cosine and the sine of the tidal argument.
 *
 * @throws FormatError `missing_field` without the name of the tide or one of the sets, else as `openAod1b`
 */
export async function readAod1bTide(
  source: ByteSource,
  options: { readonly file: string; readonly maxDegree?: number },
): Promise<Aod1bTide> {
  const { file } = options;
  const buffer = new LineBuffer(uncompressed(source, { file }), file);
  try {
    const header = await readAod1bHeader(buffer, file);
    const key = Object.keys(header.entries).find((k) => /^PARTIAL TIDE/.test(k));
    const wave = (key && header.entries[key]) || /AOD1B_(?:ATM|OCN)_(\w+?)_\d{2}/.exec(file)?.[1];
    if (!wave) throw new FormatError('missing_field', 'no name of the tide', { file, field: 'PARTIAL TIDE' });
    const maxDegree = Math.min(header.maxDegree, options.maxDegree ?? header.maxDegree);
    const sets = new Map<string, Aod1bTide['cosine']>();
    for (;;) {
      const title = await nextTitle(buffer, file);
      if (!title) break;
      if (title.type !== 'cos' && title.type !== 'sin') {
        const text = `type ${quoteForMessage(title.type)}, cos or sin expected`;
        throw new FormatError('unknown_value', text, { file, line: title.line });
      }
      if (sets.has(title.type)) {
        throw new FormatError('duplicate', `a second set of type ${title.type}`, { file, line: title.line });
      }
      sets.set(title.type, await readCoefficients(buffer, file, title, header.maxDegree, maxDegree));
    }
    const [cosine, sine] = [sets.get('cos'), sets.get('sin')];
    if (!cosine || !sine) {
      throw new FormatError('missing_field', `no set of type ${cosine ? 'sin' : 'cos'}`, { file });
    }
    return { header, wave, maxDegree, cosine, sine };
  } finally {
    await buffer.close();
  }
}
