// The types of Node 20 leave WebAssembly to the DOM library, which has no place in a computing package.
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports?: Record<string, Record<string, unknown>>);
    readonly exports: Readonly<Record<string, unknown>>;
  }
  interface Memory {
    readonly buffer: ArrayBuffer;
    /** Adds pages of 64 KiB; views on the buffer before are detached. */
    grow(pages: number): number;
  }
  function validate(bytes: Uint8Array): boolean;
}
