export {
  ApiError,
  ConnectionError,
  createTransport,
  problemOf,
  type RequestOptions,
  readEventStream,
  retryAfterSeconds,
  type StreamEvent,
  type Transport,
  type TransportOptions,
} from '@gravity/client';
export * from './client/describe-job.js';
export * from './client/follow-job.js';
export * from './client/gravity-client.js';
export * from './client/settings-file.js';
export type * from './client/types.js';
export * from './combine/combine.js';
export * from './combine/normals-system.js';
export * from './combine/weights.js';
export * from './combine/write-normals.js';
export { openNormalsSystem } from './files/read-normals.js';
export { createProgram } from './program.js';
export * from './recover/accuracy.js';
export * from './recover/inputs.js';
export * from './recover/run.js';
export * from './simulate/mass-signal.js';
export * from './simulate/simulate.js';
export * from './terminal/table.js';
