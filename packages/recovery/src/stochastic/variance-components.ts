import type { VarianceContribution, VarianceFactors } from './types.js';

/** A factor from fewer degrees of freedom than this stays as it was. */
const MIN_REDUNDANCY = 20;
/** Largest step of a factor in one pass: early linearizations tell little of the noise. */
const MAX_STEP = 100;

export interface VarianceUpdate {
  /** For the next pass, in the order of the arcs. */
  readonly factors: readonly VarianceFactors[];
  /** Largest |ln(new / old)| of all factors. */
  readonly change: number;
}

/**
 * One step of variance component estimation (Förstner 1979): each group's factor times vᵀPv over its redundancy.
 *
 * @param arcs contributions of every arc, from `evaluateArc` under the solution of the pass
 * @param scope `arc`: a factor for every group of every arc; `mission`: one step for a group in all arcs together
 */
export function updateVarianceFactors(
  arcs: readonly (readonly VarianceContribution[])[],
  scope: 'arc' | 'mission',
): VarianceUpdate {
  const total = new Map<string, { squares: number; redundancy: number }>();
  for (const c of arcs.flat()) {
    const sum = total.get(key(c)) ?? { squares: 0, redundancy: 0 };
    sum.squares += c.weightedSquares;
    sum.redundancy += c.redundancy;
    total.set(key(c), sum);
  }
  let change = 0;
  const factors = arcs.map((contributions) => {
    let ranging: number | undefined;
    const positions: Record<string, number> = {};
    for (const c of contributions) {
      const { squares, redundancy } =
        scope === 'arc' ? { squares: c.weightedSquares, redundancy: c.redundancy } : total.get(key(c))!;
      const known = redundancy >= MIN_REDUNDANCY && squares > 0;
      const step = known ? Math.min(MAX_STEP, Math.max(1 / MAX_STEP, squares / redundancy)) : 1;
      change = Math.max(change, Math.abs(Math.log(step)));
      if (c.group === 'ranging') ranging = c.factor * step;
      else positions[c.satellite ?? ''] = c.factor * step;
    }
    return { ...(ranging === undefined ? {} : { ranging }), positions };
  });
  return { factors, change };
}

function key({ group, satellite }: VarianceContribution): string {
  return satellite === undefined ? group : `${group} ${satellite}`;
}
