import { loadWasmBuild } from '@gravity/linalg';

/** Exports of assembly/dynamics.asc.ts: addresses and strides in bytes. */
export interface DynamicsKernels {
  partials(
    table: number,
    factors: number,
    from: number,
    to: number,
    point: number,
    work: number,
    outA: number,
    outB: number,
    stride: number,
  ): void;
  sum3(series: number, degree: number, point: number, out: number): void;
  sum5(series: number, degree: number, point: number, out: number): void;
}

const PAGE = 65536;
const MAX_PAGES = 65536;

/** The kernels on a memory. One build for all machines: no fused operations, so that results are the same everywhere. */
export function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): DynamicsKernels {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as DynamicsKernels;
}

/**
 * A shared memory with the kernels on it. It only grows: what is released is handed out again for the same size, which
 * is what the arcs of one recovery ask for.
 */
export class KernelMemory {
  readonly memory = new WebAssembly.Memory({ initial: 16, maximum: MAX_PAGES, shared: true });
  readonly kernels: DynamicsKernels;
  private readonly released = new Map<number, number[]>();
  private top = 1024;

  constructor(readonly module: WebAssembly.Module) {
    this.kernels = instantiateKernels(module, this.memory);
  }

  /** @returns an address, multiple of 64 */
  allocate(bytes: number): number {
    const size = Math.ceil(bytes / 64) * 64;
    const again = this.released.get(size)?.pop();
    if (again !== undefined) return again;
    const address = this.top;
    const missing = address + size - this.memory.buffer.byteLength;
    // A refusal throws a RangeError that says so.
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    this.top += size;
    return address;
  }

  release(address: number, bytes: number): void {
    const size = Math.ceil(bytes / 64) * 64;
    const list = this.released.get(size);
    if (list) list.push(address);
    else this.released.set(size, [address]);
  }

  doubles(address: number, length: number): Float64Array {
    return new Float64Array(this.memory.buffer, address, length);
  }
}

let own: KernelMemory | undefined;

/** The memory of this thread. */
export function kernelMemory(): KernelMemory {
  own ??= new KernelMemory(
    loadWasmBuild(() => new URL('../../wasm/dynamics.wasm', import.meta.url)).module as WebAssembly.Module,
  );
  return own;
}
