import { FormatError } from '../errors.js';
import type { Level1bColumn, Level1bHeader } from './types.js';

export type BinaryKind = 'i32' | 'f64' | 'u16' | 'i8' | 'satellite' | 'frame' | 'flags';

export interface BinaryField {
  readonly name: string;
  readonly kind: BinaryKind;
  readonly unit?: string;
}

const BYTES: Readonly<Record<BinaryKind, number>> = {
  i32: 4,
  f64: 8,
  u16: 2,
  i8: 1,
  satellite: 1,
  frame: 1,
  flags: 1,
};

const time: BinaryField = { name: 'gps_time', kind: 'i32', unit: 's' };
const satellite: BinaryField = { name: 'GRACEFO_id', kind: 'satellite' };
const flags: BinaryField = { name: 'qualflg', kind: 'flags' };
const doubles = (unit: string | undefined, ...names: string[]): BinaryField[] =>
  names.map((name) => ({ name, kind: 'f64', unit }));

const vector: readonly BinaryField[] = [
  time,
  satellite,
  ...doubles('m', 'mag'),
  ...doubles(undefined, 'cosx', 'cosy', 'cosz'),
  flags,
];

/**
 * Records of the binary Level-1B files of GRACE: big-endian, one after the other without padding (GRACE Level-1B Data
 * Product User Handbook, JPL D-22027). Names and units are those of the GRACE-FO release 04 headers, so that both
 * missions give the same columns.
 */
const LAYOUTS: Readonly<Record<string, readonly BinaryField[]>> = {
  GNV1B: [
    time,
    satellite,
    { name: 'coord_ref', kind: 'frame' },
    ...doubles('m', 'xpos', 'ypos', 'zpos', 'xpos_err', 'ypos_err', 'zpos_err'),
    ...doubles('m/s', 'xvel', 'yvel', 'zvel', 'xvel_err', 'yvel_err', 'zvel_err'),
    flags,
  ],
  KBR1B: [
    time,
    ...doubles('m', 'biased_range'),
    ...doubles('m/s', 'range_rate'),
    ...doubles('m/s2', 'range_accl'),
    ...doubles('m', 'iono_corr'),
    ...doubles('m', 'lighttime_corr'),
    ...doubles('m/s', 'lighttime_rate'),
    ...doubles('m/s2', 'lighttime_accl'),
    ...doubles('m', 'ant_centr_corr'),
    ...doubles('m/s', 'ant_centr_rate'),
    ...doubles('m/s2', 'ant_centr_accl'),
    ...['K_A_SNR', 'Ka_A_SNR', 'K_B_SNR', 'Ka_B_SNR'].map(
      (name): BinaryField => ({ name, kind: 'u16', unit: '0.1 db-Hz' }),
    ),
    flags,
  ],
  ACC1B: [
    time,
    satellite,
    ...doubles('m/s2', 'lin_accl_x', 'lin_accl_y', 'lin_accl_z'),
    ...doubles('rad/s2', 'ang_accl_x', 'ang_accl_y', 'ang_accl_z'),
    ...doubles('m/s2', 'acl_x_res', 'acl_y_res', 'acl_z_res'),
    flags,
  ],
  SCA1B: [
    time,
    satellite,
    { name: 'sca_id', kind: 'i8' },
    ...doubles(undefined, 'quatangle', 'quaticoeff', 'quatjcoeff', 'quatkcoeff', 'qual_rss'),
    flags,
  ],
  CLK1B: [
    { ...time, name: 'rcv_time' },
    satellite,
    { name: 'clock_id', kind: 'i8' },
    ...doubles('s', 'eps_time', 'eps_err'),
    ...doubles('s/s', 'eps_drift', 'drift_err'),
    flags,
  ],
  VGN1B: vector,
  VGO1B: vector,
  VGB1B: vector,
  VKB1B: vector,
};

/** Fields of a product's record. @throws FormatError `unsupported` for products not in the table */
export function binaryLayout(product: string | undefined, file: string): readonly BinaryField[] {
  const layout = product === undefined ? undefined : LAYOUTS[product];
  if (layout) return layout;
  const known = Object.keys(LAYOUTS).join(', ');
  const text = `binary records of ${product ?? 'a product without name'} are not known (${known} are)`;
  throw new FormatError('unsupported', text, { file });
}

export function recordBytes(layout: readonly BinaryField[]): number {
  return layout.reduce((sum, { kind }) => sum + BYTES[kind], 0);
}

export function fieldBytes(kind: BinaryKind): number {
  return BYTES[kind];
}

/** Columns of a product in the order of its record. */
export function layoutColumns(product: string): readonly Level1bColumn[] {
  return binaryLayout(product, product).map(({ name, kind, unit }): Level1bColumn => {
    if (kind === 'satellite') return { name, kind: 'text', allowed: ['A', 'B', 'C', 'D'] };
    if (kind === 'frame') return { name, kind: 'text', allowed: ['E', 'I'] };
    if (kind === 'flags') return { name, kind: 'bits' };
    return { name, kind: 'number', ...(unit && { unit }) };
  });
}

/** @throws FormatError `unsupported` */
export function binaryColumns(header: Level1bHeader): readonly Level1bColumn[] {
  binaryLayout(header.product, header.file);
  return layoutColumns(header.product ?? '');
}
