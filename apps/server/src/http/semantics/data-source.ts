import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { ServerConfig } from '../../config.js';
import type { ObjectStore } from '../../storage/object-store.js';
import { findUploadEntry } from '../../uploads.js';
import { HttpError, invalidField } from '../errors.js';

const field = 'data_source';
const bucketPattern = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

function refuseHostileText(text: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(text)) throw invalidField(field, 'must not contain control characters');
  if (/(^|[/\\:])\.\.([/\\]|$)/.test(text) || /%2e%2e/i.test(text)) {
    throw invalidField(field, "must not contain '..'");
  }
}

function checkS3(source: string): void {
  const [, bucket, key] = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(source) ?? [];
  if (bucket === undefined || !bucketPattern.test(bucket)) {
    throw invalidField(field, 's3 sources have the form s3://bucket/prefix/');
  }
  if (key !== undefined && !/^[A-Za-z0-9!_.*'()/=+@,:-]*$/.test(key)) {
    throw invalidField(field, 'the s3 prefix has characters that are not allowed');
  }
}

async function checkFile(source: string, fileSources: readonly string[]): Promise<void> {
  const path = source.slice('file:'.length).replace(/^\/\/(?=\/)/, '');
  if (!isAbsolute(path)) throw invalidField(field, 'file sources have the form file:/folder-or-file');
  const refusal = new HttpError(403, 'This folder may not be read', [
    { field, message: 'is not inside a folder this server may read' },
  ]);
  // Compared as text first: what lies outside is not even looked at, so its existence does not show.
  const lexicalFolders = fileSources.map((folder) => resolve(folder));
  if (!lexicalFolders.some((folder) => isInside(resolve(path), folder))) throw refusal;
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined) throw invalidField(field, 'no such file or folder');
  const realFolders = await Promise.all(lexicalFolders.map((folder) => realpath(folder).catch(() => folder)));
  if (!realFolders.some((folder) => isInside(real, folder))) throw refusal;
}

/** Throws 422 when the upload is not one of the user's that is still there. */
export async function checkUpload(
  uploadId: string,
  errorField: string,
  userId: string,
  objects: ObjectStore,
): Promise<void> {
  if ((await findUploadEntry(objects, userId, uploadId)) === undefined) {
    throw invalidField(errorField, 'unknown upload; see POST /ops/uploads');
  }
}

/** Throws 422 for what is no data source, 403 for a folder that is not allowed. Opens no data. */
export async function checkDataSource(
  source: string,
  userId: string,
  config: ServerConfig,
  objects: ObjectStore,
): Promise<void> {
  refuseHostileText(source);
  if (source.startsWith('s3://')) return checkS3(source);
  if (source.startsWith('file:')) return checkFile(source, config.fileSources);
  if (source.startsWith('upload:')) {
    return checkUpload(source.slice('upload:'.length), field, userId, objects);
  }
  throw invalidField(
    field,
    'must have the form s3://bucket/prefix/, file:/folder-or-file or upload:{upload_id}',
  );
}
