export * from './acceleration-partials.js';
export * from './coefficient-acceleration.js';
export * from './gravity-evaluator.js';
export * from './solid-harmonics.js';
