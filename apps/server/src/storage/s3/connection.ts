import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { S3Client } from '@aws-sdk/client-s3';
import type { S3Settings } from '../../config.js';
import type { Bucket } from '../object-store.js';
import { type BufferSlots, createBufferSlots } from './slots.js';

/** One pool of connections to the store, shared by all views of it in this process. */
export interface S3Connection {
  readonly settings: S3Settings;
  readonly client: S3Client;
  /** Signs links for the address under which others reach the store; opens no connection. */
  readonly signer: S3Client;
  /** Bodies held in memory at once: bounds what uploads need, however many there are. */
  readonly bodies: BufferSlots;
  /** Hashes found by reading, by version of an object. */
  readonly hashes: Map<string, string>;
  bucketName(bucket: Bucket): string;
  close(): void;
}

const CONNECT_TIMEOUT_MS = 5_000;
const IDLE_TIMEOUT_MS = 30_000;
/** Streams that a slow reader holds open count too. */
const MAX_SOCKETS = 128;
const BODIES_AT_ONCE = 3;

/** @param agents connections of another kind than the usual pool */
export function connectS3(
  settings: S3Settings,
  agents?: { readonly httpAgent: HttpAgent; readonly httpsAgent: HttpsAgent },
): S3Connection {
  const pool = { keepAlive: true, maxSockets: MAX_SOCKETS };
  const common = {
    region: settings.region,
    credentials: { accessKeyId: settings.accessKey, secretAccessKey: settings.secretKey },
    forcePathStyle: true,
    // Some stores take the trailing checksum of a newer protocol for content.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  } as const;
  const client = new S3Client({
    ...common,
    endpoint: settings.endpoint,
    // Repeated by `persist`, which knows for how long.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: IDLE_TIMEOUT_MS,
      ...(agents ?? { httpAgent: pool, httpsAgent: pool }),
    },
  });
  const signer = new S3Client({ ...common, endpoint: settings.publicEndpoint });
  return {
    settings,
    client,
    signer,
    bodies: createBufferSlots(BODIES_AT_ONCE),
    hashes: new Map(),
    bucketName: (bucket) => settings.bucketPrefix + bucket,
    close() {
      client.destroy();
      signer.destroy();
    },
  };
}

/** The fields every request that writes an object carries. */
export function encryptionOf(settings: S3Settings): {
  readonly ServerSideEncryption?: 'AES256' | 'aws:kms';
  readonly SSEKMSKeyId?: string;
} {
  const { serverSideEncryption, kmsKeyId } = settings;
  if (serverSideEncryption === undefined) return {};
  return {
    ServerSideEncryption: serverSideEncryption,
    ...(serverSideEncryption === 'aws:kms' && kmsKeyId !== undefined && { SSEKMSKeyId: kmsKeyId }),
  };
}
