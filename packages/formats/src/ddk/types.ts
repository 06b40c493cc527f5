/** One diagonal block: filtered_i = Σ_j matrix[i·size + j]·coefficient_j. */
export interface FilterBlock {
  readonly order: number;
  /** 0 for C̄, 1 for S̄. */
  readonly kind: 0 | 1;
  /** Degree of the first row and column; the others follow without gap. */
  readonly degreeFirst: number;
  readonly size: number;
  /** Row-major, size². */
  readonly matrix: Float64Array;
}

export interface BlockFilter {
  readonly description: string;
  /** E.g. "2.1". */
  readonly version: string;
  /** Whole and real numbers of the file by name, e.g. Lmax, Lmin. */
  readonly metadata: Readonly<Record<string, number>>;
  readonly readme: readonly string[];
  readonly degreeMin: number;
  readonly degreeMax: number;
  /** C̄_n0, C̄_n1, S̄_n1, C̄_n2, … */
  readonly blocks: readonly FilterBlock[];
}
