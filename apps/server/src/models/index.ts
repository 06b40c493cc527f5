export { describeSpans, loadEarthOrientation, resolveEarthRotation } from './earth-orientation.js';
export * from './forces/index.js';
export {
  DEFAULT_STATIC_FIELD,
  loadStaticField,
  type StatedTideSystem,
  type StaticFieldRequest,
  staticFieldNames,
  TIDE_SYSTEMS,
} from './static-fields.js';
export type * from './types.js';
export type { OpenUserFile } from './user-file.js';
