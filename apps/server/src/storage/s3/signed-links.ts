import { basename } from 'node:path';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { UploadLink } from '../object-store.js';
import { encryptionOf, type S3Connection } from './connection.js';

interface Place {
  readonly Bucket: string;
  readonly Key: string;
}

/** A link to the object under the public address of the store; the file is saved under the last part of the key. */
export function signDownload({ signer }: S3Connection, place: Place, expiresIn: number): Promise<string> {
  // No character of a key needs quoting here.
  const ResponseContentDisposition = `attachment; filename="${basename(place.Key)}"`;
  return getSignedUrl(signer, new GetObjectCommand({ ...place, ResponseContentDisposition }), { expiresIn });
}

/** A link for one PUT with the headers that are a part of the signature. */
export async function signUpload(
  { signer, settings }: S3Connection,
  place: Place,
  expiresIn: number,
  content: { readonly bytes?: number; readonly sha256?: string } = {},
): Promise<UploadLink> {
  const { bytes, sha256 } = content;
  const encryption = encryptionOf(settings);
  const checksum = sha256 === undefined ? undefined : Buffer.from(sha256, 'hex').toString('base64');
  const command = new PutObjectCommand({
    ...place,
    ContentLength: bytes,
    ChecksumSHA256: checksum,
    ...encryption,
  });
  const url = await getSignedUrl(signer, command, {
    expiresIn,
    // As a header the store compares it with the bytes.
    unhoistableHeaders: new Set(['x-amz-checksum-sha256']),
  });
  const { ServerSideEncryption, SSEKMSKeyId } = encryption;
  return {
    url,
    headers: {
      ...(bytes !== undefined && { 'content-length': String(bytes) }),
      ...(checksum !== undefined && { 'x-amz-checksum-sha256': checksum }),
      ...(ServerSideEncryption && { 'x-amz-server-side-encryption': ServerSideEncryption }),
      ...(SSEKMSKeyId && { 'x-amz-server-side-encryption-aws-kms-key-id': SSEKMSKeyId }),
    },
  };
}
