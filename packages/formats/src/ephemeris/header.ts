import { viewOf } from '../bytes/byte-reader.js';
import { latin1 } from '../bytes/line-buffer.js';
import { FormatError } from '../errors.js';
import type { EphemerisHeader, EphemerisLayout, EphemerisSeries } from './types.js';

/** Places of the header record (JPL, ascii2eph/testeph: title, names, dates, pointers). */
const NAMES = 252;
const DATES = 2652;
const CONSTANT_COUNT = 2676;
const AU = 2680;
const POINTERS = 2696;
const DENUM = 2840;
const LIBRATION_POINTER = 2844;
/** Constants beyond 400 have their names here, then the two newest pointers. */
export const MORE_NAMES = 2856;
const NAME_LENGTH = 6;

const BODIES = [
  'mercury',
  'venus',
  'earthMoonBarycentre',
  'mars',
  'jupiter',
  'saturn',
  'uranus',
  'neptune',
  'pluto',
  'geocentricMoon',
  'sun',
] as const;

/** Bytes that have to be read before `parseEphemerisHeader` can be called. */
export function headerLength(start: Uint8Array, file: string): number {
  const view = viewOf(start);
  const count = view.getInt32(CONSTANT_COUNT, isLittleEndian(view, file));
  if (!(count > 0 && count < 10_000)) {
    const text = `${count} constants`;
    throw new FormatError('bad_header', text, { file, byteOffset: CONSTANT_COUNT, field: 'NCON' });
  }
  return MORE_NAMES + Math.max(0, count - 400) * NAME_LENGTH + 24;
}

function isLittleEndian(view: DataView, file: string): boolean {
  const little = view.getInt32(DENUM, true);
  const big = view.getInt32(DENUM, false);
  if (little > 0 && little < 100_000) return true;
  if (big > 0 && big < 100_000) return false;
  throw new FormatError('unknown_format', 'no binary JPL ephemeris: no ephemeris number in its place', {
    file,
    byteOffset: DENUM,
    field: 'DENUM',
  });
}

/**
 * The first record of a binary DE file.
 *
 * @throws FormatError `unknown_format`, `bad_header` with offset and field
 */
export function parseEphemerisHeader(bytes: Uint8Array, file: string): EphemerisHeader {
  const view = viewOf(bytes);
  const little = isLittleEndian(view, file);
  const titles = [0, 84, 168].map((at) =>
    latin1(bytes, at, at + 84)
      .replaceAll('\0', ' ')
      .trim(),
  );
  const [start, end, days] = [0, 8, 16].map((at) => view.getFloat64(DATES + at, little));
  if (!(days > 0 && days <= 1024 && end > start)) {
    throw new FormatError('bad_header', `dates ${start} to ${end}, ${days} days a record`, {
      file,
      byteOffset: DATES,
      field: 'SS',
    });
  }
  const count = view.getInt32(CONSTANT_COUNT, little);
  const constantNames: string[] = [];
  for (let i = 0; i < count; i++) {
    const at = i < 400 ? NAMES + i * NAME_LENGTH : MORE_NAMES + (i - 400) * NAME_LENGTH;
    constantNames.push(latin1(bytes, at, at + NAME_LENGTH).trim());
  }
  const { layout, recordLength } = readLayout(
    view,
    little,
    file,
    MORE_NAMES + Math.max(0, count - 400) * NAME_LENGTH,
  );
  const denum = view.getInt32(DENUM, little);
  const au = view.getFloat64(AU, little);
  const ratio = view.getFloat64(AU + 8, little);
  // 1 au = 149 597 870.7 km, Moon 1/81.3 of the Earth: other values mean that this is no such header
  if (!(au > 1.4e8 && au < 1.6e8 && ratio > 80 && ratio < 83)) {
    throw new FormatError('bad_header', `astronomical unit ${au} km, mass ratio ${ratio}`, {
      file,
      byteOffset: AU,
      field: 'AU, EMRAT',
    });
  }
  return {
    title: titles
      .filter((t) => t !== '')
      .join('; ')
      .replace(/\s+/g, ' '),
    denum,
    littleEndian: little,
    headerStartJd: start,
    headerEndJd: end,
    recordDays: days,
    astronomicalUnit: au * 1000,
    earthMoonMassRatio: ratio,
    constantNames,
    layout,
    recordLength,
  };
}

function readLayout(view: DataView, little: boolean, file: string, newest: number) {
  let next = 3; // 1-based: the two dates of the record come first
  const pointer = (at: number, components: number): EphemerisSeries | undefined => {
    const [first, coefficients, granules] = [0, 4, 8].map((k) => view.getInt32(at + k, little));
    if (coefficients === 0 || granules === 0) return undefined;
    if (first !== next || !(coefficients > 0 && coefficients < 64 && granules > 0 && granules <= 64))
      return undefined;
    next = first + coefficients * granules * components;
    return { first: first - 1, coefficients, granules, components };
  };
  const layout: Record<string, EphemerisSeries | undefined> = {};
  BODIES.forEach((body, i) => {
    layout[body] = pointer(POINTERS + 12 * i, 3);
    if (!layout[body]) {
      throw new FormatError('bad_header', `no series of coefficients that begins at ${next}`, {
        file,
        byteOffset: POINTERS + 12 * i,
        field: `IPT ${body}`,
      });
    }
  });
  layout.nutations = pointer(POINTERS + 12 * BODIES.length, 2);
  layout.librations = pointer(LIBRATION_POINTER, 3);
  // Files older than DE430 hold anything here: a pointer counts only when it continues the record.
  layout.lunarAngularVelocity = pointer(newest, 3);
  layout.ttMinusTdb = pointer(newest + 12, 1);
  return { layout: layout as unknown as EphemerisLayout, recordLength: next - 1 };
}
