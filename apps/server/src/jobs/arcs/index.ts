export * from './arc-batch.js';
export * from './arc-computer.js';
export * from './arc-dispatcher.js';
export { keyOf as arcKeyOf } from './arc-messages.js';
export * from './arc-moves.js';
export * from './arc-row.js';
export * from './arc-runner.js';
