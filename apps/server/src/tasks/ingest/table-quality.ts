import type { EpochTable, QualityGap, QualityIssue, QualityReport } from '@gravity/formats';
import type { GpsInterval } from './parameters.js';

const MAX_GAPS = 100;

interface Check {
  readonly field: string;
  readonly unit: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly value: (i: number) => number;
}

/**
 * Checks a table as the Level-1B files are checked: gaps against its own median step, physically impossible values,
 * rows outside of the interval. (Order, duplicates and numbers are checked by the reader.)
 */
export function tableQuality(
  table: EpochTable,
  product: string,
  satellite: string,
  interval: GpsInterval | undefined,
): QualityReport {
  const issues: QualityIssue[] = table.notes.map((message) => ({
    severity: 'info',
    code: 'header_note',
    message,
    count: 1,
  }));
  const { step, gaps, missing, seconds } = gapsOf(table.gpsSeconds);
  if (gaps.length > 0) {
    const message = `${gaps.length} gaps, ${missing} rows missing at ${step} s sampling`;
    issues.push({ severity: 'warning', code: 'gap', message, count: gaps.length });
  }
  let outside = 0;
  if (interval) {
    for (const t of table.gpsSeconds) {
      if (t < interval.startGpsSeconds || t >= interval.stopGpsSeconds) outside++;
    }
  }
  if (outside > 0) {
    const message = `${outside} epochs lie outside the requested interval`;
    issues.push({ severity: 'info', code: 'outside_interval', message, count: outside });
  }
  for (const check of checksOf(table)) {
    let count = 0;
    for (let i = 0; i < table.count; i++) {
      const value = check.value(i);
      if (!(value >= check.minimum && value <= check.maximum)) count++;
    }
    if (count === 0) continue;
    const { field, minimum, maximum, unit } = check;
    const message = `${count} values of ${field} outside ${minimum} … ${maximum} ${unit}`;
    issues.push({ severity: 'error', code: 'out_of_range', message, count, field });
  }
  const has = (severity: string) => issues.some((issue) => issue.severity === severity);
  return {
    file: table.file,
    product,
    severity: has('error') ? 'error' : has('warning') ? 'warning' : 'info',
    recordCount: table.count,
    firstGpsSeconds: table.gpsSeconds[0],
    lastGpsSeconds: table.gpsSeconds[table.count - 1],
    satellites: satellite.split('/'),
    nominalStepSeconds: step,
    gaps: {
      count: gaps.length,
      missingRecords: missing,
      totalSeconds: seconds,
      list: gaps.slice(0, MAX_GAPS),
    },
    duplicateEpochs: 0,
    outsideInterval: outside,
    flags: [],
    statistics: {},
    issues,
  };
}

function gapsOf(epochs: Float64Array) {
  const gaps: QualityGap[] = [];
  if (epochs.length < 3) return { step: undefined, gaps, missing: 0, seconds: 0 };
  const steps = new Float64Array(epochs.length - 1).map((_, i) => epochs[i + 1] - epochs[i]);
  // steps of epochs rounded to doubles: the median to a microsecond
  const step = Math.round(steps.slice().sort()[steps.length >> 1] * 1e6) / 1e6;
  let missing = 0;
  let seconds = 0;
  steps.forEach((length, i) => {
    if (length <= 1.5 * step) return;
    const missingRecords = Math.max(1, Math.round(length / step) - 1);
    gaps.push({ afterGpsSeconds: epochs[i], beforeGpsSeconds: epochs[i + 1], missingRecords });
    missing += missingRecords;
    seconds += length - step;
  });
  return { step, gaps, missing, seconds };
}

function checksOf(table: EpochTable): readonly Check[] {
  const norm = (values: Float64Array, width: number) => (i: number) => {
    let sum = 0;
    for (let k = 0; k < width; k++) sum += values[i * width + k] ** 2;
    return Math.sqrt(sum);
  };
  switch (table.kind) {
    case 'orbit':
      // any satellite that stays in orbit, up to beyond the geostationary ones
      return [
        { field: 'radius', unit: 'm', minimum: 6.4e6, maximum: 5e7, value: norm(table.position, 3) },
        { field: 'speed', unit: 'm/s', minimum: 0, maximum: 1.1e4, value: norm(table.velocity, 3) },
      ];
    case 'ranging':
      return [
        { field: 'range_rate', unit: 'm/s', minimum: -10, maximum: 10, value: (i) => table.rangeRate[i] },
      ];
    case 'accelerometer':
      return [
        {
          field: 'acceleration',
          unit: 'm/s2',
          minimum: 0,
          maximum: 1e-2,
          value: norm(table.acceleration, 3),
        },
      ];
    default:
      // tables carry fewer digits than SCA1B
      return [
        {
          field: 'quaternion length',
          unit: '1',
          minimum: 1 - 1e-4,
          maximum: 1 + 1e-4,
          value: norm(table.quaternion, 4),
        },
      ];
  }
}
