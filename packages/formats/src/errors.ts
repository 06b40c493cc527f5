/** What is wrong with a file, for programs; the message says it for people. */
export type FormatErrorCode =
  | 'empty_file'
  | 'unknown_format'
  | 'header_without_end'
  | 'bad_header'
  | 'bad_yaml'
  | 'no_variables'
  | 'column_count'
  | 'not_a_number'
  | 'bad_flag'
  | 'undefined_product_bit'
  | 'unknown_satellite'
  | 'unknown_frame'
  | 'unknown_value'
  | 'bad_time'
  | 'truncated'
  | 'truncated_line'
  | 'bad_checksum'
  | 'line_too_long'
  | 'bad_gzip'
  | 'bad_tar'
  | 'too_large'
  | 'too_many_entries'
  | 'unsafe_name'
  | 'missing_field'
  | 'ambiguous'
  | 'unsupported'
  | 'out_of_range'
  | 'duplicate';

export interface FormatErrorPlace {
  /** Name of the file as the caller knows it. */
  readonly file: string;
  /** 1-based line, when the fault has one. */
  readonly line?: number;
  /** Offset from the start of a binary file, for faults that have no line. */
  readonly byteOffset?: number;
  /** 1-based column of the table (not the character). */
  readonly column?: number;
  /** Name of the column or header key. */
  readonly field?: string;
}

/** A file does not follow its format. The message names file, line and field. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
  readonly code: FormatErrorCode;
  readonly file: string;
  readonly line?: number;
  readonly byteOffset?: number;
  readonly column?: number;
  readonly field?: string;

  constructor(code: FormatErrorCode, text: string, place: FormatErrorPlace, cause?: unknown) {
    super(`${describePlace(place)}: ${text}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.file = place.file;
    this.line = place.line;
    this.byteOffset = place.byteOffset;
    this.column = place.column;
    this.field = place.field;
  }
}

function describePlace(place: FormatErrorPlace): string {
  let text = place.file;
  if (place.line !== undefined) text += `, line ${place.line}`;
  if (place.byteOffset !== undefined) text += `, byte ${place.byteOffset}`;
  if (place.column !== undefined) text += `, column ${place.column}`;
  if (place.field !== undefined) text += ` (${place.field})`;
  return text;
}

/** Shortens a piece of a file for an error message and makes control characters visible. */
export function quoteForMessage(text: string, maxLength = 40): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return JSON.stringify(cut);
}
