export * from './authorization.js';
export * from './call.js';
export * from './client.js';
export * from './errors.js';
export * from './event-stream.js';
export * from './follow-job.js';
export * from './generated/api.js';
export type * from './generated/types.js';
export * from './transport.js';
