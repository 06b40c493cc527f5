import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
} from '@aws-sdk/client-s3';
import { BUCKETS } from '../object-key.js';
import type { S3Connection } from './connection.js';
import { isUnsupported } from './failures.js';
import { HASHES, listPages } from './look.js';
import { type Patience, persist } from './patience.js';

/** Removes remembered hashes and unfinished uploads from before `olderThan`, for stores without a lifecycle. */
export async function removeLeftovers(
  connection: S3Connection,
  patience: Patience,
  olderThan: Date,
): Promise<void> {
  const { client } = connection;
  const temp = connection.bucketName('temp');
  for await (const page of listPages(connection, temp, HASHES, patience)) {
    for (const { key, lastModified } of page) {
      if (lastModified >= olderThan) continue;
      await persist(patience, () => client.send(new DeleteObjectCommand({ Bucket: temp, Key: key })));
    }
  }
  for (const bucket of BUCKETS) {
    await abortUploads(connection, connection.bucketName(bucket), patience, olderThan).catch(
      (error: unknown) => {
        // Small servers do not list them.
        if (!isUnsupported(error)) throw error;
      },
    );
  }
}

async function abortUploads(
  { client }: S3Connection,
  bucketName: string,
  patience: Patience,
  olderThan: Date,
): Promise<void> {
  const { Uploads = [] } = await persist(patience, () =>
    client.send(new ListMultipartUploadsCommand({ Bucket: bucketName })),
  );
  for (const { Key, UploadId, Initiated } of Uploads) {
    if (Initiated === undefined || Initiated >= olderThan) continue;
    const upload = { Bucket: bucketName, Key, UploadId };
    await persist(patience, () => client.send(new AbortMultipartUploadCommand(upload)));
  }
}
