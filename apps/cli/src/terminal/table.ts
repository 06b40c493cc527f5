export type Align = 'left' | 'right';

/** Rows as columns of equal width, two spaces apart; a rule below the headings. */
export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  align: readonly Align[] = [],
): string {
  const widths = headings.map((h, k) => Math.max(h.length, ...rows.map((row) => (row[k] ?? '').length)));
  const line = (cells: readonly string[]) =>
    widths
      .map((width, k) =>
        align[k] === 'right' ? (cells[k] ?? '').padStart(width) : (cells[k] ?? '').padEnd(width),
      )
      .join('  ')
      .trimEnd();
  return [line(headings), widths.map((w) => '─'.repeat(w)).join('  '), ...rows.map(line)].join('\n');
}

/** A length in metres with a prefix that suits it, e.g. "3.42 mm". */
export function formatMetres(value: number): string {
  return withPrefix(value, 'm');
}

/** A speed in m/s, e.g. "0.51 µm/s". */
export function formatSpeed(value: number): string {
  return withPrefix(value, 'm/s');
}

function withPrefix(value: number, unit: string): string {
  if (value === 0) return `0 ${unit}`;
  if (!Number.isFinite(value)) return `${value} ${unit}`;
  const size = Math.abs(value);
  const [factor, prefix] =
    size >= 1e3
      ? [1e-3, 'k']
      : size >= 1
        ? [1, '']
        : size >= 1e-3
          ? [1e3, 'm']
          : size >= 1e-6
            ? [1e6, 'µ']
            : [1e9, 'n'];
  return `${(value * factor).toPrecision(3)} ${prefix}${unit}`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let k = -1;
  while (value >= 1000 && k < units.length - 1) {
    value /= 1000;
    k++;
  }
  return `${value.toPrecision(3)} ${units[k]}`;
}

export function formatDuration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds - 60 * minutes)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
