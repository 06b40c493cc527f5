import type { Readable } from 'node:stream';
import { GetObjectCommand, type GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { ObjectStoreError } from '../errors.js';
import type { S3Connection } from './connection.js';
import { failureOf, isConditionFailure, portError } from './failures.js';
import { sha256Of } from './look.js';
import { type Patience, persist } from './patience.js';
import { ResumedObject } from './resumed-object.js';

export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

export interface Download {
  readonly bucketName: string;
  readonly key: string;
  /** For messages, as the caller names it. */
  readonly name: string;
  readonly range?: ByteRange;
  /** Only this version of the content. */
  readonly etag?: string;
}

/** Opens an object; the stream goes on by itself after a broken connection, and fails when its SHA-256 is wrong. */
export async function openDownload(
  connection: S3Connection,
  download: Download,
  patience: Patience,
): Promise<Readable> {
  const { range, name } = download;
  if (
    range &&
    !(Number.isInteger(range.start) && range.start >= 0 && range.start <= (range.end ?? Infinity))
  ) {
    throw rangeError(name, range);
  }
  const first = await request(connection, download, range, download.etag, patience);
  const start = range?.start ?? 0;
  // The end too: a store may give more than was asked for.
  const last = Math.min(start + (first.ContentLength ?? 0) - 1, range?.end ?? Infinity);
  return new ResumedObject(first.Body as Readable, {
    name,
    start,
    last,
    ...(range === undefined && { sha256: sha256Of(first) }),
    reopen: async (from, to) => {
      const next = await request(connection, download, { start: from, end: to }, first.ETag, patience);
      return next.Body as Readable;
    },
  });
}

async function request(
  { client, settings }: S3Connection,
  { bucketName, key, name }: Download,
  range: ByteRange | undefined,
  etag: string | undefined,
  patience: Patience,
): Promise<GetObjectCommandOutput> {
  const input = {
    Bucket: bucketName,
    Key: key,
    Range: range && `bytes=${range.start}-${range.end ?? ''}`,
    IfMatch: etag,
  };
  try {
    const answer = await persist(patience, () => client.send(new GetObjectCommand(input)));
    // Not every store heeds If-Match, nor Range.
    const otherContent = etag !== undefined && answer.ETag !== etag;
    const otherRange = range !== undefined && !answer.ContentRange?.startsWith(`bytes ${range.start}-`);
    if (!otherContent && !otherRange) return answer;
    (answer.Body as Readable).destroy();
    if (otherContent) throw changed(name);
    throw range !== undefined && range.start >= (answer.ContentLength ?? 0)
      ? rangeError(name, range)
      : new Error(`The object store at ${settings.endpoint} does not give ranges of objects`);
  } catch (error) {
    if (
      range !== undefined &&
      (failureOf(error).status === 416 || failureOf(error).name === 'InvalidRange')
    ) {
      throw rangeError(name, range);
    }
    if (isConditionFailure(error)) throw changed(name);
    throw portError(error, settings.endpoint, bucketName, key);
  }
}

function rangeError(name: string, { start, end }: ByteRange): ObjectStoreError {
  return new ObjectStoreError('range_not_satisfiable', `${name} has no range ${start}-${end ?? ''}`);
}

function changed(name: string): ObjectStoreError {
  return new ObjectStoreError('changed', `${name} was replaced while it was read`);
}
