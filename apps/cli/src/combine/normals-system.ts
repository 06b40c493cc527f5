import type { NormalsParameter } from '@gravity/formats';
import type { Geopotential } from '@gravity/geodesy';

/** A file of normal equations N·(x − x₀) = b of coefficients, its matrix still unread. */
export interface NormalsSystem {
  readonly name: string;
  readonly coefficients: readonly Coefficient[];
  /** x₀ with the constants and the tide system of the file; zero beyond its parameters. */
  readonly reference: Geopotential;
  readonly rightHandSide: Float64Array;
  /** lᵀPl about x₀, where the file tells. */
  readonly weightedSquareSum?: number;
  readonly observationCount: number;
  readonly eliminatedParameterCount: number;
  readonly startGpsSeconds?: number;
  readonly endGpsSeconds?: number;
  /** Hands on every element of one triangle of N, 0-based. */
  readElements(take: (row: number, column: number, value: number) => void): Promise<void>;
}

export interface Coefficient {
  /** 0 for C̄, 1 for S̄. */
  readonly kind: 0 | 1;
  readonly degree: number;
  readonly order: number;
}

/** @throws RangeError for a parameter that is no coefficient: others are to be eliminated before */
export function coefficientsOf(
  name: string,
  parameters: readonly Pick<NormalsParameter, 'type' | 'degree' | 'order'>[],
): Coefficient[] {
  const seen = new Set<string>();
  return parameters.map(({ type, degree, order }, i) => {
    const kind = type === 'CN' ? 0 : type === 'SN' ? 1 : undefined;
    if (kind === undefined || degree === undefined || order === undefined) {
      throw new RangeError(
        `${name}: parameter ${i + 1} is ${type}; only coefficients (CN, SN) can be combined, eliminate others before`,
      );
    }
    const key = `${type}(${degree},${order})`;
    if (seen.has(key)) throw new RangeError(`${name}: ${key} is there twice`);
    seen.add(key);
    return { kind, degree, order };
  });
}

/** Place of a coefficient in the order of `coefficientOrdering`, from degree 0. */
export function coefficientIndex({ kind, degree, order }: Coefficient): number {
  return degree * degree + (order === 0 ? 0 : 2 * order - 1 + kind);
}
