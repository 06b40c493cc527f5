/** Partials of the acceleration (terrestrial, three rows) by the parameters of the field; `AccelerationPartials` is one. */
export interface FieldPartials {
  evaluate(x: number, y: number, z: number, out: Float64Array, offset: number, stride: number): void;
  /** For many points at once, see `PartialsKernel`. */
  readonly evaluateAll?: (
    points: Float64Array,
    targets: Float64Array,
    strideBytes: number,
    threads: number,
  ) => Promise<void>;
  /** Where `evaluateAll` can write to. */
  readonly memory?: {
    allocate(bytes: number): number;
    release(address: number, bytes: number): void;
    doubles(address: number, length: number): Float64Array;
  };
}
