import type { RangingParameter, RecoverySetup } from '../types.js';
import { orbitAxes } from './empirical.js';

interface Term {
  readonly name: string;
  /** A-priori weight. */
  readonly weight: number;
  readonly kind: 'bias' | 'trend' | 'cos' | 'sin';
  readonly cycles: number;
  /** Seconds of the arc: [from, to). */
  readonly from: number;
  readonly to: number;
}

/** Pieces with fewer observations are joined to the one before: their parameters could not be told apart. */
const MIN_OBSERVATIONS = { bias: 1, trend: 3, periodic: 10 } as const;

/** Columns of ranging parameters that are not smooth over the arc, so that compression must take them as they are. */
export class RangingParameters {
  readonly names: readonly string[];
  readonly weights: readonly number[];
  private readonly axes = new Float64Array(9);

  constructor(private readonly terms: readonly Term[]) {
    this.names = terms.map(({ name }) => name);
    this.weights = terms.map(({ weight }) => weight);
  }

  get count(): number {
    return this.terms.length;
  }

  /** Writes the columns of one observation, times `scale`; `state` is that of the first satellite (celestial). */
  write(t: number, state: Float64Array, scale: number, out: Float64Array, offset: number): void {
    const argument = orbitAxes(state, state.subarray(3), this.axes);
    this.terms.forEach(({ kind, cycles, from, to }, p) => {
      out[offset + p] = t >= from && t < to ? scale * shape(kind, cycles * argument, t, from, to) : 0;
    });
  }
}

function shape(kind: Term['kind'], phase: number, t: number, from: number, to: number): number {
  if (kind === 'bias') return 1;
  if (kind === 'trend') return (2 * (t - from)) / (to - from) - 1;
  return kind === 'cos' ? Math.cos(phase) : Math.sin(phase);
}

/**
 * The parameters a setup asks for, or undefined for none. Ranges get a bias (with `bias_trend` a trend too) for every
 * pass.
 *
 * @param seconds of the observations, in the arc
 * @param passes seconds at which a pass begins
 * @param period of revolution, s
 */
export function rangingParameters(
  setup: Pick<RecoverySetup, 'rangingParameters' | 'rangingObservation' | 'rangingEmpirical'>,
  seconds: Float64Array,
  passes: Float64Array,
  durationSeconds: number,
  period: number,
): RangingParameters | undefined {
  if (seconds.length === 0) return undefined;
  const terms: Term[] = [];
  const end = durationSeconds + 1;
  const add = (spec: RangingParameter, label: string, pieces: readonly (readonly [number, number])[]) => {
    const { term, cyclesPerRevolution: cycles = 1, sigma } = spec;
    pieces.forEach(([from, to], i) => {
      const when = pieces.length > 1 ? ` ${i + 1}/${pieces.length}` : '';
      for (const kind of term === 'periodic' ? (['cos', 'sin'] as const) : [term]) {
        const name = term === 'periodic' ? `${label} ${cycles}cpr ${kind}` : `${label} ${kind}`;
        terms.push({ name: name + when, weight: sigma ? 1 / sigma ** 2 : 0, kind, cycles, from, to });
      }
    });
  };
  if (setup.rangingObservation === 'range') {
    for (const term of setup.rangingEmpirical === 'bias_trend'
      ? (['bias', 'trend'] as const)
      : (['bias'] as const)) {
      add({ term }, 'range', piecesFrom([...passes, end], seconds, MIN_OBSERVATIONS[term]));
    }
  }
  for (const spec of setup.rangingParameters ?? []) {
    const length = spec.pieceSeconds === 'revolution' ? period : (spec.pieceSeconds ?? end);
    const count = Math.max(1, Math.round(durationSeconds / length));
    const borders = Array.from({ length: count + 1 }, (_, i) =>
      i === count ? end : (i * durationSeconds) / count,
    );
    add(spec, 'ranging', piecesFrom(borders, seconds, MIN_OBSERVATIONS[spec.term]));
  }
  return terms.length > 0 ? new RangingParameters(terms) : undefined;
}

/** Pieces between borders with enough observations; the first reaches back to the start, short ones are joined. */
function piecesFrom(
  borders: readonly number[],
  seconds: Float64Array,
  fewest: number,
): readonly (readonly [number, number])[] {
  const kept: [number, number, number][] = [];
  let i = 0;
  for (let b = 0; b + 1 < borders.length; b++) {
    const to = borders[b + 1];
    const first = i;
    while (i < seconds.length && seconds[i] < to) i++;
    const before = kept[kept.length - 1];
    if (before && (i - first < fewest || before[2] < fewest)) {
      before[1] = to;
      before[2] += i - first;
    } else kept.push([b === 0 ? Number.NEGATIVE_INFINITY : borders[b], to, i - first]);
  }
  // A trend needs a finite start.
  return kept.map(([from, to]) => [Number.isFinite(from) ? from : Math.min(0, borders[0]), to] as const);
}
