/** One request, as the audit trail keeps it. Holds no body, no query string and no credential. */
export interface AuditRow {
  readonly time: string;
  readonly request_id: string;
  readonly user_id: string | null;
  readonly username: string | null;
  /** Name of the operation, such as createPlan. */
  readonly action: string;
  readonly method: string;
  /** Path without the query string. */
  readonly resource: string;
  readonly ip: string;
  readonly status: number;
  readonly duration_ms: number;
}

/** A row out of a journal line; undefined when the line was cut off by a crash. */
export function parseAuditLine(line: string): AuditRow | undefined {
  try {
    const row = JSON.parse(line) as AuditRow;
    return typeof row.request_id === 'string' && typeof row.time === 'string' ? row : undefined;
  } catch {
    return undefined;
  }
}
