import { readFileSync } from 'node:fs';
import type { KernelBuild, KernelModule } from './kernels.js';

/**
 * Compiles WebAssembly kernels of another package, which reads no files itself: the relaxed build where this runtime
 * validates it (see enableRelaxedSimd), else the plain one.
 * @param urlOf where the compiled file of a build lies
 */
export function loadWasmBuild(urlOf: (build: KernelBuild) => URL): KernelModule {
  const bytes = readFileSync(urlOf('relaxed'));
  if (WebAssembly.validate(bytes)) return { build: 'relaxed', module: new WebAssembly.Module(bytes) };
  return { build: 'plain', module: new WebAssembly.Module(readFileSync(urlOf('plain'))) };
}
