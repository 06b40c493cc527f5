export * from './analytical-ephemeris.js';
export * from './constants.js';
export * from './state-ephemeris.js';
export * from './types.js';
