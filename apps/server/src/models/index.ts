export { describeSpans, loadEarthOrientation, resolveEarthRotation } from './earth-orientation.js';
export {
  DEFAULT_STATIC_FIELD,
  loadStaticField,
  type StaticFieldRequest,
  staticFieldNames,
} from './static-fields.js';
export type * from './types.js';
export type { OpenUserFile } from './user-file.js';
