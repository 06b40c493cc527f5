export * from './acceleration-partials.js';
export * from './gravity-evaluator.js';
export * from './solid-harmonics.js';
