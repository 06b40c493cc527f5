import {
  AccelerationPartials,
  coefficientOrdering,
  derivativeFactors,
  recursionTable,
  triangleIndex,
} from '@gravity/geodesy';
import type { FieldPartials } from '../arc/field-partials.js';
import { type KernelMemory, kernelMemory } from './kernel-memory.js';
import { runPartials } from './kernel-pool.js';
import type { PartialsTables } from './partials-task.js';

/**
 * `AccelerationPartials` by the kernels, for the nodes of many segments at once, on all threads. The rows lie in the
 * memory of the kernels, where linear algebra takes them from.
 */
export class PartialsKernel implements FieldPartials {
  readonly ordering;
  readonly memory: KernelMemory = kernelMemory();
  private readonly plain: AccelerationPartials;
  private readonly tables: PartialsTables;

  constructor(degreeMin: number, degreeMax: number, gm: number, radius: number) {
    this.ordering = coefficientOrdering(degreeMin, degreeMax);
    this.plain = new AccelerationPartials(degreeMin, degreeMax, gm, radius);
    this.tables = tablesOf(this.memory, degreeMin, degreeMax, gm, radius);
  }

  evaluate(x: number, y: number, z: number, out: Float64Array, offset: number, stride: number): void {
    this.plain.evaluate(x, y, z, out, offset, stride);
  }

  /**
   * Three rows for each point.
   *
   * @param points terrestrial, 3 each
   * @param targets byte addresses of the rows x in the memory of the kernels
   * @param strideBytes from row to row
   */
  async evaluateAll(
    points: Float64Array,
    targets: Float64Array,
    strideBytes: number,
    threads: number,
  ): Promise<void> {
    const count = targets.length;
    const pairs = Math.ceil(count / 2);
    const { memory } = this;
    const workBytes = 96 * (this.tables.degreeMax + 3) + 16 * 8;
    const bytes = 8 * 8 * pairs + threads * workBytes;
    const block = memory.allocate(bytes);
    const pointsAt = block;
    const targetsAt = block + 48 * pairs;
    const given = memory.doubles(pointsAt, 6 * pairs);
    const addresses = memory.doubles(targetsAt, 2 * pairs);
    given.set(points);
    addresses.set(targets);
    if (count < 2 * pairs) {
      given.set(points.subarray(3 * (count - 1)), 3 * count);
      addresses[count] = addresses[count - 1];
    }
    try {
      await runPartials(
        memory,
        {
          tables: this.tables,
          pairs,
          points: pointsAt,
          targets: targetsAt,
          work: block + 64 * pairs,
          workBytes,
          stride: strideBytes,
        },
        threads,
      );
    } finally {
      memory.release(block, bytes);
    }
  }
}

const known = new Map<string, PartialsTables>();

function tablesOf(
  memory: KernelMemory,
  degreeMin: number,
  degreeMax: number,
  gm: number,
  radius: number,
): PartialsTables {
  const key = `${degreeMin}:${degreeMax}:${gm}:${radius}`;
  const made = known.get(key);
  if (made) return made;
  const harmonics = ((degreeMax + 2) * (degreeMax + 3)) / 2;
  const size = ((degreeMax + 1) * (degreeMax + 2)) / 2;
  const table = memory.allocate(32 * harmonics);
  const factors = memory.allocate(24 * size);
  const { a, b, sectorial } = recursionTable(degreeMax + 1);
  const t = memory.doubles(table, 4 * harmonics);
  for (let n = 0; n <= degreeMax + 1; n++) {
    for (let m = 0; m <= n; m++) {
      const i = triangleIndex(n, m);
      t[4 * i] = m < n ? a[i] : 0;
      t[4 * i + 1] = m < n ? b[i] : 0;
      t[4 * i + 2] = m === n ? sectorial[n] : 0;
    }
  }
  const scale = gm / (radius * radius);
  const f = memory.doubles(factors, 3 * size);
  for (let n = 0; n <= degreeMax; n++) {
    for (let m = 0; m <= n; m++) {
      const { up, down, zonal } = derivativeFactors(n, m);
      f.set([scale * up, scale * down, scale * zonal], 3 * triangleIndex(n, m));
    }
  }
  const tables = { table, factors, degreeMin, degreeMax, radius };
  known.set(key, tables);
  return tables;
}
