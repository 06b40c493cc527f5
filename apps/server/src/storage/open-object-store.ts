import { join } from 'node:path';
import type { ServerConfig } from '../config.js';
import { openFolderStore } from './folder-store.js';
import type { ObjectStore } from './object-store.js';
import { createPresigner, type PresignedRequest, type PresignVerdict } from './presign.js';

/** The embedded store also judges the links it signed; with S3 the store itself does. */
export interface EmbeddedObjectStore extends ObjectStore {
  verifyPresigned(request: PresignedRequest): PresignVerdict;
}

/** The object store of the embedded mode: the folder `config.dataDir`/objects. */
export async function openObjectStore(
  config: Pick<ServerConfig, 'dataDir' | 'jwtSecret' | 'baseUrl'>,
): Promise<EmbeddedObjectStore> {
  const presigner = createPresigner(config.jwtSecret, config.baseUrl);
  const store = await openFolderStore(join(config.dataDir, 'objects'), presigner);
  return Object.assign(store, { verifyPresigned: (request: PresignedRequest) => presigner.verify(request) });
}
