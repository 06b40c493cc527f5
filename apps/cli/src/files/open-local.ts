import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { UsageError } from '../output.js';

/** A file on this machine, where the server would open an upload. @throws UsageError when there is none */
export async function openLocalFile(name: string): Promise<AsyncIterable<Uint8Array>> {
  const info = await stat(name).catch(() => undefined);
  if (!info?.isFile()) throw new UsageError(`${name}: no such file`);
  return createReadStream(name);
}
