import type { FieldError } from '../errors.js';
import { limits } from '../schemas/operations.js';

const earliest = Date.parse('2000-01-01T00:00:00Z');
const latest = Date.parse('2100-01-01T00:00:00Z');
const millisecondsPerDay = 86_400_000;

function instant(text: string, field: string, errors: FieldError[]): number {
  const milliseconds = Date.parse(text);
  if (Number.isNaN(milliseconds)) {
    errors.push({ field, message: `'${text}' is not a time this system can use` });
  } else if (milliseconds < earliest || milliseconds > latest) {
    errors.push({ field, message: 'must lie between 2000-01-01 and 2100-01-01' });
    return Number.NaN;
  }
  return milliseconds;
}

/** Both ends present or none, end after start, not longer than allowed. */
export function checkInterval(
  start: string | undefined,
  end: string | undefined,
  errors: FieldError[],
  needsBoth = true,
): void {
  if (needsBoth && (start === undefined) !== (end === undefined)) {
    const missing = start === undefined ? 'start_time' : 'end_time';
    errors.push({ field: missing, message: 'is required when the other end of the interval is given' });
  }
  const from = start === undefined ? Number.NaN : instant(start, 'start_time', errors);
  const to = end === undefined ? Number.NaN : instant(end, 'end_time', errors);
  if (Number.isNaN(from) || Number.isNaN(to)) return;
  if (to <= from) {
    errors.push({ field: 'end_time', message: 'must be after start_time' });
  } else if (to - from > limits.intervalDays * millisecondsPerDay) {
    const days = ((to - from) / millisecondsPerDay).toFixed(1);
    errors.push({
      field: 'end_time',
      message: `the interval is ${days} days long; at most ${limits.intervalDays} days are allowed`,
    });
  }
}
