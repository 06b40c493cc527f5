export * from './breaking-changes.js';
export * from './client-source.js';
export * from './document.js';
export * from './postman-collection.js';
export * from './schema-type.js';
