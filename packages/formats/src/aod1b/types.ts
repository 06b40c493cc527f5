/** atm atmosphere, ocn ocean, glo their sum, oba ocean bottom pressure. */
export type Aod1bType = 'atm' | 'ocn' | 'glo' | 'oba';

export interface Aod1bHeader {
  /** Every line of the header by its key. */
  readonly entries: Readonly<Record<string, string>>;
  /** GM, m³/s². */
  readonly gm: number;
  /** m */
  readonly radius: number;
  readonly maxDegree: number;
  /** Sets the header promises, when it does. */
  readonly setCount?: number;
  /** E.g. "06", from the software version or the file's name. */
  readonly release?: string;
  /** Time scale of the epochs in the lines of the sets; see `readAod1b`. */
  readonly timeScale: 'gps' | 'utc';
}

/** Fully normalized Stokes coefficients of one epoch and type. */
export interface Aod1bSet {
  /** Number in the file, from 1. */
  readonly number: number;
  readonly type: Aod1bType;
  /** Epoch, GPS seconds past 2000-01-01T12:00:00 GPS. */
  readonly gpsSeconds: number;
  readonly maxDegree: number;
  /** Degree by degree, (n, m) at n(n+1)/2 + m. */
  readonly c: Float64Array;
  readonly s: Float64Array;
}

export interface Aod1bFile {
  readonly header: Aod1bHeader;
  /** The sets of the wanted types in the order of the file; to be read once. */
  readonly sets: AsyncIterable<Aod1bSet>;
}

/** Coefficients of one partial tide: those multiplied by the cosine and by the sine of its argument. */
export interface Aod1bTide {
  readonly header: Aod1bHeader;
  /** S2, M2, … as the header names it. */
  readonly wave: string;
  readonly maxDegree: number;
  readonly cosine: { readonly c: Float64Array; readonly s: Float64Array };
  readonly sine: { readonly c: Float64Array; readonly s: Float64Array };
}
