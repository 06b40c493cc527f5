import { arch, env, platform } from 'node:process';

/** What this package calls of OpenBLAS; integer arguments are numbers, integer pointers made by `integer`. */
export interface OpenBlas {
  readonly path: string;
  readonly config: string;
  readonly core: string;
  /** Bits of the library's integers: 64 in ILP64 builds. */
  readonly integerBits: 32 | 64;
  /** Built on OpenMP, whose thread count belongs to the calling thread and cannot be set from here. */
  readonly openMp: boolean;
  setThreads(count: number): void;
  getThreads(): number;
  readonly dsyrk: NativeRoutine;
  readonly dgemm: NativeRoutine;
  readonly dtrsm: NativeRoutine;
  readonly dtrsv: NativeRoutine;
  readonly dpotrf: NativeRoutine;
  readonly dpotri: NativeRoutine;
  /** A one-element array to pass where Fortran wants a pointer to an integer. */
  integer(value: number): Int32Array | BigInt64Array;
}

export type NativeArgument = number | string | Float64Array | Int32Array | BigInt64Array;

export interface NativeRoutine {
  (...args: NativeArgument[]): unknown;
  async(...args: [...NativeArgument[], (error: unknown) => void]): void;
}

/** Where OpenBLAS usually lies; POSIX-thread builds before others, since theirs is the thread count we can set. */
function usualPlaces(): string[] {
  if (platform === 'darwin') {
    return [
      '/opt/homebrew/opt/openblas/lib/libopenblas.dylib',
      '/usr/local/opt/openblas/lib/libopenblas.dylib',
      '/opt/local/lib/libopenblas.dylib',
      'libopenblas.dylib',
    ];
  }
  if (platform === 'win32') return ['libopenblas.dll', 'openblas.dll'];
  const triplet = `${arch === 'arm64' ? 'aarch64' : arch === 'x64' ? 'x86_64' : arch}-linux-gnu`;
  return [
    `/usr/lib/${triplet}/openblas-pthread/libopenblas.so.0`,
    '/usr/lib64/libopenblasp.so.0',
    'libopenblasp.so.0',
    'libopenblas.so.0',
    'libopenblas.so',
    'libopenblas64.so.0',
    'libopenblas64_.so.0',
  ];
}

/**
 * Loads OpenBLAS from `path`, else from the file named by the variable GRAVITY_OPENBLAS, else from the usual places.
 * Returns the reason as text when there is none.
 */
export async function findOpenBlas(path: string | undefined): Promise<OpenBlas | string> {
  let koffi: Koffi;
  try {
    koffi = (await import('koffi')).default as unknown as Koffi;
  } catch (error) {
    return `koffi does not load on this platform: ${messageOf(error)}`;
  }
  const wanted = path ?? env.GRAVITY_OPENBLAS;
  let failure = 'OpenBLAS not found';
  for (const place of wanted ? [wanted] : usualPlaces()) {
    try {
      return bind(koffi, place);
    } catch (error) {
      if (wanted) failure = `OpenBLAS not loaded from ${wanted}: ${messageOf(error)}`;
    }
  }
  return failure;
}

/** The part of koffi used here; its own types are loose. */
interface Koffi {
  load(path: string): { func(name: string, result: string, args: string[]): NativeRoutine };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function bind(koffi: Koffi, path: string): OpenBlas {
  const library = koffi.load(path);
  // ILP64 builds may rename every symbol, which keeps them apart from an LP64 library in the same process.
  let suffix = '';
  const plain = (name: string, result: string, args: string[]): NativeRoutine => {
    for (const tail of [suffix, '64_', '_64']) {
      try {
        const routine = library.func(name + tail, result, args);
        suffix = tail;
        return routine;
      } catch (error) {
        if (tail === '_64') throw error;
      }
    }
    throw new Error(`no ${name} in ${path}`);
  };
  const config = String(plain('openblas_get_config', 'str', [])());
  const core = String(plain('openblas_get_corename', 'str', [])());
  const parallel = Number(plain('openblas_get_parallel', 'int', [])());
  const setThreads = plain('openblas_set_num_threads', 'void', ['int']);
  const getThreads = plain('openblas_get_num_threads', 'int', []);

  const integerBits = /\bUSE64BITINT\b/.test(config) ? 64 : 32;
  const i = integerBits === 64 ? 'int64_t' : 'int32_t';
  const [order, flag, x, data] = ['int', 'int', 'double', 'double *'];
  return {
    path,
    config,
    core,
    integerBits,
    openMp: parallel === 2,
    setThreads: (count) => void setThreads(count),
    getThreads: () => Number(getThreads()),
    dsyrk: plain('cblas_dsyrk', 'void', [order, flag, flag, i, i, x, data, i, x, data, i]),
    dgemm: plain('cblas_dgemm', 'void', [order, flag, flag, i, i, i, x, data, i, data, i, x, data, i]),
    dtrsm: plain('cblas_dtrsm', 'void', [order, flag, flag, flag, flag, i, i, x, data, i, data, i]),
    dtrsv: plain('cblas_dtrsv', 'void', [order, flag, flag, flag, i, data, i, data, i]),
    dpotrf: plain('dpotrf_', 'void', ['str', `${i} *`, data, `${i} *`, `${i} *`]),
    dpotri: plain('dpotri_', 'void', ['str', `${i} *`, data, `${i} *`, `${i} *`]),
    integer: (value) => (integerBits === 64 ? new BigInt64Array([BigInt(value)]) : new Int32Array([value])),
  };
}
