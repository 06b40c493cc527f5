export * from './earth-rotation-types.js';
export * from './geopotential.js';
