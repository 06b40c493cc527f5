import { type Selectable, type SelectQueryBuilder, sql } from 'kysely';
import type { Database } from '../db/database.js';
import type { AuditLogsTable, DatabaseSchema } from '../db/schema.js';

/** Which rows are wanted; every member narrows. */
export interface AuditFilter {
  readonly user_id?: string;
  readonly username?: string;
  readonly action?: string;
  readonly method?: string;
  /** The path begins with this. */
  readonly resource?: string;
  readonly ip?: string;
  readonly request_id?: string;
  readonly status?: number;
  /** 2 for 200 to 299, and so on. */
  readonly status_class?: number;
  readonly start_time?: string;
  readonly end_time?: string;
}

export type AuditRecord = Selectable<AuditLogsTable> & { readonly time_text: string };

/** Time (to the microsecond) and request behind which a page begins. */
export type AuditPosition = readonly [time: string, requestId: string];

function filtered(
  db: Database,
  filter: AuditFilter,
): SelectQueryBuilder<DatabaseSchema, 'audit_logs', AuditRecord> {
  let query = db.kysely.selectFrom('audit_logs').selectAll().select(sql<string>`time::text`.as('time_text'));
  for (const column of ['user_id', 'username', 'action', 'method', 'ip', 'request_id', 'status'] as const) {
    const value = filter[column];
    if (value !== undefined) query = query.where(column, '=', value);
  }
  const { resource, status_class: statusClass, start_time: start, end_time: end } = filter;
  if (resource !== undefined) query = query.where(sql<boolean>`starts_with(resource, ${resource})`);
  if (statusClass !== undefined) {
    query = query.where('status', '>=', statusClass * 100).where('status', '<', statusClass * 100 + 100);
  }
  if (start !== undefined) query = query.where('time', '>=', new Date(start));
  if (end !== undefined) query = query.where('time', '<', new Date(end));
  return query;
}

/** Rows after the position, newest first. */
export function readAudit(
  db: Database,
  filter: AuditFilter,
  after: AuditPosition | undefined,
  limit: number,
): Promise<AuditRecord[]> {
  let query = filtered(db, filter);
  if (after !== undefined) {
    const [time, id] = after;
    query = query.where(sql<boolean>`(time, request_id) < (${time}::timestamptz, ${id})`);
  }
  return query.orderBy('time', 'desc').orderBy('request_id', 'desc').limit(limit).execute();
}

export const auditColumns = [
  'time',
  'request_id',
  'user_id',
  'username',
  'action',
  'method',
  'resource',
  'ip',
  'status',
  'duration_ms',
  'chain_id',
  'chain_seq',
  'chain_hash',
] as const;

function plain(row: AuditRecord): Record<(typeof auditColumns)[number], string | number | null> {
  const entries = auditColumns.map((column) => {
    const value = row[column];
    return [
      column,
      value instanceof Date
        ? value.toISOString()
        : column === 'chain_seq' && value !== null
          ? Number(value)
          : value,
    ];
  });
  return Object.fromEntries(entries);
}

/** A cell of a table program must not be read as a formula by it. */
function csvCell(value: string | number | null): string {
  if (value === null) return '';
  const text = String(value);
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const EXPORT_PAGE = 2000;

/** All rows as text, newest first, page by page: an export of any size holds one page in memory. */
export async function* exportAudit(
  db: Database,
  filter: AuditFilter,
  format: 'csv' | 'ndjson',
): AsyncGenerator<string, void, undefined> {
  if (format === 'csv') yield `${auditColumns.join(',')}\r\n`;
  let after: AuditPosition | undefined;
  for (;;) {
    const rows = await readAudit(db, filter, after, EXPORT_PAGE);
    const lines = rows.map((row) => {
      const record = plain(row);
      return format === 'ndjson'
        ? `${JSON.stringify(record)}\n`
        : `${auditColumns.map((column) => csvCell(record[column])).join(',')}\r\n`;
    });
    if (lines.length > 0) yield lines.join('');
    const last = rows.at(-1);
    if (last === undefined || rows.length < EXPORT_PAGE) return;
    after = [last.time_text, last.request_id];
  }
}
