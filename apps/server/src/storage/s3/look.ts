import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { contentTypeOf } from '../content-type.js';
import type { Bucket, ListedObject, StoredObject } from '../object-store.js';
import { encryptionOf, type S3Connection } from './connection.js';
import { isAbsent } from './failures.js';
import { type Patience, persist } from './patience.js';

/** What the store says about an object. */
export interface Look {
  readonly bytes: number;
  readonly etag: string | undefined;
  readonly contentType: string;
  readonly lastModified: Date;
  /** Undefined for an object that others have put there. */
  readonly sha256: string | undefined;
}

/** Hashes of objects of others, found once: kept in `temp`, under names no caller can use. */
export const HASHES = '.checksums/';

const HEX_SHA256 = /^[0-9a-f]{64}$/;
const BASE64_SHA256 = /^[A-Za-z0-9+/]{43}=$/;
const UNKNOWN_TYPES = new Set(['', 'binary/octet-stream', 'application/octet-stream']);
const MAX_REMEMBERED = 10_000;

/** SHA-256 from our metadata, or from the checksum the store itself keeps of the whole object. */
export function sha256Of(answer: {
  readonly Metadata?: Record<string, string>;
  readonly ChecksumSHA256?: string;
}): string | undefined {
  const ours = answer.Metadata?.sha256?.toLowerCase();
  if (ours !== undefined && HEX_SHA256.test(ours)) return ours;
  // "…=-3" would be the checksum of the checksums of three parts.
  const theirs = answer.ChecksumSHA256;
  if (theirs === undefined || !BASE64_SHA256.test(theirs)) return undefined;
  return Buffer.from(theirs, 'base64').toString('hex');
}

export async function lookAt(
  { client }: S3Connection,
  bucketName: string,
  key: string,
  patience: Patience,
): Promise<Look | undefined> {
  try {
    const answer = await persist(patience, () =>
      client.send(new HeadObjectCommand({ Bucket: bucketName, Key: key, ChecksumMode: 'ENABLED' })),
    );
    const type = answer.ContentType ?? '';
    const isOurs = answer.Metadata?.sha256 !== undefined;
    return {
      bytes: answer.ContentLength ?? 0,
      etag: answer.ETag,
      contentType: UNKNOWN_TYPES.has(type) && !isOurs ? contentTypeOf(key) : type,
      lastModified: answer.LastModified ?? new Date(0),
      sha256: sha256Of(answer),
    };
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Objects under a prefix as pages of up to 1000, in the order of the keys. */
export async function* listPages(
  { client }: S3Connection,
  bucketName: string,
  prefix: string,
  patience: Patience,
): AsyncGenerator<readonly ListedObject[], void, undefined> {
  let token: string | undefined;
  do {
    const page = await persist(patience, () =>
      client.send(new ListObjectsV2Command({ Bucket: bucketName, Prefix: prefix, ContinuationToken: token })),
    );
    yield (page.Contents ?? []).map(({ Key, Size, LastModified }) => ({
      key: Key ?? '',
      bytes: Size ?? 0,
      lastModified: LastModified ?? new Date(0),
    }));
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

/** Completes a look with the SHA-256, read from the content where nobody has kept it. */
export class HashBook {
  constructor(
    private readonly connection: S3Connection,
    private readonly open: (bucket: Bucket, key: string, look: Look) => Promise<Readable>,
  ) {}

  async complete(bucket: Bucket, key: string, look: Look, patience: Patience): Promise<StoredObject> {
    const { bytes, contentType, lastModified } = look;
    const sha256 = look.sha256 ?? (await this.find(bucket, key, look, patience));
    return { bucket, key, bytes, sha256, contentType, lastModified };
  }

  private async find(bucket: Bucket, key: string, look: Look, patience: Patience): Promise<string> {
    // The time of the change is in it: some stores give equal ETags to different contents of one length.
    const version = [bucket, key, look.etag, look.bytes, look.lastModified.getTime()].join('\n');
    const id = createHash('sha256').update(version).digest('hex');
    const known = this.connection.hashes.get(id) ?? (await this.read(id, patience));
    if (known !== undefined) {
      this.remember(id, known);
      return known;
    }
    const hash = createHash('sha256');
    for await (const chunk of await this.open(bucket, key, look)) hash.update(chunk as Buffer);
    const sha256 = hash.digest('hex');
    this.remember(id, sha256);
    // A store that may only be read has to be asked again by the next process.
    await this.write(id, sha256, patience).catch(() => undefined);
    return sha256;
  }

  private remember(id: string, sha256: string): void {
    const { hashes } = this.connection;
    if (hashes.size >= MAX_REMEMBERED) hashes.clear();
    hashes.set(id, sha256);
  }

  private place(id: string) {
    return { Bucket: this.connection.bucketName('temp'), Key: HASHES + id };
  }

  private async read(id: string, patience: Patience): Promise<string | undefined> {
    try {
      const text = await persist(patience, async () => {
        const { Body } = await this.connection.client.send(new GetObjectCommand(this.place(id)));
        return await Body?.transformToString();
      });
      return text !== undefined && HEX_SHA256.test(text) ? text : undefined;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  private async write(id: string, sha256: string, patience: Patience): Promise<void> {
    const input = { ...this.place(id), Body: sha256, ContentType: 'text/plain' };
    await persist(patience, () =>
      this.connection.client.send(
        new PutObjectCommand({ ...input, ...encryptionOf(this.connection.settings) }),
      ),
    );
  }
}
