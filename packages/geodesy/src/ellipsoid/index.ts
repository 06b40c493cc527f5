export * from './ellipsoid.js';
export * from './geodetic.js';
export * from './normal-gravity.js';
