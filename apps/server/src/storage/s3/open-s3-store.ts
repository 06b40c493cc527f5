import { join } from 'node:path';
import type { S3Settings } from '../../config.js';
import { openBuckets, openLifecycle } from './buckets.js';
import { connectS3 } from './connection.js';
import { openSpoolFolder, removeOldSpools } from './content.js';
import type { Patience } from './patience.js';
import { S3ObjectStore } from './s3-store.js';

const DEFAULT_RETRY_SECONDS = 120;
const DAY_MS = 86_400_000;

/**
 * Connects, makes missing buckets and sets their lifecycle.
 *
 * @throws ObjectStoreError 'unavailable' after `settings.retrySeconds`; 'access_denied' naming the variable
 */
export async function openS3Store(settings: S3Settings, dataDir: string): Promise<S3ObjectStore> {
  const spoolFolder = join(dataDir, 'tmp');
  await openSpoolFolder(spoolFolder);
  await removeOldSpools(spoolFolder, new Date(Date.now() - DAY_MS));
  const patience: Patience = {
    endpoint: settings.endpoint,
    seconds: settings.retrySeconds ?? DEFAULT_RETRY_SECONDS,
  };
  const connection = connectS3(settings);
  try {
    await openBuckets(connection, patience);
    const expiresObjects = await openLifecycle(connection, patience);
    return new S3ObjectStore({ connection, spoolFolder, patience, expiresObjects });
  } catch (error) {
    connection.close();
    throw error;
  }
}
