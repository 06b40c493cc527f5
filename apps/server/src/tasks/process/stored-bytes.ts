import type { TaskContext } from '../../jobs/task.js';
import { NotFoundError } from '../../storage/errors.js';
import { streamOf } from './chunks.js';

type Store = Pick<TaskContext, 'objects'>;

/** The object's bytes; undefined when there is no such object. */
export async function readStored({ objects }: Store, key: string): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of await objects.get('processed-data', key)) chunks.push(chunk as Uint8Array);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
  return new Uint8Array(Buffer.concat(chunks));
}

export function writeStored({ objects }: Store, key: string, bytes: Uint8Array): Promise<unknown> {
  return objects.put('processed-data', key, streamOf(bytes), { contentType: 'application/octet-stream' });
}
