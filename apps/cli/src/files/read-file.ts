import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { openArchive, readAllBytes } from '@gravity/formats';
import { UsageError } from '../output.js';

export interface FileMember {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The file's content; gzip and tar are opened. @throws UsageError when there is no such file */
export async function readMembers(path: string): Promise<FileMember[]> {
  const info = await stat(path).catch(() => undefined);
  if (!info) throw new UsageError(`${path}: no such file`);
  if (!info.isFile()) throw new UsageError(`${path}: not a file`);
  const members: FileMember[] = [];
  for await (const member of openArchive(createReadStream(path), { file: basename(path) })) {
    const bytes = await readAllBytes(member.stream, member.name);
    if (headText(bytes, 4) === 'PK\u0003\u0004')
      throw new UsageError(`${path}: a ZIP archive; unpack it first (gzip and tar are opened)`);
    members.push({ name: member.name, bytes });
  }
  return members;
}

/** As `readMembers` for a file that holds one. */
export async function readSingle(path: string): Promise<FileMember> {
  const members = await readMembers(path);
  if (members.length === 1) return members[0];
  throw new UsageError(`${path}: one file expected, the archive holds ${members.length}`);
}

/** Text of the beginning, to tell formats apart. */
export function headText(bytes: Uint8Array, length = 8192): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(length, bytes.length)).toString('latin1');
}
