import { patiently } from '../../jobs/outage.js';
import type { TaskContext } from '../../jobs/task.js';
import { NotFoundError } from '../../storage/errors.js';
import { streamOf } from './chunks.js';

type Store = Pick<TaskContext, 'objects' | 'signal'>;

/** The object's bytes; undefined when there is no such object. Waits for a store that is away. */
export function readStored({ objects, signal }: Store, key: string): Promise<Uint8Array | undefined> {
  return patiently(
    async () => {
      const chunks: Uint8Array[] = [];
      try {
        if (!(await objects.head('processed-data', key))) return undefined;
        const stream = await objects.get('processed-data', key);
        for await (const chunk of stream) chunks.push(chunk as Uint8Array);
      } catch (error) {
        if (error instanceof NotFoundError) return undefined;
        throw error;
      }
      return new Uint8Array(Buffer.concat(chunks));
    },
    { signal },
  );
}

export function writeStored({ objects, signal }: Store, key: string, bytes: Uint8Array): Promise<unknown> {
  return patiently(
    () => objects.put('processed-data', key, streamOf(bytes), { contentType: 'application/octet-stream' }),
    { signal },
  );
}
