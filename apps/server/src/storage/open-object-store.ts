import { join } from 'node:path';
import type { ServerConfig } from '../config.js';
import { openFolderStore } from './folder-store.js';
import type { ObjectStore } from './object-store.js';
import { createPresigner, type PresignedRequest, type PresignVerdict } from './presign.js';
import { openS3Store } from './s3/open-s3-store.js';
import { S3ObjectStore, type StoreBounds } from './s3/s3-store.js';

/** The embedded store also judges the links it signed; with S3 the store itself does. */
export interface EmbeddedObjectStore extends ObjectStore {
  verifyPresigned(request: PresignedRequest): PresignVerdict;
}

export function isEmbeddedStore(store: ObjectStore): store is EmbeddedObjectStore {
  return 'verifyPresigned' in store;
}

type StoreSettings = Pick<ServerConfig, 'dataDir' | 'jwtSecret' | 'jwtPreviousSecrets' | 'baseUrl'>;

/** The folder `config.dataDir`/objects. */
export async function openEmbeddedObjectStore(config: StoreSettings): Promise<EmbeddedObjectStore> {
  const presigner = createPresigner(config.jwtSecret, config.baseUrl, config.jwtPreviousSecrets);
  const store = await openFolderStore(join(config.dataDir, 'objects'), presigner);
  return Object.assign(store, { verifyPresigned: (request: PresignedRequest) => presigner.verify(request) });
}

/** S3 when `config.s3` is set, else the folder. Throws as `openS3Store`. */
export async function openObjectStore(
  config: StoreSettings & Pick<ServerConfig, 's3'>,
): Promise<ObjectStore> {
  return config.s3 === undefined ? openEmbeddedObjectStore(config) : openS3Store(config.s3, config.dataDir);
}

/** A view of the same store that waits for a silent one only so long, or until the signal. A folder never waits. */
export function boundObjectStore(store: ObjectStore, bounds: StoreBounds): ObjectStore {
  return store instanceof S3ObjectStore ? store.bound(bounds) : store;
}

/** Ends the connections a store holds. */
export function closeObjectStore(store: ObjectStore): void {
  if (store instanceof S3ObjectStore) store.close();
}
