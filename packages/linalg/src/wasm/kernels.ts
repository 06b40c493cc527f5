import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';

/** Exports of assembly/kernels.asc.ts: addresses and strides in bytes. */
export interface Kernels {
  readonly memory: WebAssembly.Memory;
  multiply(
    a: number,
    b: number,
    c: number,
    ldc: number,
    rowPanels: number,
    colPanels: number,
    k: number,
    upper: boolean,
  ): void;
  packAcross(source: number, ld: number, count: number, k: number, width: number, target: number): void;
  packAlong(source: number, ld: number, count: number, k: number, width: number, target: number): void;
  solveForward(t: number, rs: number, cs: number, x: number, ldx: number, m: number, n: number): void;
  solveBackward(t: number, rs: number, cs: number, x: number, ldx: number, m: number, n: number): void;
  factorize(a: number, lda: number, n: number): number;
}

export type KernelBuild = 'plain' | 'relaxed';

export interface KernelModule {
  readonly build: KernelBuild;
  readonly module: WebAssembly.Module;
}

const read = (build: KernelBuild): Buffer =>
  readFileSync(new URL(`../../wasm/${build}.wasm`, import.meta.url));

/**
 * Compiles the wanted build. `auto` takes the relaxed build when the runtime validates it.
 * Throws when `relaxed` is demanded of a runtime without relaxed SIMD.
 */
export function loadKernels(wanted: 'auto' | KernelBuild): KernelModule {
  if (wanted !== 'plain') {
    const bytes = read('relaxed');
    if (WebAssembly.validate(bytes)) return { build: 'relaxed', module: new WebAssembly.Module(bytes) };
    if (wanted === 'relaxed') {
      throw new Error(
        'this runtime refuses relaxed SIMD; on Node 20 start it with --experimental-wasm-relaxed-simd ' +
          'or call enableRelaxedSimd() first',
      );
    }
  }
  return { build: 'plain', module: new WebAssembly.Module(read('plain')) };
}

/**
 * Switches relaxed SIMD on for the whole process on runtimes that hide it behind a V8 flag (Node 20, 21); newer ones
 * need nothing. Call it before createLinearAlgebra. Returns whether the fused kernels are now accepted.
 */
export function enableRelaxedSimd(): boolean {
  const bytes = read('relaxed');
  if (!WebAssembly.validate(bytes)) {
    // V8 prints a complaint about a flag it no longer knows and goes on.
    setFlagsFromString('--experimental-wasm-relaxed-simd');
  }
  return WebAssembly.validate(bytes);
}

/** A fresh instance with its own memory; a compiled module may be sent to worker threads. */
export function instantiate(module: WebAssembly.Module): Kernels {
  return new WebAssembly.Instance(module).exports as unknown as Kernels;
}
