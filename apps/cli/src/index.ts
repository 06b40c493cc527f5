export * from './client/errors.js';
export * from './client/event-stream.js';
export * from './client/settings-file.js';
export * from './client/transport.js';
export type * from './client/types.js';
export * from './simulate/mass-signal.js';
export * from './terminal/table.js';
