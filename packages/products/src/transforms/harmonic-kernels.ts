import { loadWasmBuild } from '@gravity/linalg';

/** Exports of assembly/harmonics.asc.ts: addresses in bytes. */
export interface HarmonicKernels {
  readonly memory: WebAssembly.Memory;
  prepare(table: number, source: number, m: number, degree: number): void;
  nextOrder(rings: number, quads: number): void;
  sumDegrees(
    table: number,
    rings: number,
    tops: number,
    out: number,
    quads: number,
    m: number,
    count: number,
    seed: number,
    general: boolean,
  ): void;
  projectDegrees(
    table: number,
    rings: number,
    tops: number,
    records: number,
    sums: number,
    target: number,
    quads: number,
    m: number,
    count: number,
    seed: number,
  ): void;
  spread(records: number, phases: number, x: number, size: number, orders: number): void;
  gather(x: number, phases: number, records: number, size: number, orders: number): void;
  unpackRows(x: number, rows: number, size: number): void;
  packRows(rows: number, x: number, size: number): void;
  fourier(x: number, y: number, circle: number, radices: number, passes: number, size: number): number;
}

/** The compiled kernels: the build with fused multiply-add where the runtime takes it. */
export function loadHarmonicKernels(): WebAssembly.Module {
  return loadWasmBuild((build) => new URL(`../../wasm/${build}.wasm`, import.meta.url)).module;
}
