import { createReadStream, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { FormatError, openArchive, openLevel1b, readAllBytes } from '@gravity/formats';
import { expect } from 'vitest';

const FIXTURES = new URL('./fixtures/', import.meta.url);

export const ARCHIVES = [
  'gracefo_1A_2023-06-01_RL04.ascii.LRI.tgz',
  'gracefo_1A_2023-06-01_RL04.ascii.noLRI.tgz',
  'gracefo_1B_2023-06-01_RL04.ascii.LRI.tgz',
  'gracefo_1B_2023-06-01_RL04.ascii.noLRI.tgz',
];

export function fixture(path: string): Buffer {
  const bytes = readFileSync(new URL(path, FIXTURES));
  return path.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

export function fixtureStream(path: string) {
  return createReadStream(new URL(path, FIXTURES));
}

/** Members of all four daily archives: name → bytes. */
export async function archiveMembers(): Promise<Map<string, Uint8Array>> {
  const members = new Map<string, Uint8Array>();
  for (const file of ARCHIVES) {
    for await (const { name, stream } of openArchive(fixtureStream(`level1/${file}`), { file })) {
      members.set(name, await readAllBytes(stream, name));
    }
  }
  return members;
}

/** Reads a file to its end; the FormatError it ends with. */
export async function errorOf(work: () => Promise<unknown>): Promise<FormatError> {
  try {
    await work();
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return error as FormatError;
  }
  throw new Error('no error');
}

export async function drain(bytes: Uint8Array, file: string): Promise<number> {
  const { batches } = await openLevel1b([bytes], { file });
  let count = 0;
  for await (const batch of batches) count += batch.count;
  return count;
}

/** Bytes in chunks of the given length, to move the borders of lines about. */
export function* chunked(bytes: Uint8Array, length: number): Generator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += length) yield bytes.subarray(i, i + length);
}

/** Equal arrays of doubles, bit for bit (comparing them element by element through expect takes seconds). */
export function sameDoubles(a: Float64Array | undefined, b: Float64Array | undefined): boolean {
  if (!a || !b) return false;
  const bytes = (x: Float64Array) => Buffer.from(x.buffer, x.byteOffset, x.byteLength);
  return bytes(a).equals(bytes(b));
}

export function meanAndDeviation(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const square = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(square) };
}
