export { createLinearAlgebra } from './create-linear-algebra.js';
export { NotPositiveDefiniteError } from './errors.js';
export { collectShared } from './shared-allocation.js';
export type { LinearAlgebra, LinearAlgebraOptions } from './types.js';
export { enableRelaxedSimd } from './wasm/kernels.js';
export { loadWasmBuild } from './wasm/load-build.js';
