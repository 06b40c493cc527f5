import { binaryLayout, fieldBytes, recordBytes } from './binary-layout.js';
import type { Level1bBatch } from './types.js';

export interface BinaryWriteOptions {
  /** GNV1B, KBR1B, … */
  readonly product: string;
  /** A, B, or X for the pair. */
  readonly satellite: string;
  /** Release, e.g. "02". */
  readonly release?: string;
  /** Further lines of the header, in the order given. */
  readonly header?: Readonly<Record<string, string>>;
}

/**
 * A binary Level-1B file of GRACE: keyword header, then big-endian records.
 *
 * @throws RangeError when a column is missing or an integer does not fit; FormatError `unsupported` for a product
 *   whose record is not known
 */
export function writeLevel1bBinary(table: Level1bBatch, options: BinaryWriteOptions): Uint8Array {
  const { product, satellite, release = '02' } = options;
  const layout = binaryLayout(product, product);
  const size = recordBytes(layout);
  const n = table.count;
  const seconds = (i: number) => `${table.gpsSeconds[i].toFixed(6)}`;
  const entries: Record<string, string> = {
    'PRODUCER AGENCY': 'unknown',
    'FILE TYPE ipxxx1BF': product,
    'FILE FORMAT 0=BINARY 1=ASCII': '0',
    'SATELLITE NAME': `GRACE ${satellite}`,
    'TIME EPOCH (GPS TIME)': '2000-01-01 12:00:00',
    ...(n > 0 && {
      'TIME FIRST OBS(SEC PAST EPOCH)': seconds(0),
      'TIME LAST OBS(SEC PAST EPOCH)': seconds(n - 1),
    }),
    'NUMBER OF DATA RECORDS': String(n),
    'PROCESS LEVEL (1A OR 1B)': '1B',
    'SOFTWARE VERSION': release,
    ...options.header,
  };
  const lines = Object.entries(entries).map(([key, value]) => `${key.padEnd(30)}: ${value}`.padEnd(80));
  const head = Buffer.from([...lines, 'END OF HEADER'.padEnd(80), ''].join('\n'), 'latin1');
  const body = Buffer.alloc(n * size);
  for (let i = 0, at = 0; i < n; i++) {
    for (const { name, kind } of layout) {
      if (kind === 'satellite' || kind === 'frame') body.write(required(table.texts, name)[i], at, 'latin1');
      else if (kind === 'flags') body.writeUInt8(required(table.bits, name)[i], at);
      else {
        const value = required(table.numbers, name)[i];
        if (kind === 'f64') body.writeDoubleBE(value, at);
        else if (kind === 'i32') body.writeInt32BE(value, at);
        else if (kind === 'u16') body.writeUInt16BE(value, at);
        else body.writeInt8(value, at);
      }
      at += fieldBytes(kind);
    }
  }
  return Buffer.concat([head, body]);
}

function required<T>(columns: Readonly<Record<string, T>>, name: string): T {
  const values = columns[name];
  if (values === undefined) throw new RangeError(`no column ${name}`);
  return values;
}
