import type { HarmonicKernels } from './harmonic-kernels.js';
import {
  type HarmonicWork,
  quadsOf,
  RING_NUMBERS,
  ringCount,
  type Stage,
  sectoralSeeds,
  TILE_ORDERS,
  TILE_PAIRS,
} from './harmonic-work.js';
import { LEGENDRE_SCALE } from './legendre.js';

const PAGE = 65_536;
const QUAD_NUMBERS = 20;

interface Layout {
  readonly rings: number;
  readonly tops: number;
  readonly table: number;
  readonly source: number;
  readonly records: number;
  readonly sums: number;
  readonly phases: number;
  readonly circle: number;
  readonly radices: number;
  readonly x: number;
  readonly y: number;
  readonly rows: number;
  readonly bytes: number;
}

/** One thread's kernels and memory: does tiles of the work it was given last. */
export class HarmonicEngine {
  readonly #kernels: HarmonicKernels;
  #layout: Layout | undefined;
  #work: HarmonicWork | undefined;
  #numbers: Float64Array = new Float64Array(0);
  #seeds: Float64Array = new Float64Array(0);
  #passes = 0;

  constructor(module: WebAssembly.Module) {
    this.#kernels = new WebAssembly.Instance(module).exports as unknown as HarmonicKernels;
  }

  run(work: HarmonicWork, stage: Stage, tile: number): void {
    if (this.#work !== work) this.#begin(work);
    if (stage === 'orders') this.#orders(work, tile * TILE_ORDERS);
    else this.#rows(work, tile * TILE_PAIRS);
  }

  /** Forgets the work, so that its arrays can be freed. */
  release(): void {
    this.#work = undefined;
  }

  #begin(work: HarmonicWork): void {
    const { memory } = this.#kernels;
    const layout = layoutOf(work);
    const missing = Math.ceil((layout.bytes - memory.buffer.byteLength) / PAGE);
    if (missing > 0) memory.grow(missing);
    this.#layout = layout;
    this.#work = work;
    this.#numbers = new Float64Array(memory.buffer);
    this.#seeds = sectoralSeeds(work.maxDegree);
    this.#fillRings(work, layout);
    if (work.values.length > 0) this.#fillCircle(work, layout);
  }

  /** What of a ring does not change with the order; order 0 to begin with. */
  #fillRings(work: HarmonicWork, layout: Layout): void {
    const count = ringCount(work);
    const quads = quadsOf(count);
    const numbers = this.#numbers;
    const at = layout.rings / 8;
    numbers.fill(0, at, at + quads * QUAD_NUMBERS);
    const tops = new Int32Array(numbers.buffer, layout.tops, quads).fill(-1);
    for (let i = 0; i < count; i++) {
      const [sin, q, cos, factor, top] = work.rings.subarray(i * RING_NUMBERS, (i + 1) * RING_NUMBERS);
      const to = at + (i >> 2) * QUAD_NUMBERS + (i & 3);
      numbers[to] = sin * q;
      numbers[to + 4] = q * q;
      numbers[to + 12] = Math.sqrt(cos * q);
      numbers[to + 16] = factor / LEGENDRE_SCALE;
      tops[i >> 2] = Math.max(tops[i >> 2], top);
    }
  }

  #fillCircle({ columns, maxDegree, startDegrees }: HarmonicWork, layout: Layout): void {
    const numbers = this.#numbers;
    for (let k = 0, to = layout.circle / 8; k < columns; k++, to += 2) {
      numbers[to] = Math.cos((2 * Math.PI * k) / columns);
      numbers[to + 1] = Math.sin((2 * Math.PI * k) / columns);
    }
    for (let m = 0, to = layout.phases / 8; m <= maxDegree; m++, to += 2) {
      const angle = (((m * startDegrees) % 360) * Math.PI) / 180;
      numbers[to] = Math.cos(angle);
      numbers[to + 1] = Math.sin(angle);
    }
    const radices = radicesOf(columns);
    new Int32Array(numbers.buffer, layout.radices, radices.length).set(radices);
    this.#passes = radices.length;
  }

  /** Powers of cos φ·q to half the order, in the place of the quads. */
  #setOrder(work: HarmonicWork, m: number): void {
    const { rings } = this.#layout as Layout;
    const count = ringCount(work);
    for (let i = 0; i < count; i++) {
      const base = work.rings[i * RING_NUMBERS + 2] * work.rings[i * RING_NUMBERS + 1];
      this.#numbers[rings / 8 + (i >> 2) * QUAD_NUMBERS + 8 + (i & 3)] = base ** (m / 2);
    }
  }

  #orders(work: HarmonicWork, first: number): void {
    const layout = this.#layout as Layout;
    const { maxDegree, records, c, s, factors, general } = work;
    const { table, source, rings, tops, sums } = layout;
    const numbers = this.#numbers;
    const quads = quadsOf(ringCount(work));
    const length = 16 * quads;
    const end = Math.min(first + TILE_ORDERS, maxDegree + 1);
    this.#setOrder(work, first);
    for (let m = first; m < end; m++) {
      const count = maxDegree - m + 1;
      if (m > first) this.#kernels.nextOrder(rings, quads);
      if (work.kind === 'synthesis') {
        for (let n = m, to = source / 8; n <= maxDegree; n++, to += 2) {
          const index = (n * (n + 1)) / 2 + m;
          numbers[to] = factors[n] * c[index];
          numbers[to + 1] = factors[n] * s[index];
        }
        this.#kernels.prepare(table, source, m, maxDegree);
        this.#kernels.sumDegrees(
          table,
          rings,
          tops,
          layout.records,
          quads,
          m,
          count,
          this.#seeds[m],
          general,
        );
        records.set(numbers.subarray(layout.records / 8, layout.records / 8 + length), m * length);
      } else {
        numbers.set(records.subarray(m * length, (m + 1) * length), layout.records / 8);
        this.#kernels.prepare(table, 0, m, maxDegree);
        this.#kernels.projectDegrees(
          table,
          rings,
          tops,
          layout.records,
          sums,
          source,
          quads,
          m,
          count,
          this.#seeds[m],
        );
        for (let n = m, from = source / 8; n <= maxDegree; n++, from += 2) {
          const index = (n * (n + 1)) / 2 + m;
          c[index] = factors[n] * numbers[from];
          if (m > 0) s[index] = factors[n] * numbers[from + 1];
        }
      }
    }
  }

  #rows(work: HarmonicWork, first: number): void {
    const { maxDegree, records, columns, kind } = work;
    const layout = this.#layout as Layout;
    const kernels = this.#kernels;
    const numbers = this.#numbers;
    const at = layout.records / 8;
    const length = 16 * quadsOf(ringCount(work));
    const end = Math.min(first + TILE_PAIRS, Math.ceil(ringCount(work) / 2));
    const { phases, x, y, circle, radices, rows } = layout;
    for (let pair = first; pair < end; pair++) {
      if (kind === 'synthesis') {
        for (let m = 0, from = 8 * pair, to = at; m <= maxDegree; m++, from += length, to += 8) {
          for (let k = 0; k < 8; k++) numbers[to + k] = records[from + k];
        }
        kernels.spread(layout.records, phases, x, columns, maxDegree + 1);
        const result = kernels.fourier(x, y, circle, radices, this.#passes, columns);
        kernels.unpackRows(result, rows, columns);
        this.#moveRows(work, pair);
      } else {
        this.#moveRows(work, pair);
        kernels.packRows(rows, x, columns);
        const result = kernels.fourier(x, y, circle, radices, this.#passes, columns);
        kernels.gather(result, phases, layout.records, columns, maxDegree + 1);
        for (let m = 0, to = 8 * pair, from = at; m <= maxDegree; m++, to += length, from += 8) {
          for (let k = 0; k < 8; k++) records[to + k] = numbers[from + k];
        }
      }
    }
  }

  /** The rows of a pair of rings from the engine into the grid, or the other way round; what is missing is zero. */
  #moveRows(work: HarmonicWork, pair: number): void {
    const { kind, mirrored, columns, values, rows } = work;
    const numbers = this.#numbers;
    const rings = ringCount(work);
    for (let k = 3; k >= 0; k--) {
      const ring = 2 * pair + (k >> 1);
      const south = k % 2 === 1;
      const row = south ? rows - 1 - ring : ring;
      const from = (this.#layout as Layout).rows / 8 + k * columns;
      const there = ring < rings && !(south && (!mirrored || row === ring));
      if (kind === 'synthesis') {
        if (there) values.set(numbers.subarray(from, from + columns), row * columns);
      } else if (there) numbers.set(values.subarray(row * columns, (row + 1) * columns), from);
      else numbers.fill(0, from, from + columns);
    }
  }
}

function layoutOf(work: HarmonicWork): Layout {
  const quads = quadsOf(ringCount(work));
  const degrees = work.maxDegree + 1;
  const columns = work.values.length > 0 ? work.columns : 0;
  let bytes = 1024;
  const area = (length: number): number => {
    const at = bytes;
    bytes += Math.ceil(length / 64) * 64;
    return at;
  };
  const places = {
    rings: area(quads * QUAD_NUMBERS * 8),
    tops: area(quads * 4),
    table: area((degrees + 2) * 24),
    source: area(degrees * 16),
    // all rings of one order, or all orders of one pair of rings
    records: area(Math.max(quads * 128, degrees * 64)),
    sums: area(degrees * 32),
    phases: area(degrees * 16),
    circle: area(columns * 16),
    radices: area(64 * 4),
    x: area(columns * 32),
    y: area(columns * 32),
    rows: area(columns * 32),
  };
  return { ...places, bytes };
}

/** Factors of a length, fours first. */
function radicesOf(size: number): number[] {
  const radices: number[] = [];
  let rest = size;
  for (; rest % 4 === 0; rest /= 4) radices.push(4);
  for (let p = 2; rest > 1; p++) {
    if (p * p > rest) p = rest;
    for (; rest % p === 0; rest /= p) radices.push(p);
  }
  return radices;
}
