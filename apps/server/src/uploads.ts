import { createHash, randomBytes } from 'node:crypto';
import { ObjectStoreError } from './storage/errors.js';
import type { ListedObject, ObjectStore, StoredObject } from './storage/object-store.js';

/** Where an uploaded file lies in the `temp` bucket: one object under this prefix. */
export function uploadPrefix(uploadId: string): string {
  return `uploads/${uploadId}/`;
}

/** The key of an upload. A SHA-256 announced beforehand is a part of it, so that nothing else has to be kept. */
export function uploadKey(uploadId: string, fileName: string, announcedSha256?: string): string {
  return uploadPrefix(uploadId) + (announcedSha256 === undefined ? '' : `${announcedSha256}/`) + fileName;
}

/** The SHA-256 announced for the object with this key. */
export function announcedSha256(key: string): string | undefined {
  return /^uploads\/[^/]+\/([0-9a-f]{64})\/[^/]+$/.exec(key)?.[1];
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

/** Whether the file of this user has arrived; does not look at its content. */
export async function findUploadEntry(
  objects: ObjectStore,
  userId: string,
  uploadId: string,
): Promise<ListedObject | undefined> {
  if (!ownsUpload(userId, uploadId)) return undefined;
  for await (const entry of objects.entries('temp', uploadPrefix(uploadId))) return entry;
  return undefined;
}

/**
 * The uploaded file of this user; undefined when there is none (any more) or it is another's.
 *
 * @throws ObjectStoreError 'checksum_mismatch' when it is not the file that was announced
 */
export async function findUpload(
  objects: ObjectStore,
  userId: string,
  uploadId: string,
): Promise<StoredObject | undefined> {
  const entry = await findUploadEntry(objects, userId, uploadId);
  const object = entry && (await objects.head('temp', entry.key));
  if (object !== undefined) checkAnnouncement(object);
  return object;
}

/** Throws ObjectStoreError 'checksum_mismatch' when the bytes that came are not those announced. */
export function checkAnnouncement({ key, sha256 }: Pick<StoredObject, 'key' | 'sha256'>): void {
  const announced = announcedSha256(key);
  if (announced === undefined || announced === sha256) return;
  throw new ObjectStoreError(
    'checksum_mismatch',
    `the uploaded file has SHA-256 ${sha256}, announced was ${announced}`,
  );
}
