import type { ServerConfig } from '../../config.js';
import type { Database } from '../../db/database.js';
import type { ObjectStore } from '../../storage/object-store.js';

/** What a check may look at. Nothing here writes. */
export interface CheckContext {
  readonly userId: string;
  readonly config: ServerConfig;
  readonly db: Database;
  readonly objects: ObjectStore;
}

export type Parameters = Record<string, unknown>;
