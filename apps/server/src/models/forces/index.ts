export {
  COMPLETE_FORCES,
  type ForcesRequest,
  type ForcesSpec,
  forcesJson,
} from './forces-request.js';
export { type ForcesContext, type LoadedForces, loadForces } from './load-forces.js';
export { parseForces, parseForcesObject } from './parse-forces.js';
export { forcesStatement, isSameForces, parseStatement, statedForces } from './statement.js';
