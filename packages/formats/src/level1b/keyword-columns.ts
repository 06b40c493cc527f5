import { layoutColumns } from './binary-layout.js';
import type { Level1bColumn } from './types.js';

const number = (name: string, unit?: string): Level1bColumn => ({ name, kind: 'number', unit });
const satellite: Level1bColumn = { name: 'GRACEFO_id', kind: 'text', allowed: ['A', 'B', 'C', 'D'] };
const flag: Level1bColumn = { name: 'qualflg', kind: 'bits' };

const vector = [
  number('gps_time', 's'),
  satellite,
  number('mag', 'm'),
  number('cosx'),
  number('cosy'),
  number('cosz'),
  flag,
];
const quaternion = [
  number('gps_time', 's'),
  satellite,
  number('sca_id'),
  number('quatangle'),
  number('quaticoeff'),
  number('quatjcoeff'),
  number('quatkcoeff'),
  number('qual_rss'),
  flag,
];

/**
 * Columns of products that still come with the keyword header, which lists none (GRACE-FO Level-1 handbook,
 * JPL D-56935; GRACE Level-1B handbook, JPL D-22027: vector records VGN1B, VGO1B, VGB1B, VKB1B, VSL1B; quaternion records QCP1B, QSA1B; log ILG1A).
 */
const KNOWN: Readonly<Record<string, readonly Level1bColumn[]>> = {
  VGN1B: vector,
  VGO1B: vector,
  VGB1B: vector,
  VKB1B: vector,
  VSL1B: vector,
  QCP1B: quaternion,
  QSA1B: quaternion,
  // GRACE release 03: the records of the binary files, written out
  KBR1B: layoutColumns('KBR1B'),
  SCA1B: layoutColumns('SCA1B'),
  GNV1B: layoutColumns('GNV1B'),
  ACC1B: layoutColumns('ACC1B'),
  ILG1A: [number('rcv_time', 's'), number('pkt_count'), satellite, { name: 'logpacket', kind: 'rest' }],
};

/** Columns of a keyword-header file: from the table, else named after their place in the first record. */
export function keywordColumns(product: string | undefined, firstRecord: string): readonly Level1bColumn[] {
  if (product !== undefined && KNOWN[product]) return KNOWN[product];
  const words = firstRecord.trim().split(/\s+/);
  const columns: Level1bColumn[] = [];
  words.forEach((word, i) => {
    if (i === 0) columns.push(number('gps_time', 's'));
    else if (i === 1 && /^\d+$/.test(word) && /^[RGSB]$/.test(words[2] ?? '')) {
      columns[0] = number('time_intg', 's');
      columns.push(number('time_frac', 'microseconds'));
    } else if (i === 2 && columns[1].name === 'time_frac') {
      columns.push({ name: 'time_ref', kind: 'text', allowed: ['R', 'G', 'S', 'B'] });
    } else if (i <= 3 && /^[A-Z]$/.test(word) && !columns.some((c) => c.name === 'GRACEFO_id')) {
      columns.push(satellite);
    } else if (i === words.length - 1 && /^[01]{8}$/.test(word)) columns.push(flag);
    else
      columns.push(
        /^[A-Za-z]/.test(word) ? { name: `text_${i + 1}`, kind: 'text' } : number(`value_${i + 1}`),
      );
  });
  return columns;
}
