export * from './load-love-numbers.js';
