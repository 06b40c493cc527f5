import { closeSync, openSync, writeSync } from 'node:fs';
import { gpsEpoch, gpsToUtc, utcDaySeconds } from '@gravity/geodesy';
import { BinaryRowWriter, POSTGRES_EPOCH_SECONDS, textField, uuidField } from '../../db/copy-binary.js';
import type { SeriesMark } from '../../db/time-series/row-marks.js';

const BLOCK_BYTES = 2 * 1024 * 1024;
const HOUR_MICROSECONDS = 3_600_000_000;
/** 2000-01-01, the epoch of PostgreSQL. */
const POSTGRES_EPOCH_MJD = 51_544;

/** What the rows of a file have been written as. */
export interface CopiedRows {
  /** Bytes of the blocks of the file, each a whole COPY stream. */
  readonly blocks: readonly number[];
  readonly marks: readonly SeriesMark[];
}

/**
 * Writes the rows of one file as blocks for COPY and keeps the hours they touch. Only for the parsing thread: it blocks.
 */
export class CopyRows {
  readonly writer: BinaryRowWriter;
  readonly #blocks: number[] = [];
  readonly #hours = new Map<string, Set<number>>();
  readonly #utc = createUtcMicroseconds();
  readonly #product: string;
  readonly #fileId: Uint8Array;
  readonly #owners = new Map<string, Uint8Array>();
  #descriptor: number;
  #owner = '';
  #ownerFields: Uint8Array = new Uint8Array(0);
  #hour = Number.NaN;

  /** @param fields number of columns */
  constructor(path: string, fields: number, product: string, fileId: string) {
    this.#descriptor = openSync(path, 'w', 0o600);
    this.#product = product;
    this.#fileId = uuidField(fileId);
    this.writer = new BinaryRowWriter(fields, BLOCK_BYTES, (block) => {
      for (let at = 0; at < block.length; ) at += writeSync(this.#descriptor, block, at);
      this.#blocks.push(block.length);
    });
  }

  /** Begins a row: time, gps_seconds, satellite or pair, product, file_id. */
  start(wholeSeconds: number, fraction: number, gpsSeconds: number, owner: string): void {
    const { writer } = this;
    const microseconds = this.#utc(wholeSeconds, fraction);
    const hour = Math.floor(microseconds / HOUR_MICROSECONDS);
    if (owner !== this.#owner || hour !== this.#hour) this.#mark(owner, hour);
    writer.startRow();
    writer.timestamp(microseconds);
    writer.float8(gpsSeconds);
    writer.encoded(this.#ownerFields);
  }

  #mark(owner: string, hour: number): void {
    let fields = this.#owners.get(owner);
    if (!fields) {
      fields = Buffer.concat([textField(owner), textField(this.#product), this.#fileId]);
      this.#owners.set(owner, fields);
      this.#hours.set(owner, new Set());
    }
    this.#hours.get(owner)?.add(hour);
    this.#owner = owner;
    this.#hour = hour;
    this.#ownerFields = fields;
  }

  /** Writes the rest. */
  finish(): CopiedRows {
    this.writer.finish();
    this.close();
    const marks = [...this.#hours].flatMap(([owner, hours]) =>
      [...hours].map((hour) => ({ owner, product: this.#product, bucket: isoHour(hour) })),
    );
    return { blocks: this.#blocks, marks };
  }

  close(): void {
    if (this.#descriptor < 0) return;
    closeSync(this.#descriptor);
    this.#descriptor = -1;
  }
}

const isoHour = (hour: number): string =>
  `${new Date((POSTGRES_EPOCH_SECONDS + hour * 3600) * 1000).toISOString().slice(0, 13)}:00:00Z`;

/**
 * GPS epochs as UTC in microseconds since 2000-01-01. The conversion is kept for a whole UTC day, so that a full day of
 * records costs one look at the table of leap seconds. A 60th second falls on the next full minute, as PostgreSQL has it;
 * gps_seconds keeps it apart.
 */
export function createUtcMicroseconds(): (wholeSeconds: number, fraction: number) => number {
  let dayStart = Number.NaN;
  let dayLength = 0;
  let dayMicroseconds = 0;
  return (wholeSeconds, fraction) => {
    const microseconds = Math.round(fraction * 1e6);
    const whole = microseconds >= 1e6 ? wholeSeconds + 1 : wholeSeconds;
    let second = whole - dayStart;
    if (!(second >= 0 && second < dayLength)) {
      const utc = gpsToUtc(gpsEpoch(whole));
      dayStart = whole - Math.round(utc.secondsOfDay);
      dayLength = utcDaySeconds(utc.mjd);
      dayMicroseconds = (utc.mjd - POSTGRES_EPOCH_MJD) * 86_400_000_000;
      second = whole - dayStart;
    }
    return dayMicroseconds + second * 1e6 + (microseconds >= 1e6 ? 0 : microseconds);
  };
}

/** Width binary digits, bit 0 rightmost. */
export function bitText(value: number, width: number): string {
  return value.toString(2).padStart(width, '0');
}

/** Fields of flags: there are few different ones in a file. */
export function flagFields(width: number): (value: number) => Uint8Array {
  const known = new Map<number, Uint8Array>();
  return (value) => {
    let field = known.get(value);
    if (!field) {
      field = textField(bitText(value, width));
      if (known.size < 4096) known.set(value, field);
    }
    return field;
  };
}
