import type { BlockFilter } from '@gravity/formats';
import { type Geopotential, triangleIndex } from '@gravity/geodesy';

/**
 * A field after a block-diagonal filter: x̂_n = Σ_k W_nk·x_k within each order and part. To be applied to residuals
 * against a mean field: a filter takes away from the mean field too.
 *
 * Where the field ends below the filter, the rows and columns beyond it are left out; degrees above the filter become
 * zero, as in the programs the public matrices come with; degrees below it (0 and 1) stay. Standard deviations are
 * propagated as uncorrelated, σ̂² = Σ W²σ².
 *
 * Source: Kusche et al. (2009), J. Geodesy 83, 903–913.
 */
export function applyBlockFilter(field: Geopotential, filter: Pick<BlockFilter, 'blocks'>): Geopotential {
  const { maxDegree, sigmaC, sigmaS } = field;
  const lowest = filter.blocks.reduce((min, b) => Math.min(min, b.degreeFirst), Number.POSITIVE_INFINITY);
  const kept = (values: Float64Array) => {
    const out = new Float64Array(values.length);
    if (lowest > 0) out.set(values.subarray(0, triangleIndex(Math.min(lowest - 1, maxDegree) + 1, 0)));
    return out;
  };
  const [c, s] = [kept(field.c), kept(field.s)];
  const sigmas = sigmaC && sigmaS ? [kept(sigmaC), kept(sigmaS)] : undefined;
  for (const { order, kind, degreeFirst, size, matrix } of filter.blocks) {
    const used = Math.min(size, maxDegree - degreeFirst + 1);
    const input = kind === 0 ? field.c : field.s;
    const inputSigma = kind === 0 ? sigmaC : sigmaS;
    for (let i = 0; i < used; i++) {
      let sum = 0;
      let variance = 0;
      for (let j = 0; j < used; j++) {
        const k = triangleIndex(degreeFirst + j, order);
        const w = matrix[i * size + j];
        sum += w * input[k];
        if (inputSigma) variance += (w * inputSigma[k]) ** 2;
      }
      const at = triangleIndex(degreeFirst + i, order);
      (kind === 0 ? c : s)[at] = sum;
      if (sigmas) sigmas[kind][at] = Math.sqrt(variance);
    }
  }
  return { ...field, c, s, ...(sigmas && { sigmaC: sigmas[0], sigmaS: sigmas[1] }) };
}
