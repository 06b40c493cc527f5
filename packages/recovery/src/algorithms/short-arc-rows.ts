import type { LinearAlgebra } from '@gravity/linalg';
import type { RowBatch } from '../arc/design.js';
import type { DesignLayout } from '../arc/design-layout.js';
import type { FieldPartials } from '../arc/field-partials.js';
import type { ObservationSet } from '../arc/observation-set.js';
import { RANGE_RATE_ROW } from '../arc/row-writer.js';
import { rotate } from '../dynamics/forces.js';
import { fractionIn } from '../dynamics/node-grid.js';
import { interpolationWeights } from '../integration/gauss-legendre.js';
import { emptyRangingPartials, rangingPartials } from './ranging-partials.js';
import { type ReferenceShortArc, segmentOf } from './reference-short-arc.js';
import type { WorkSpace } from './work-space.js';

/** Kernel rows and state of one satellite at one epoch. */
interface Epoch {
  readonly position: Float64Array;
  readonly velocity: Float64Array;
  readonly state: Float64Array;
  readonly acceleration: Float64Array;
}

/**
 * Observation equations of one short arc: columns as in `DesignLayout`, with boundary positions in place of initial
 * states; rows ranging, then positions by satellite, divided by their standard deviations.
 */
export async function shortArcRows(
  orbits: readonly ReferenceShortArc[],
  { positions, rangeRate }: ObservationSet,
  layout: DesignLayout,
  partials: FieldPartials | undefined,
  la: LinearAlgebra,
  work: WorkSpace,
): Promise<RowBatch> {
  const { operator } = orbits[0];
  const { grid } = orbits[0].model;
  const nodes = operator.nodeCount;
  const n = 3 * nodes;
  const ld = layout.columnCount;
  const rows = positions.reduce((sum, { seconds }) => sum + 3 * seconds.length, rangeRate.seconds.length);
  const data = work.zeros('data', rows * ld);
  const kind = new Uint8Array(rows);
  const left = orbits.map((_, k) => work.zeros(`left ${k}`, rows * n));
  const epochs = orbits.map(() => emptyEpoch(nodes));
  const locate = (t: number) => {
    const segment = segmentOf(operator, orbits[0].firstSegment, grid.segmentSeconds, t);
    return { segment, fraction: fractionIn(grid, orbits[0].firstSegment + segment, t) };
  };

  const ranging = emptyRangingPartials();
  const withAccelerations = rangeRate.type === 'range_acceleration';
  let row = 0;
  rangeRate.seconds.forEach((t, i) => {
    const { segment, fraction } = locate(t);
    const tau = (segment + fraction) / operator.segmentCount;
    const direct = withAccelerations ? interpolationWeights(operator.rule, fraction) : undefined;
    epochs.forEach((epoch, k) => {
      orbits[k].stateAt(segment, fraction, epoch.position, epoch.velocity, epoch.state);
      if (direct) orbits[k].interpolate(segment, direct, epoch.acceleration);
    });
    rangingPartials(
      rangeRate.type,
      epochs.map((e) => e.state),
      epochs.map((e) => e.acceleration),
      ranging,
    );
    const weight = 1 / rangeRate.sigma;
    epochs.forEach((epoch, k) => {
      const sign = k === 0 ? -weight : weight;
      const target = left[k].subarray(row * n, (row + 1) * n);
      for (let c = 0; c < 3; c++) {
        const dr = sign * ranging.position[c];
        const dv = sign * ranging.velocity[c];
        boundaryColumns(data, row * ld + 6 * k + c, tau, operator.durationSeconds, dr, dv);
        for (let j = 0; j < nodes; j++) target[3 * j + c] = dr * epoch.position[j] + dv * epoch.velocity[j];
        direct?.forEach((w, j) => {
          target[3 * (segment * operator.rule.q + j) + c] += sign * w * ranging.acceleration[c];
        });
      }
    });
    const column = row * ld + 6 * orbits.length;
    const { polynomialCount, rangingParameters } = layout;
    if (polynomialCount > 0) data[column] = weight;
    if (polynomialCount > 1) data[column + 1] = weight * ((2 * t) / grid.durationSeconds - 1);
    rangingParameters?.write(t, epochs[0].state, weight, data, column + polynomialCount);
    data[row * ld + ld - 1] = weight * (rangeRate.value[i] - ranging.computed);
    kind[row++] = RANGE_RATE_ROW;
  });

  positions.forEach((set, k) => {
    const [epoch] = epochs;
    const weight = 1 / set.sigma;
    set.seconds.forEach((t, i) => {
      const { segment, fraction } = locate(t);
      const tau = (segment + fraction) / operator.segmentCount;
      orbits[k].stateAt(segment, fraction, epoch.position, epoch.velocity, epoch.state);
      for (let c = 0; c < 3; c++) {
        boundaryColumns(data, row * ld + 6 * k + c, tau, operator.durationSeconds, weight, 0);
        for (let j = 0; j < nodes; j++) left[k][row * n + 3 * j + c] = weight * epoch.position[j];
        data[row * ld + ld - 1] = weight * (set.position[3 * i + c] - epoch.state[c]);
        kind[row++] = k;
      }
    });
  });

  for (const [k, orbit] of orbits.entries()) await dynamicColumns(k, orbit, rows);
  return { rows, data, kind };

  /** What accelerations at the nodes do: those of the boundary positions, and of the parameters of the forces. */
  async function dynamicColumns(k: number, orbit: ReferenceShortArc, m: number): Promise<void> {
    if (m === 0) return;
    await la.gemm(
      false,
      false,
      m,
      6,
      n,
      1,
      left[k],
      n,
      orbit.boundaryAcceleration,
      6,
      1,
      data.subarray(6 * k),
      ld,
    );
    const width = layout.dynamicCount;
    if (width === 0) return;
    const folded = work.take('folded', m * n);
    await la.gemm(false, false, m, n, n, 1, left[k], n, orbit.feedback, n, 0, folded, n);
    turnRows(m, folded, n, grid.rotation.subarray(9 * orbit.firstSegment * operator.rule.q));
    const right = accelerationRows(orbit, k, layout, partials, work);
    const target = data.subarray(layout.dynamicOffset);
    await la.gemm(false, false, m, width, n, 1, folded, n, right, width, 1, target, ld);
  }
}

/** Turns the triples of every row, one per node, to the terrestrial frame: (R v) · f = v · (Rᵀ f). */
function turnRows(rows: number, data: Float64Array, width: number, rotation: Float64Array): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0, r = 0; j < width; j += 3, r += 9) {
      const p = i * width + j;
      const [x, y, z] = [data[p], data[p + 1], data[p + 2]];
      for (let c = 0; c < 3; c++) {
        data[p + c] = rotation[r + 3 * c] * x + rotation[r + 3 * c + 1] * y + rotation[r + 3 * c + 2] * z;
      }
    }
  }
}

function emptyEpoch(nodes: number): Epoch {
  return {
    position: new Float64Array(nodes),
    velocity: new Float64Array(nodes),
    state: new Float64Array(6),
    acceleration: new Float64Array(3),
  };
}

/** Partials by one coordinate of both boundary positions along the straight line between them. */
function boundaryColumns(
  data: Float64Array,
  column: number,
  tau: number,
  duration: number,
  position: number,
  velocity: number,
): void {
  data[column] += (1 - tau) * position - velocity / duration;
  data[column + 3] += tau * position + velocity / duration;
}

/** Partials of the acceleration (terrestrial) at the nodes: 3 rows per node, calibration then coefficients. */
function accelerationRows(
  orbit: ReferenceShortArc,
  satellite: number,
  layout: DesignLayout,
  partials: FieldPartials | undefined,
  work: WorkSpace,
): Float64Array {
  const { model, operator, firstSegment } = orbit;
  const width = layout.dynamicCount;
  const first = firstSegment * operator.rule.q;
  const right = work.zeros('right', 3 * operator.nodeCount * width);
  const own = model.calibrationNames.length;
  const shift = satellite === 0 ? 0 : layout.calibrationCount - own;
  for (let j = 0; j < operator.nodeCount; j++) {
    const row = 3 * j * width;
    for (let p = 0; p < own; p++) {
      const value = model.calibrationPartial(p, first + j);
      for (let c = 0; c < 3; c++) right[row + c * width + shift + p] = value[c];
    }
    if (partials) writeFieldPartials(orbit, j, partials, right, row + layout.calibrationCount, width);
  }
  return right;
}

/** Partials of the acceleration (terrestrial, three rows) at node j of a short arc by the coefficients. */
export function writeFieldPartials(
  { model, operator, firstSegment, position }: ReferenceShortArc,
  j: number,
  partials: FieldPartials,
  out: Float64Array,
  offset: number,
  stride: number,
): void {
  const r = 9 * (firstSegment * operator.rule.q + j);
  const turn = model.grid.rotation.subarray(r, r + 9);
  const [x, y, z] = rotate(turn, position[3 * j], position[3 * j + 1], position[3 * j + 2]);
  partials.evaluate(x, y, z, out, offset, stride);
}
