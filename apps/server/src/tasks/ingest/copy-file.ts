import { closeSync, openSync, writeSync } from 'node:fs';

const CHUNK_CHARACTERS = 256 * 1024;

/** Collects rows of COPY text and writes them to a file in large pieces. Only for the parsing thread: it blocks. */
export class CopyFile {
  #descriptor: number;
  #rows = '';

  constructor(path: string) {
    this.#descriptor = openSync(path, 'w', 0o600);
  }

  /** Adds a row, without its line end. */
  add(row: string): void {
    this.#rows += `${row}\n`;
    if (this.#rows.length >= CHUNK_CHARACTERS) this.#flush();
  }

  #flush(): void {
    const bytes = Buffer.from(this.#rows, 'utf8');
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
    this.#rows = '';
  }

  /** Writes the rest; with `discard` the rest is dropped. */
  close(discard = false): void {
    if (this.#descriptor < 0) return;
    if (!discard) this.#flush();
    closeSync(this.#descriptor);
    this.#descriptor = -1;
  }
}
