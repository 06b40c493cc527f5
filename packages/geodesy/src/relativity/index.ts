export * from './relativity.js';
