export * from './aggregates.js';
export * from './copy-in.js';
export * from './hypertables.js';
export * from './partitions.js';
export * from './row-marks.js';
