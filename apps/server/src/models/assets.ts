import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';

/** `apps/server/assets`, seen from `dist/models`. */
const FOLDER = new URL('../../assets/', import.meta.url);

export interface Asset {
  /** Uncompressed. */
  readonly bytes: Uint8Array;
  /** Of the uncompressed bytes, so that packing does not change it. */
  readonly sha256: string;
}

/** Reads a gzipped file that ships with the server. */
export async function readAsset(file: string): Promise<Asset> {
  const bytes = gunzipSync(await readFile(new URL(file, FOLDER)));
  return { bytes, sha256: sha256(bytes) };
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
