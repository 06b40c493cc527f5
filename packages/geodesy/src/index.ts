export * from './earth-rotation-types.js';
export * from './ellipsoid/index.js';
export * from './eop-table.js';
export * from './frames/index.js';
export * from './geopotential.js';
export * from './harmonics/index.js';
export * from './love/index.js';
export * from './time/index.js';
