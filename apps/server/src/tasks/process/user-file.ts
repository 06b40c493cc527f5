import { type TaskContext, TaskError } from '../../jobs/task.js';
import type { OpenUserFile } from '../../models/index.js';
import type { Bucket } from '../../storage/object-store.js';
import { findUpload } from '../../uploads.js';

/**
 * Opens `upload:{id}` and `object:{bucket}/{key}` of a request under the rights of its user: own uploads, raw data
 * (common to all users), own and published products.
 */
export function userFileOpener(context: TaskContext): OpenUserFile {
  return async (name, field) => {
    const place = name.startsWith('upload:')
      ? await findUpload(context.objects, context.userId, name.slice('upload:'.length))
      : await objectPlace(context, name.slice('object:'.length));
    if (!place) {
      const message = `${name}: no such file, or not yours`;
      throw new TaskError('model_file_not_found', message, [{ field, message }]);
    }
    return context.objects.get(place.bucket, place.key);
  };
}

interface Place {
  readonly bucket: Bucket;
  readonly key: string;
}

async function objectPlace(context: TaskContext, path: string): Promise<Place | undefined> {
  const slash = path.indexOf('/');
  const [bucket, key] = [path.slice(0, slash), path.slice(slash + 1)];
  if (slash < 0 || key === '' || key.split('/').includes('..')) return undefined;
  if (bucket === 'products') {
    const row = await context.db.kysely
      .selectFrom('gravity_products')
      .select('id')
      .where((eb) => eb.or([eb('object_key', '=', key), eb('archive_key', '=', key)]))
      .where((eb) => eb.or([eb('user_id', '=', context.userId), eb('status', '=', 'published')]))
      .executeTakeFirst();
    if (!row) return undefined;
  } else if (bucket !== 'raw-data') {
    return undefined;
  }
  return (await context.objects.head(bucket, key)) ? { bucket, key } : undefined;
}
