export * from './config.js';
export * from './db/database.js';
export * from './db/schema.js';
export * from './jobs/task.js';
export * from './storage/object-store.js';
export * from './jobs/job-service.js';
