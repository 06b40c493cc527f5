import { openObjectStore } from '@gravity/server';
import { afterAll } from 'vitest';
import { temporaryFolder, testConfig } from '../helpers.js';
import { hasMoto, startMoto, startS3rver } from '../services/s3.js';
import { objectStoreContract } from './object-store-contract.js';

const folder = temporaryFolder();
const server = await startS3rver();
const moto = hasMoto() ? await startMoto() : undefined;
afterAll(async () => {
  await server.remove();
  await moto?.remove();
  folder.remove();
});

objectStoreContract(
  'S3 (s3rver)',
  () => openObjectStore(testConfig(folder.path, { s3: { ...server.settings, retrySeconds: 10 } })),
  { listsByFolder: true, mixesWriters: true },
);
if (moto)
  objectStoreContract('S3 (moto)', () =>
    openObjectStore(testConfig(folder.path, { s3: { ...moto.settings, retrySeconds: 10 } })),
  );
