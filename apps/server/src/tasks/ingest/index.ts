export { ingestTask } from './ingest-task.js';
