import type { FormatErrorCode, QualityReport, TableReadOptions } from '@gravity/formats';
import type { CopiedRows } from './copy-rows.js';
import type { GpsInterval } from './parameters.js';

/** What the parsing thread is asked to do with one file; plain data. */
export interface ParseRequest {
  readonly id: number;
  /** The staged file. */
  readonly path: string;
  /** Where the rows for COPY go. */
  readonly copyPath: string;
  /** Name of the file, for messages and for what the name tells. */
  readonly name: string;
  /** Identifier of its future row in ingested_files. */
  readonly fileId: string;
  readonly dataType: 'l1b' | 'table';
  readonly satellites: readonly string[];
  readonly interval?: GpsInterval;
  readonly validate: boolean;
  readonly table?: Omit<TableReadOptions, 'file'>;
}

export interface StoredColumn {
  readonly name: string;
  readonly unit: string | null;
  readonly kind: 'number' | 'text';
}

/** A file whose records are ready for COPY. */
export interface ParsedFile extends CopiedRows {
  readonly product: string;
  /** Canonical name, or a pair. */
  readonly satellite: string;
  readonly table: 'satellite_observations' | 'baseline_vectors';
  readonly release: string | null;
  readonly gpsStart: number | null;
  readonly gpsEnd: number | null;
  readonly records: number;
  readonly headerRecords: number | null;
  readonly columns: readonly StoredColumn[];
  readonly quality: QualityReport;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface ParseFault {
  readonly code: FormatErrorCode | string;
  readonly message: string;
  readonly file: string;
  readonly line?: number;
  readonly field?: string;
}

export type ParseOutcome =
  | { readonly kind: 'parsed'; readonly file: ParsedFile }
  | {
      readonly kind: 'skipped';
      readonly reason: string;
      readonly product?: string;
      readonly satellite?: string;
    }
  | { readonly kind: 'fault'; readonly fault: ParseFault };

export type ParserMessage =
  | { readonly id: number; readonly progress: { readonly bytes: number; readonly records: number } }
  | { readonly id: number; readonly outcome: ParseOutcome }
  | { readonly id: number; readonly failure: string; readonly code?: string };
