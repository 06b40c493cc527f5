export { buildPlan } from './build-plan.js';
export { eopSpansOf } from './eop-spans.js';
export { summarizeOrbit } from './orbit-summary.js';
export { parsePlanParameters } from './parameters.js';
export { createPlanTask, type PlanDependencies } from './plan-task.js';
export type * from './types.js';
