import { createSecretBox, SealedSecretError } from '../../auth/secrets.js';
import { type ConnectedSource, connectDataSource } from '../../data-sources/connect.js';
import { findDataSource } from '../../data-sources/store.js';
import { type TaskContext, TaskError } from '../../jobs/task.js';
import { ForbiddenTargetError } from '../../net/public-target.js';
import type { OwnSourceFinder } from './sources.js';

/** Finds the data sources of the job's user; `close` ends their connections. */
export function ownSources(context: Pick<TaskContext, 'config' | 'db' | 'userId' | 'signal'>): {
  readonly find: OwnSourceFinder;
  close(): void;
} {
  const { config, db, userId, signal } = context;
  const opened: ConnectedSource[] = [];
  const refuse = (message: string): never => {
    throw new TaskError('source_not_allowed', message, [{ field: 'data_source', message }]);
  };
  return {
    async find(name) {
      const secrets = createSecretBox(config.encryptionKeys);
      try {
        const source = await findDataSource(db, secrets, userId, name);
        if (source === undefined) return undefined;
        const connected = await connectDataSource(source, config, signal);
        opened.push(connected);
        return connected;
      } catch (error) {
        if (error instanceof ForbiddenTargetError) {
          return refuse(`the endpoint of the data source ${JSON.stringify(name)} ${error.message}`);
        }
        if (error instanceof SealedSecretError) {
          return refuse(
            `the keys of the data source ${JSON.stringify(name)} cannot be read: ${error.message}`,
          );
        }
        throw error;
      }
    },
    close() {
      for (const source of opened) source.close();
    },
  };
}
