export { describeSpans, loadEarthOrientation, resolveEarthRotation } from './earth-orientation.js';
export {
  DEFAULT_STATIC_FIELD,
  loadStaticField,
  type OpenUserField,
  type StaticFieldRequest,
  staticFieldNames,
} from './static-fields.js';
export type * from './types.js';
