export * from './calendar.js';
export * from './iso.js';
export * from './leap-seconds.js';
export * from './scales.js';
export * from './tdb.js';
export * from './types.js';
