import type { TaskRegistry } from '../jobs/task.js';
import { loadEarthOrientation } from '../models/index.js';
import { catalogTask } from './catalog/index.js';
import { ingestTask } from './ingest/index.js';
import { createPlanTask, eopSpansOf } from './plan/index.js';
import { createProcessTask } from './process/index.js';

export * from './catalog/index.js';
export { ingestTask } from './ingest/index.js';
export * from './plan/index.js';
export * from './process/index.js';

/** The four operations, by the type of their jobs. */
export function createTaskRegistry(): TaskRegistry {
  return {
    plan: createPlanTask({ eopSpans: async () => eopSpansOf((await loadEarthOrientation()).table) }),
    ingest: ingestTask,
    process: createProcessTask(),
    catalog: catalogTask,
  };
}
