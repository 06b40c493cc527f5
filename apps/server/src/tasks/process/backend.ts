/** Linear algebra of the worker that sums and solves; part of the recipe. */
export interface Backend {
  readonly backend: 'openblas' | 'wasm';
  readonly description: string;
  readonly threads: number;
}
