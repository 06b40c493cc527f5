export * from './permanent-tide.js';
export * from './solid-earth-tide.js';
export * from './tide-arguments.js';
export * from './tide-epoch.js';
export * from './tide-generating-potential.js';
