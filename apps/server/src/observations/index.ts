export * from './coverage.js';
export * from './files.js';
export * from './load-arc.js';
export * from './product-table.js';
export * from './record-counts.js';
export * from './satellite-names.js';
export * from './series.js';
export * from './time-range.js';
