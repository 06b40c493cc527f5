const THOUSANDS = /\B(?=(\d{3})+(?!\d))/g;

/** 43 200 (with a narrow no-break space). */
export function groupDigits(value: number): string {
  return String(value).replace(THOUSANDS, '\u202f');
}

/**
 * Progress in bytes of the source worked off: bytes read of the entries, held back for the file that is still being
 * parsed.
 */
export class IngestProgress {
  readonly #total: number;
  readonly #report: (fraction: number, message: string) => void;
  #entriesDone = 0;
  #entryBytes = 0;
  #read = 0;
  #fraction = 0;

  constructor(total: number, report: (fraction: number, message: string) => void) {
    this.#total = Math.max(1, total);
    this.#report = report;
  }

  get sourceBytes(): number {
    return this.#entriesDone + this.#read;
  }

  startEntry(bytes: number): void {
    this.#entryBytes = bytes;
    this.#read = 0;
  }

  endEntry(): void {
    this.#entriesDone += Math.max(this.#entryBytes, this.#read);
    this.#entryBytes = 0;
    this.#read = 0;
  }

  /** Bytes of the entry read so far, counted as they pass. */
  count(bytes: number): void {
    this.#read += bytes;
  }

  /** Where in the source the reading stands. */
  position(): number {
    return this.#entriesDone + Math.min(this.#read, this.#entryBytes || this.#read);
  }

  /** @param position bytes of the source worked off */
  show(position: number, message: string): void {
    // never backwards, and never 1 before the end
    this.#fraction = Math.max(this.#fraction, Math.min(0.999, position / this.#total));
    this.#report(this.#fraction, message);
  }
}
