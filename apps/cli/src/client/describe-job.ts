import type { Job } from './types.js';

type Fields = Readonly<Record<string, unknown>>;
const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {};
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const count = (value: unknown): number => (typeof value === 'number' ? value : 0);
const number = new Intl.NumberFormat('en', { maximumFractionDigits: 3 });

/** What a completed job has brought, in a line; the whole of it is in the job's `result`. */
export function describeResult({ type, result }: Job): string {
  const r = fields(result);
  switch (type) {
    case 'plan':
      return describePlan(r);
    case 'ingest':
      return describeIngest(r);
    case 'process':
      return describeProcess(r);
    case 'catalog':
      return `${list(r.items).length} products, ${count(r.published)} published, ${count(r.archived)} archived`;
  }
}

function describePlan(r: Fields): string {
  const arcs = `${count(r.usable_arcs)} of ${count(r.arc_count)} arcs can be used`;
  const missing = list(r.missing_files).length;
  if (missing > 0) return `${arcs}, ${missing} files missing`;
  const observations = number.format(count(fields(r.observations).total));
  return `${arcs}, ${observations} observations, about ${Math.ceil(count(r.seconds))} s to compute`;
}

function describeIngest(r: Fields): string {
  const totals = fields(r.totals);
  const parts = [`${count(totals.ingested)} files`, `${number.format(count(totals.records))} records`];
  if (count(totals.already_ingested) > 0) parts.push(`${count(totals.already_ingested)} there before`);
  if (count(totals.rejected) > 0) parts.push(`${count(totals.rejected)} rejected`);
  if (count(totals.ignored) > 0) parts.push(`${count(totals.ignored)} of no use`);
  return parts.join(', ');
}

function describeProcess(r: Fields): string {
  const quality = fields(r.quality);
  const coefficients = number.format(count(quality.parameter_count));
  const observations = number.format(count(quality.observation_count));
  const skipped = count(quality.arcs_skipped);
  const arcs = `${count(quality.arcs_used)} arcs${skipped > 0 ? ` (${skipped} left out)` : ''}`;
  return `${coefficients} coefficients from ${observations} observations in ${arcs}, sigma0 ${number.format(count(quality.sigma0))}`;
}

/** Files that could not be taken, with their reasons. */
export function describeRejections({ result }: Job): string[] {
  return list(fields(result).rejected).map((entry) => {
    const { name, message, code } = fields(entry);
    return `${String(name ?? 'file')}: ${String(message ?? code ?? 'rejected')}`;
  });
}
