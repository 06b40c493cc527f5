export { computeAccelerationNormals } from './algorithms/acceleration-normals.js';
export { DEFAULT_DIFFERENTIATOR_POINTS } from './algorithms/acceleration-observations.js';
export { DEFAULT_SHORT_ARC_SECONDS } from './algorithms/arc-context.js';
export * from './algorithms/compute-normals.js';
export { DerivativeWhitener } from './algorithms/derivative-whitener.js';
export { derivativeWeights } from './algorithms/differentiator.js';
export { type IntegralOperator, integralOperator, kernelRows } from './algorithms/integral-operator.js';
export { computeShortArcNormals } from './algorithms/short-arc-normals.js';
export { RECOVERY_ALGORITHMS } from './algorithms/validate-algorithm.js';
export * from './arc/arc-normals.js';
export { orbitAxes } from './arc/empirical.js';
export * from './arc/evaluate-arc.js';
export * from './dynamics/forces.js';
export * from './dynamics/node-grid.js';
export * from './dynamics/orbit.js';
export * from './dynamics/state-transition.js';
export * from './errors.js';
export * from './forces/arc-forces.js';
export * from './forces/ephemeris-table.js';
export * from './forces/force-model.js';
export { varyingDegree } from './forces/stokes-sources.js';
export * from './integration/gauss-legendre.js';
export * from './orbit-determination/determine-orbit.js';
export type * from './orbit-determination/types.js';
export * from './simulation/attitude.js';
export * from './simulation/mission.js';
export * from './simulation/random.js';
export * from './solve/cost.js';
export * from './solve/degree-contribution.js';
export * from './solve/group-variances.js';
export * from './solve/l-curve.js';
export * from './solve/memory.js';
export * from './solve/normals-about.js';
export * from './solve/normals-sum.js';
export { type PanelLayout, panelLayout, storedLength } from './solve/panels/panel-layout.js';
export {
  addArcToPanels,
  denseFromPanels,
  emptyPanelNormals,
  type PanelNormals,
} from './solve/panels/panel-normals.js';
export * from './solve/panels/panel-store.js';
export * from './solve/panels/recover-in-panels.js';
export * from './solve/panels/solve-panels.js';
export * from './solve/solve.js';
export * from './solve/solve-regularized.js';
export { type VarianceDirections, varianceDirections } from './stochastic/directions.js';
export * from './stochastic/iterate-field.js';
export * from './stochastic/lag-sums.js';
export * from './stochastic/noise-model.js';
export * from './stochastic/recover-field.js';
export * from './stochastic/stochastic-model.js';
export type * from './stochastic/types.js';
export * from './stochastic/variance-components.js';
export { Whitener } from './stochastic/whitening.js';
export * from './types.js';
