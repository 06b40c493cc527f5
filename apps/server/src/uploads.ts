import { createHash, randomBytes } from 'node:crypto';
import type { ObjectStore, StoredObject } from './storage/object-store.js';

/** Where an uploaded file lies in the `temp` bucket: one object under this prefix. */
export function uploadPrefix(uploadId: string): string {
  return `uploads/${uploadId}/`;
}

function ownerMark(userId: string, random: string): string {
  return createHash('sha256').update(`${userId}:${random}`).digest('hex').slice(0, 24);
}

/**
 * A new upload id: 128 random bits and a mark that ties them to the owner. The mark needs no secret: another mark
 * is another id, under which nothing lies.
 */
export function createUploadId(userId: string): string {
  const random = randomBytes(16).toString('hex');
  return `${random}-${ownerMark(userId, random)}`;
}

/** Whether the id was given to this user. */
export function ownsUpload(userId: string, uploadId: string): boolean {
  const [, random, mark] = /^([0-9a-f]{32})-([0-9a-f]{24})$/.exec(uploadId) ?? [];
  return random !== undefined && mark === ownerMark(userId, random);
}

/** The uploaded file of this user; undefined when there is none (any more) or it is another's. */
export async function findUpload(
  objects: ObjectStore,
  userId: string,
  uploadId: string,
): Promise<StoredObject | undefined> {
  if (!ownsUpload(userId, uploadId)) return undefined;
  for await (const object of objects.list('temp', uploadPrefix(uploadId))) return object;
  return undefined;
}
