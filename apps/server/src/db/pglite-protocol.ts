/** Messages between the process and the thread that holds PGlite. */

export interface WorkerOptions {
  /** Folder of the cluster; undefined keeps the database in memory (tests only). */
  readonly folder: string | undefined;
}

export type WorkerRequest =
  | {
      readonly id: number;
      readonly op: 'query';
      readonly sql: string;
      readonly parameters: readonly unknown[];
    }
  | {
      readonly id: number;
      readonly op: 'copyIn';
      readonly sql: string;
      readonly data: Uint8Array<ArrayBuffer>;
    }
  | { readonly id: number; readonly op: 'copyOut'; readonly sql: string }
  | { readonly id: number; readonly op: 'close' };

export interface WorkerResult {
  readonly rows: readonly unknown[];
  readonly command: string | undefined;
  readonly rowCount: number | undefined;
}

/** The fields of a PostgreSQL error, under the names node-postgres gives them. */
export interface SerializedError {
  readonly message: string;
  readonly code?: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly column?: string;
  readonly constraint?: string;
  readonly where?: string;
  readonly severity?: string;
}

export type WorkerReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'startFailed'; readonly error: SerializedError }
  | { readonly kind: 'chunk'; readonly id: number; readonly data: Uint8Array }
  | { readonly kind: 'done'; readonly id: number; readonly result: WorkerResult }
  | { readonly kind: 'failed'; readonly id: number; readonly error: SerializedError };
