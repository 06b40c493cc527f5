import { gpsEpoch, gpsToDay, mjdToIsoDate } from '@gravity/geodesy';
import { parseLevel1bFileName } from './file-name.js';
import { limitsOf, type ProductLimits } from './quality-limits.js';
import { TimeChecks } from './quality-time.js';
import type { QualityIssue, QualityOptions, QualityReport, Severity } from './quality-types.js';
import { ValueChecks } from './quality-values.js';
import type { Level1bBatch, Level1bHeader } from './types.js';

export type * from './quality-types.js';

export interface QualityCollector {
  /** Looks at the next batch of the file. */
  add(batch: Level1bBatch): void;
  /** The report; the collector may not be used afterwards. */
  finish(): QualityReport;
}

/**
 * Checks the records of a file as they stream by: time order, duplicates, gaps against the nominal sampling,
 * epochs outside an interval, flags, physically possible values, finite numbers, record count of the header.
 * Constant memory; never throws for what the data hold.
 */
export function createQualityCollector(
  header: Level1bHeader,
  options: QualityOptions = {},
): QualityCollector {
  const limits = limitsOf(header.product);
  const time = new TimeChecks(limits, options);
  const values = new ValueChecks(header, limits);
  const satellites = new Set<string>();
  return {
    add(batch) {
      time.add(batch);
      values.add(batch);
      for (const id of batch.texts.GRACEFO_id ?? []) satellites.add(id);
    },
    finish: () => buildReport(header, limits, options, time, values, [...satellites].sort()),
  };
}

function buildReport(
  header: Level1bHeader,
  limits: ProductLimits,
  options: QualityOptions,
  time: TimeChecks,
  values: ValueChecks,
  satellites: readonly string[],
): QualityReport {
  const issues = [
    ...headerIssues(header, time, satellites),
    ...timeIssues(time, limits),
    ...valueIssues(values, limits),
  ];
  const { interval } = options;
  const expected =
    interval && limits.stepSeconds !== undefined && limits.oneRecordPerEpoch
      ? (interval.stopGpsSeconds - interval.startGpsSeconds) / limits.stepSeconds
      : undefined;
  const worst = (severity: Severity) => issues.some((issue) => issue.severity === severity);
  return {
    file: header.file,
    product: header.product,
    severity: worst('error') ? 'error' : worst('warning') ? 'warning' : 'info',
    recordCount: time.count,
    headerRecordCount: header.recordCount,
    ...(time.count > 0 && { firstGpsSeconds: time.first, lastGpsSeconds: time.last }),
    satellites,
    nominalStepSeconds: limits.stepSeconds,
    gaps: {
      count: time.gapCount,
      missingRecords: time.missing,
      totalSeconds: time.gapSeconds,
      list: time.gaps,
    },
    duplicateEpochs: time.faults.get('duplicate')?.count ?? 0,
    outsideInterval: time.faults.get('outside')?.count ?? 0,
    ...(expected !== undefined && expected > 0 && { completeness: time.inside / expected }),
    flags: flagCountsOf(header, values),
    statistics: Object.fromEntries(
      [...values.statistics]
        .filter(([, s]) => s.count > 0)
        .map(([name, s]) => [name, { minimum: s.minimum, maximum: s.maximum, mean: s.sum / s.count }]),
    ),
    issues,
  };
}

function flagCountsOf(header: Level1bHeader, values: ValueChecks): QualityReport['flags'] {
  const flags: { column: string; bit: number; meaning: string; count: number }[] = [];
  for (const [column, counts] of values.flagCounts) {
    if (column === 'prod_flag') continue;
    const meanings = header.columns.find((c) => c.name === column)?.flagMeanings ?? [];
    counts.forEach((count, bit) => {
      if (count === 0) return;
      const meaning = meanings.find((m) => m.firstBit <= bit && bit <= m.lastBit)?.meaning;
      flags.push({ column, bit, meaning: meaning || 'Not defined', count });
    });
  }
  return flags;
}

function headerIssues(
  header: Level1bHeader,
  time: TimeChecks,
  satellites: readonly string[],
): QualityIssue[] {
  const issues: QualityIssue[] = header.notes.map((message) => ({
    severity: 'info',
    code: 'header_note',
    message,
    count: 1,
  }));
  const { recordCount } = header;
  if (time.count === 0) {
    issues.push({ severity: 'warning', code: 'no_records', message: 'the file holds no records', count: 1 });
  }
  if (recordCount !== undefined && recordCount !== time.count) {
    const message = `the header announces ${recordCount} records, the file holds ${time.count}`;
    issues.push({
      severity: 'warning',
      code: 'record_count',
      message,
      count: Math.abs(recordCount - time.count),
    });
  }
  const name = parseLevel1bFileName(header.file);
  const named = name && /^[A-D]$/.test(name.satellite) ? name.satellite : undefined;
  const stated = header.satellite && /^[A-D]$/.test(header.satellite) ? header.satellite : undefined;
  // headers of older products are copied from the sister satellite at times, names are not
  const origins = [
    { expected: named, origin: 'file name', severity: 'error' },
    { expected: stated, origin: 'header', severity: 'warning' },
  ] as const;
  for (const { expected, origin, severity } of origins) {
    const others = satellites.filter((id) => id !== expected);
    if (expected === undefined || others.length === 0) continue;
    const message = `records of satellite ${others.join(', ')}, the ${origin} says ${expected}`;
    issues.push({ severity, code: 'satellite_mismatch', message, count: 1, field: 'GRACEFO_id' });
  }
  if (name && time.count > 0 && header.timeScale === 'gps') {
    const middle = gpsToDay(gpsEpoch((time.first + time.last) / 2), 'GPS').mjd;
    if (mjdToIsoDate(middle) !== name.date) {
      const message = `records centred on ${mjdToIsoDate(middle)}, the file name says ${name.date}`;
      issues.push({ severity: 'warning', code: 'date_mismatch', message, count: 1 });
    }
  }
  return issues;
}

function timeIssues(time: TimeChecks, limits: ProductLimits): QualityIssue[] {
  const issues: QualityIssue[] = [];
  const push = (key: string, severity: Severity, code: QualityIssue['code'], message: string) => {
    const fault = time.faults.get(key);
    if (fault) issues.push({ severity, code, message: `${fault.count} ${message}`, ...fault });
  };
  push('order', 'error', 'time_order', 'epochs lie before the epoch of the record above');
  push('duplicate', 'warning', 'duplicate_epoch', 'epochs come twice');
  push('outside', 'info', 'outside_interval', 'epochs lie outside the requested interval');
  if (time.gapCount > 0) {
    const message = `${time.gapCount} gaps, ${time.missing} records missing at ${limits.stepSeconds} s sampling`;
    issues.push({ severity: 'warning', code: 'gap', message, count: time.gapCount });
  }
  return issues;
}

function valueIssues(values: ValueChecks, limits: ProductLimits): QualityIssue[] {
  const issues: QualityIssue[] = [];
  for (const [field, fault] of values.notFinite) {
    const message = `${fault.count} values of ${field} are not finite`;
    issues.push({ severity: 'error', code: 'not_finite', message, field, ...fault });
  }
  for (const limit of [...limits.columns, ...limits.norms]) {
    const field = 'name' in limit ? limit.name : limit.column;
    const fault = values.outOfRange.get(field);
    if (!fault) continue;
    const message = `${fault.count} values of ${field} outside ${limit.minimum} … ${limit.maximum} ${limit.unit}`;
    issues.push({ severity: 'error', code: 'out_of_range', message, field, ...fault });
  }
  for (const [field, fault] of values.wrongWord) {
    const message = `${fault.count} records with ${field} other than ${limits.words[field]}`;
    issues.push({ severity: 'error', code: 'frame_mismatch', message, field, ...fault });
  }
  return issues;
}
