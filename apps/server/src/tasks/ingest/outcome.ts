import type { QualityReport } from '@gravity/formats';
import type { ParseFault } from './parse-protocol.js';

/** What became of one file of the source. */
export interface FileOutcome {
  readonly status: 'ingested' | 'already_ingested' | 'skipped' | 'rejected';
  readonly name: string;
  /** Name of the archive the file came from, when it did. */
  readonly archive?: string;
  readonly product?: string;
  readonly satellite?: string;
  readonly records?: number;
  readonly bytes?: number;
  readonly fileId?: string;
  readonly sha256?: string;
  readonly warnings?: readonly string[];
  readonly reason?: string;
  readonly fault?: ParseFault;
  readonly quality?: QualityReport;
}

const MAX_FILES = 500;
const MAX_REPORTS = 100;
const MAX_ISSUES = 20;

export interface IngestCounts {
  readonly sourceBytes: number;
  readonly ignored: number;
  readonly seconds: number;
}

/** The job's result: limited in size whatever the source holds; the full reports are with the files. */
export function ingestResult(
  outcomes: readonly FileOutcome[],
  counts: IngestCounts,
): Record<string, unknown> {
  const of = (status: FileOutcome['status']) => outcomes.filter((outcome) => outcome.status === status);
  const ingested = of('ingested');
  const known = of('already_ingested');
  const rejected = of('rejected');
  const sum = (list: readonly FileOutcome[], pick: (o: FileOutcome) => number | undefined) =>
    list.reduce((total, outcome) => total + (pick(outcome) ?? 0), 0);
  const records = sum(ingested, (o) => o.records);
  // what was stored comes first: the list may be cut
  const listed = [...ingested, ...known, ...rejected, ...of('skipped')];
  const seconds = Math.round(counts.seconds * 1000) / 1000;
  return {
    files: listed.slice(0, MAX_FILES).map((outcome) => ({
      name: outcome.name,
      ...(outcome.archive !== undefined && { archive: outcome.archive }),
      product: outcome.product ?? null,
      satellite: outcome.satellite ?? null,
      records: outcome.records ?? 0,
      status: outcome.status,
      warnings: outcome.warnings ?? [],
      ...(outcome.reason !== undefined && { reason: outcome.reason }),
      ...(outcome.fileId !== undefined && { file_id: outcome.fileId }),
      ...(outcome.sha256 !== undefined && { sha256: outcome.sha256 }),
    })),
    files_truncated: listed.length > MAX_FILES,
    totals: {
      files: outcomes.length,
      ingested: ingested.length,
      already_ingested: known.length,
      rejected: rejected.length,
      skipped: of('skipped').length,
      ignored: counts.ignored,
      records,
      records_already_ingested: sum(known, (o) => o.records),
      ingested_bytes: sum(ingested, (o) => o.bytes),
      by_product: byProduct(ingested),
    },
    rejected: rejected.slice(0, MAX_FILES).map(rejection),
    quality: ingested
      .flatMap(({ quality }) => (quality ? [quality] : []))
      .slice(0, MAX_REPORTS)
      .map(shortReport),
    bytes: counts.sourceBytes,
    duration_seconds: seconds,
    records_per_second: seconds > 0 ? Math.round(records / seconds) : 0,
  };
}

function byProduct(outcomes: readonly FileOutcome[]): Record<string, { files: number; records: number }> {
  const totals: Record<string, { files: number; records: number }> = {};
  for (const { product = 'unknown', records = 0 } of outcomes) {
    totals[product] ??= { files: 0, records: 0 };
    totals[product].files += 1;
    totals[product].records += records;
  }
  return totals;
}

/** {file, line, code, message} of a rejected file. */
export function rejection(outcome: FileOutcome) {
  const { name, archive, fault } = outcome;
  return {
    file: fault?.file ?? name,
    ...(archive !== undefined && { archive }),
    ...(fault?.line !== undefined && { line: fault.line }),
    ...(fault?.field !== undefined && { field: fault.field }),
    code: fault?.code ?? 'rejected',
    message: fault?.message ?? outcome.reason ?? 'rejected',
  };
}

/** Errors of a job in which nothing could be ingested. */
export function jobErrors(outcomes: readonly FileOutcome[]) {
  return outcomes.slice(0, MAX_FILES).map((outcome) => {
    if (outcome.status !== 'rejected')
      return { file: outcome.name, message: outcome.reason ?? outcome.status };
    const { file, line, message } = rejection(outcome);
    return { field: 'data_source', file, ...(line !== undefined && { line }), message };
  });
}

function shortReport(report: QualityReport) {
  return {
    file: report.file,
    product: report.product,
    severity: report.severity,
    records: report.recordCount,
    gaps: report.gaps.count,
    missing_records: report.gaps.missingRecords,
    duplicate_epochs: report.duplicateEpochs,
    outside_interval: report.outsideInterval,
    completeness: report.completeness ?? null,
    flags: report.flags,
    issues: report.issues.slice(0, MAX_ISSUES),
  };
}

/** Messages of a report's warnings. */
export function warningsOf(report: QualityReport): string[] {
  return report.issues
    .filter((issue) => issue.severity === 'warning')
    .slice(0, MAX_ISSUES)
    .map((issue) => issue.message);
}

/** The fault that rejects a file under validation: its first serious issue. */
export function seriousFault(report: QualityReport): ParseFault | undefined {
  const serious = report.issues.filter((issue) => issue.severity === 'error');
  if (serious.length === 0) return undefined;
  const [{ code, field, firstLine }] = serious;
  const text = serious.map((issue) => issue.message).join('; ');
  const place = firstLine === undefined ? report.file : `${report.file}, line ${firstLine}`;
  return { code, message: `${place}: ${text}`, file: report.file, line: firstLine, field };
}
