import type { LinearAlgebra } from '@gravity/linalg';
import { orbitAxes } from '../arc/empirical.js';
import type { FieldPartials } from '../arc/field-partials.js';
import type { RangingSet } from '../arc/observation-set.js';
import type { RangingParameters } from '../arc/ranging-parameters.js';
import { rotate } from '../dynamics/forces.js';
import { fractionIn } from '../dynamics/node-grid.js';
import { interpolationWeights } from '../integration/gauss-legendre.js';
import { emptyRangingPartials, rangingPartials } from './ranging-partials.js';
import { type ReferenceShortArc, segmentOf } from './reference-short-arc.js';
import { writeFieldPartials } from './short-arc-rows.js';
import type { WorkSpace } from './work-space.js';

/** Columns: parameters of the piece | of the arc (polynomial, then others) | coefficients | observation. */
export interface AccelerationLayout {
  readonly pieceCount: 0 | 4;
  readonly polynomialCount: number;
  readonly parameters: RangingParameters | undefined;
  /** Columns before the coefficients. */
  readonly localCount: number;
  readonly coefficientCount: number;
  readonly columnCount: number;
}

/** States and accelerations of the reference orbits of a pair along a piece. */
export class PairEvaluator {
  readonly states: readonly Float64Array[];
  readonly accelerations: readonly Float64Array[];
  private readonly position: Float64Array;
  private readonly velocity: Float64Array;

  constructor(readonly orbits: readonly ReferenceShortArc[]) {
    const { nodeCount } = orbits[0].operator;
    this.states = orbits.map(() => new Float64Array(6));
    this.accelerations = orbits.map(() => new Float64Array(3));
    this.position = new Float64Array(nodeCount);
    this.velocity = new Float64Array(nodeCount);
  }

  /** @returns segment within the piece, and weights of its nodes in what is interpolated at t */
  evaluate(t: number): { readonly segment: number; readonly weights: Float64Array } {
    const { operator, firstSegment, model } = this.orbits[0];
    const segment = segmentOf(operator, firstSegment, model.grid.segmentSeconds, t);
    const fraction = fractionIn(model.grid, firstSegment + segment, t);
    const weights = interpolationWeights(operator.rule, fraction);
    this.orbits.forEach((orbit, k) => {
      orbit.stateAt(segment, fraction, this.position, this.velocity, this.states[k]);
      orbit.interpolate(segment, weights, this.accelerations[k]);
    });
    return { segment, weights };
  }
}

/** Observed minus computed of a set along a piece. */
export function rangingDifference(set: RangingSet, pair: PairEvaluator): Float64Array {
  const partials = emptyRangingPartials();
  return set.value.map((value, i) => {
    pair.evaluate(set.seconds[i]);
    rangingPartials(set.type, pair.states, pair.accelerations, partials);
    return value - partials.computed;
  });
}

/** Rows e·(∂a₂ − ∂a₁) of a piece, unweighted (m/s²), with the partials at the nodes carried by their polynomial. */
export async function accelerationRows(
  pair: PairEvaluator,
  seconds: Float64Array,
  reduced: Float64Array,
  layout: AccelerationLayout,
  partials: FieldPartials | undefined,
  la: LinearAlgebra,
  work: WorkSpace,
): Promise<Float64Array> {
  const { orbits, states } = pair;
  const { operator, firstSegment, model } = orbits[0];
  const { q } = operator.rule;
  const { grid } = model;
  const rows = seconds.length;
  const { columnCount: ld, coefficientCount: count, pieceCount, polynomialCount } = layout;
  const data = work.zeros('data', rows * ld);
  const left = work.zeros('left', rows * 6 * q);
  const right = work.take('right', 6 * q * count);
  const axes = new Float64Array(9);
  const segments = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    const t = seconds[i];
    const { segment, weights } = pair.evaluate(t);
    segments[i] = segment;
    const [a, b] = states;
    const row = data.subarray(i * ld, (i + 1) * ld);
    if (pieceCount > 0) {
      const argument = orbitAxes(a, a.subarray(3), axes);
      row[0] = 1;
      row[1] = (2 * (t - firstSegment * grid.segmentSeconds)) / operator.durationSeconds - 1;
      row[2] = Math.cos(argument);
      row[3] = Math.sin(argument);
    }
    if (polynomialCount > 0) row[pieceCount] = 1;
    if (polynomialCount > 1) row[pieceCount + 1] = (2 * t) / grid.durationSeconds - 1;
    layout.parameters?.write(t, a, 1, row, pieceCount + polynomialCount);
    row[ld - 1] = reduced[i];
    const range = Math.hypot(b[0] - a[0], b[1] - a[1], b[2] - a[2]);
    for (let j = 0; j < q; j++) {
      const r = 9 * ((firstSegment + segment) * q + j);
      const e = rotate(
        grid.rotation.subarray(r, r + 9),
        (b[0] - a[0]) / range,
        (b[1] - a[1]) / range,
        (b[2] - a[2]) / range,
      );
      for (let c = 0; c < 3; c++) {
        left[i * 6 * q + 3 * j + c] = -weights[j] * e[c];
        left[i * 6 * q + 3 * (q + j) + c] = weights[j] * e[c];
      }
    }
  }
  if (!partials) return data;
  for (let first = 0; first < rows; ) {
    const segment = segments[first];
    let end = first;
    while (end < rows && segments[end] === segment) end++;
    orbits.forEach((orbit, k) => {
      for (let j = 0; j < q; j++) {
        writeFieldPartials(orbit, segment * q + j, partials, right, 3 * (k * q + j) * count, count);
      }
    });
    const target = data.subarray(first * ld + layout.localCount);
    const part = left.subarray(first * 6 * q);
    await la.gemm(false, false, end - first, count, 6 * q, 1, part, 6 * q, right, count, 0, target, ld);
    first = end;
  }
  return data;
}
