import { type Level1bHeader, parseLevel1bFileName } from '@gravity/formats';

const GLOBAL = [
  'title',
  'summary',
  'source',
  'id',
  'institution',
  'instrument',
  'platform',
  'license',
  'date_created',
  'date_issued',
  'time_coverage_start',
  'time_coverage_stop',
];
const OTHER = ['software_version', 'software_build_time', 'epoch_time', 'simulation'];
const MAX_HISTORY = 50;

/** What is worth keeping of a header, as plain JSON. */
export function level1bMetadata(header: Level1bHeader, name: string): Record<string, unknown> {
  const metadata: Record<string, unknown> = { time_scale: 'GPS', header_style: header.style };
  const parts = parseLevel1bFileName(name);
  if (parts) metadata.date = parts.date;
  if (header.product === 'GNV1B') metadata.frame = 'terrestrial';
  if (header.product === 'GNI1B') metadata.frame = 'celestial';
  if (header.product === 'LRI1B') metadata.ionosphere_column = 'scale correction epsilon';
  for (const key of GLOBAL) keep(metadata, key, header.globalAttributes[key]);
  for (const key of OTHER) keep(metadata, key, header.nonStandardAttributes[key]);
  const { history } = header.globalAttributes;
  if (Array.isArray(history))
    metadata.history = history.slice(0, MAX_HISTORY).map((line) => String(line).slice(0, 300));
  if (header.notes.length > 0) metadata.notes = header.notes;
  return metadata;
}

function keep(metadata: Record<string, unknown>, key: string, value: unknown): void {
  if (typeof value === 'string' && value !== '') metadata[key] = value.slice(0, 1000);
}
