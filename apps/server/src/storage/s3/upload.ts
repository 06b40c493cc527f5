import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { encryptionOf, type S3Connection } from './connection.js';
import type { Content } from './content.js';
import { failureOf, isUnsupported } from './failures.js';
import { type Patience, persist } from './patience.js';

export interface Target {
  /** As the store knows it, prefix included. */
  readonly bucketName: string;
  readonly key: string;
  readonly contentType: string;
  /** Refuse to replace an object that is there. */
  readonly onlyIfAbsent: boolean;
}

const MEBIBYTE = 1024 * 1024;
/** From here on in parts. */
const MULTIPART_BYTES = 16 * MEBIBYTE;
const PART_BYTES = 8 * MEBIBYTE;
const MAX_PARTS = 10_000;
const PARTS_AT_ONCE = 3;
const MULTIPART_TRIES = 3;
/** Taking back parts is a courtesy to the store, which does it by itself after some days. */
const ABORT_PATIENCE_SECONDS = 10;

/** Puts the content, whole or not at all; the store checks the MD5 of every body. */
export async function uploadContent(
  connection: S3Connection,
  target: Target,
  content: Content,
  patience: Patience,
): Promise<void> {
  const condition = { IfNoneMatch: target.onlyIfAbsent ? '*' : undefined };
  const send = (extra: typeof condition) =>
    content.bytes < MULTIPART_BYTES
      ? uploadWhole(connection, target, content, patience, extra)
      : uploadParts(connection, target, content, patience, extra);
  try {
    await send(condition);
  } catch (error) {
    // The caller has looked whether the object is there; a store without the condition has only that.
    if (!target.onlyIfAbsent || !isUnsupported(error)) throw error;
    await send({ IfNoneMatch: undefined });
  }
}

type Condition = { readonly IfNoneMatch: string | undefined };

function headersOf({ settings }: S3Connection, target: Target, content: Content) {
  return {
    Bucket: target.bucketName,
    Key: target.key,
    ContentType: target.contentType,
    Metadata: { sha256: content.sha256 },
    ...encryptionOf(settings),
  };
}

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('base64');

async function uploadWhole(
  connection: S3Connection,
  target: Target,
  content: Content,
  patience: Patience,
  condition: Condition,
): Promise<void> {
  await connection.bodies.run(content.bytes, async (buffer) => {
    const body = await content.read(0, buffer);
    const input = { ...headersOf(connection, target, content), ...condition };
    await persist(patience, () =>
      connection.client.send(
        new PutObjectCommand({ ...input, Body: body, ContentLength: body.byteLength, ContentMD5: md5(body) }),
      ),
    );
  });
}

async function uploadParts(
  connection: S3Connection,
  target: Target,
  content: Content,
  patience: Patience,
  condition: Condition,
): Promise<void> {
  const place = { Bucket: target.bucketName, Key: target.key };
  for (let round = 1; ; round++) {
    const { UploadId } = await persist(patience, () =>
      connection.client.send(new CreateMultipartUploadCommand(headersOf(connection, target, content))),
    );
    try {
      const parts = await sendParts(connection, { ...place, UploadId }, content, patience);
      await persist(patience, () =>
        connection.client.send(
          new CompleteMultipartUploadCommand({
            ...place,
            UploadId,
            MultipartUpload: { Parts: [...parts] },
            ...condition,
          }),
        ),
      );
      return;
    } catch (error) {
      await persist({ ...patience, seconds: Math.min(ABORT_PATIENCE_SECONDS, patience.seconds) }, () =>
        connection.client.send(new AbortMultipartUploadCommand({ ...place, UploadId })),
      ).catch(() => undefined);
      // The store forgot the upload (restarted, tidied), or completed it and its answer was lost: once more is safe.
      if (failureOf(error).name !== 'NoSuchUpload' || round >= MULTIPART_TRIES) throw error;
    }
  }
}

interface Part {
  readonly PartNumber: number;
  readonly ETag: string | undefined;
}

async function sendParts(
  { client, bodies }: S3Connection,
  upload: { readonly Bucket: string; readonly Key: string; readonly UploadId: string | undefined },
  content: Content,
  patience: Patience,
): Promise<readonly Part[]> {
  const size = Math.max(PART_BYTES, Math.ceil(content.bytes / MAX_PARTS / MEBIBYTE) * MEBIBYTE);
  const count = Math.ceil(content.bytes / size);
  const parts: Part[] = [];
  let next = 0;
  let failed = false;
  const sender = async (): Promise<void> => {
    while (next < count && !failed) {
      const index = next++;
      const start = index * size;
      await bodies.run(Math.min(size, content.bytes - start), async (buffer) => {
        const body = await content.read(start, buffer);
        const input = {
          ...upload,
          PartNumber: index + 1,
          ContentLength: body.byteLength,
          ContentMD5: md5(body),
        };
        const { ETag } = await persist(patience, () =>
          client.send(new UploadPartCommand({ ...input, Body: body })),
        );
        parts[index] = { PartNumber: index + 1, ETag };
      });
    }
  };
  const senders = Array.from({ length: PARTS_AT_ONCE }, () =>
    sender().catch((error: unknown) => {
      failed = true;
      throw error;
    }),
  );
  // All have ended before the upload is given up: a part sent after that would stay.
  const results = await Promise.allSettled(senders);
  const refused = results.find((result) => result.status === 'rejected');
  if (refused !== undefined) throw refused.reason;
  return parts;
}
