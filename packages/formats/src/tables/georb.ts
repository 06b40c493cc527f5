import type { ByteSource } from '../bytes/byte-source.js';
import { LineBuffer } from '../bytes/line-buffer.js';
import { FormatError, quoteForMessage } from '../errors.js';
import { readEpochTable } from './reader.js';
import type { OrbitTable, TableFrame, TableTimeScale } from './types.js';

const SCALES: Readonly<Record<string, TableTimeScale>> = {
  'terrestrial time': 'TT',
  'gps time': 'GPS',
  gps: 'GPS',
  tt: 'TT',
  utc: 'UTC',
};

/**
 * Orbit file of the program GEORB: `key : value` header to `end_of_header`, then MJD, seconds of day, position
 * (m), velocity (m/s). Decompress `.gz` before.
 *
 * @throws FormatError as `readEpochTable`, and for a header without frame or time scale
 */
export async function readGeorbOrbit(
  source: ByteSource,
  options: { readonly file: string },
): Promise<OrbitTable> {
  const { file } = options;
  const buffer = new LineBuffer(source, file);
  const metadata: Record<string, string> = Object.create(null);
  for (;;) {
    const line = await buffer.nextLine();
    if (line === undefined || buffer.line > 1000) {
      await buffer.close();
      throw new FormatError(
        buffer.line === 1 ? 'empty_file' : 'header_without_end',
        'no end_of_header found',
        {
          file,
          line: Math.max(1, buffer.line - 1),
        },
      );
    }
    if (line.trim() === 'end_of_header') break;
    const colon = line.indexOf(':');
    if (colon > 0) metadata[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
  }
  const headerLines = buffer.line - 1;
  const frame = frameOf(metadata['reference frame'], file);
  const scale = (metadata['time scale'] ?? '').toLowerCase();
  const timeScale = Object.hasOwn(SCALES, scale) ? SCALES[scale] : undefined;
  if (!timeScale) {
    await buffer.close();
    throw new FormatError('unknown_value', `time scale ${quoteForMessage(scale)}`, {
      file,
      field: 'Time scale',
    });
  }
  const table = await readEpochTable(remaining(buffer, headerLines), {
    file,
    kind: 'orbit',
    epochFormat: 'mjd+seconds',
    timeScale,
    frame,
    satellite: metadata['orbiting object/satellite'],
  });
  if (table.kind !== 'orbit') throw new FormatError('unknown_format', 'no orbit', { file });
  return { ...table, metadata };
}

function frameOf(name: string | undefined, file: string): TableFrame {
  if (name && /^(ICRF|GCRF|GCRS)$/i.test(name)) return 'inertial';
  if (name && /^ITR[FS]$/i.test(name)) return 'terrestrial';
  throw new FormatError('unknown_frame', `reference frame ${quoteForMessage(name ?? '')}`, {
    file,
    field: 'Reference Frame',
  });
}

/** The bytes after the header; empty lines stand for it, so that line numbers stay those of the file. */
async function* remaining(buffer: LineBuffer, headerLines: number): AsyncGenerator<Uint8Array> {
  try {
    yield Buffer.alloc(headerLines, '\n');
    do {
      if (buffer.position < buffer.bytes.length) yield buffer.bytes.subarray(buffer.position);
      buffer.position = buffer.bytes.length;
    } while (await buffer.fill());
  } finally {
    await buffer.close();
  }
}
