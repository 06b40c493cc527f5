import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { ObjectStoreError } from '../errors.js';

export interface ResumedObjectSource {
  /** For messages. */
  readonly name: string;
  /** First byte of the body that is already open. */
  readonly start: number;
  /** Last byte wanted. */
  readonly last: number;
  /** Of the whole object, when all of it is read. */
  readonly sha256?: string;
  /** A new body from `start` to `last` of the same content; takes the time it needs, throws when it gives up. */
  reopen(start: number, last: number): Promise<Readable>;
}

/** Times a body may break in a row without a byte gained in between. */
const MAX_BARREN_BREAKS = 5;
const FIRST_DELAY_MS = 100;

/**
 * The bytes of an object over connections that may break: goes on at the byte reached. With `sha256` the last bytes
 * are only given out when the whole agrees with it.
 */
export class ResumedObject extends Readable {
  private body: Readable | undefined;
  private position: number;
  private opening = false;
  private complete = false;
  private barren = 0;
  private readonly hash = createHash('sha256');

  constructor(
    body: Readable,
    private readonly source: ResumedObjectSource,
  ) {
    super({ highWaterMark: 256 * 1024 });
    this.position = source.start;
    if (source.last < source.start) body.destroy();
    else this.attach(body);
  }

  override _read(): void {
    if (this.position > this.source.last) this.finish();
    else if (this.body !== undefined) this.body.resume();
    else if (!this.opening) void this.reopen();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.body?.destroy();
    this.body = undefined;
    done(error);
  }

  private attach(body: Readable): void {
    this.body = body;
    body.pause();
    body.on('data', (chunk: Buffer) => this.receive(body, chunk));
    const ended = () => {
      if (this.body !== body || this.position > this.source.last) return;
      this.body = undefined;
      body.destroy();
      this.barren += 1;
      if (this.barren > MAX_BARREN_BREAKS) {
        const message = `${this.source.name}: the connection broke ${this.barren} times at byte ${this.position}`;
        this.destroy(new ObjectStoreError('unavailable', message));
      } else if (this.readableLength < this.readableHighWaterMark) void this.reopen();
    };
    body.on('error', ended);
    body.on('end', ended);
    body.on('close', ended);
  }

  private receive(body: Readable, chunk: Buffer): void {
    if (this.body !== body) return;
    const rest = this.source.last + 1 - this.position;
    const wanted = chunk.subarray(0, rest);
    this.position += wanted.length;
    this.barren = 0;
    this.hash.update(wanted);
    const complete = this.position > this.source.last;
    if (complete && !this.agrees()) return;
    if (!this.push(wanted)) body.pause();
    if (chunk.length > rest) body.destroy();
    if (complete) this.finish();
  }

  private agrees(): boolean {
    const { sha256, name } = this.source;
    if (sha256 === undefined) return true;
    const found = this.hash.digest('hex');
    if (found === sha256) return true;
    const message = `${name}: the bytes received have SHA-256 ${found}, the object was stored with ${sha256}`;
    this.destroy(new ObjectStoreError('checksum_mismatch', message));
    return false;
  }

  private finish(): void {
    if (this.complete) return;
    this.complete = true;
    const body = this.body;
    this.body = undefined;
    // Read on to its end: the connection goes back to the pool.
    body?.resume();
    this.push(null);
  }

  private async reopen(): Promise<void> {
    this.opening = true;
    try {
      if (this.barren > 1) await sleep(FIRST_DELAY_MS * 2 ** this.barren);
      if (this.destroyed) return;
      const body = await this.source.reopen(this.position, this.source.last);
      if (this.destroyed) body.destroy();
      else {
        this.attach(body);
        body.resume();
      }
    } catch (error) {
      this.destroy(error as Error);
    } finally {
      this.opening = false;
    }
  }
}
