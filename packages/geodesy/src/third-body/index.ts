export * from './indirect-oblateness.js';
export * from './point-mass.js';
export * from './third-body-model.js';
