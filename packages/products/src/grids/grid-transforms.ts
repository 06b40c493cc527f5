import type { Geopotential } from '@gravity/geodesy';
import type { FunctionalName } from '../functionals/functional.js';
import { HarmonicPool } from '../transforms/harmonic-pool.js';
import type { HarmonicWork } from '../transforms/harmonic-work.js';
import { type AnalysisOptions, prepareAnalysis } from './analysis.js';
import type { Grid, GridDefinition } from './grid.js';
import { prepareSynthesis, type SynthesisOptions } from './synthesis.js';

/** Synthesis and analysis on threads of their own: `synthesizeGrid` and `analyzeGrid` without holding up the caller. */
export interface GridTransforms {
  readonly threads: number;
  /** As synthesizeGrid, the same values to the bit. The grid lies on shared memory with more than one thread. */
  synthesize(
    field: Geopotential,
    definition: GridDefinition,
    functional: FunctionalName,
    options?: SynthesisOptions,
  ): Promise<Grid>;
  /** As analyzeGrid, the same coefficients to the bit. */
  analyze(
    grid: Grid,
    maxDegree: number,
    functional: FunctionalName,
    options: AnalysisOptions,
  ): Promise<Geopotential>;
  /** Ends the threads; work not done yet fails. */
  close(): Promise<void>;
}

/**
 * Threads start with the first grid and keep the process alive only while they work.
 * @param threads 1: everything on the calling thread
 * @throws RangeError when threads is no positive integer
 */
export function createGridTransforms(threads: number): GridTransforms {
  const pool = new HarmonicPool(threads);
  const run = async <T>({ work, finish }: { readonly work: HarmonicWork; readonly finish: () => T }) => {
    await pool.run(work);
    return finish();
  };
  return {
    threads,
    synthesize: async (field, definition, functional, options = {}) =>
      run(prepareSynthesis(field, definition, functional, options, threads > 1)),
    analyze: async (grid, maxDegree, functional, options) =>
      run(prepareAnalysis(grid, maxDegree, functional, options, threads > 1)),
    close: () => pool.close(),
  };
}
