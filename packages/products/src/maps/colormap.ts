/** A palette: evenly spaced control points, red, green, blue from 0 to 1. */
export interface Colormap {
  readonly name: ColormapName;
  readonly kind: 'diverging' | 'sequential';
  readonly points: readonly (readonly [number, number, number])[];
  readonly source: string;
}

export type ColormapName = 'vik' | 'RdBu' | 'viridis';

const VIK_SOURCE =
  'Crameri (2018), Scientific colour maps, doi:10.5281/zenodo.1243862 (17 evenly spaced points of its 256 entries)';

/** Palettes that colour-blind readers can read. */
export const COLORMAPS: Readonly<Record<ColormapName, Colormap>> = {
  vik: {
    name: 'vik',
    kind: 'diverging',
    source: VIK_SOURCE,
    points: [
      [0.0013, 0.0698, 0.3795],
      [0.0091, 0.1688, 0.4423],
      [0.0107, 0.2651, 0.5044],
      [0.0469, 0.3688, 0.5715],
      [0.1859, 0.4882, 0.6513],
      [0.375, 0.6167, 0.7386],
      [0.5739, 0.7412, 0.8235],
      [0.7716, 0.8578, 0.8999],
      [0.9244, 0.8988, 0.8833],
      [0.9138, 0.7947, 0.7264],
      [0.8621, 0.6712, 0.561],
      [0.8125, 0.5551, 0.4063],
      [0.765, 0.4452, 0.2614],
      [0.7022, 0.3247, 0.1199],
      [0.5779, 0.182, 0.0243],
      [0.4561, 0.0839, 0.0248],
      [0.3504, 0.0001, 0.0305],
    ],
  },
  RdBu: {
    name: 'RdBu',
    kind: 'diverging',
    source: 'ColorBrewer 2.0 (Brewer, Harrower), 11-class RdBu, reversed: blue low, red high',
    points: (
      [
        [5, 48, 97],
        [33, 102, 172],
        [67, 147, 195],
        [146, 197, 222],
        [209, 229, 240],
        [247, 247, 247],
        [253, 219, 199],
        [244, 165, 130],
        [214, 96, 77],
        [178, 24, 43],
        [103, 0, 31],
      ] as const
    ).map(([r, g, b]) => [r / 255, g / 255, b / 255] as const),
  },
  viridis: {
    name: 'viridis',
    kind: 'sequential',
    source:
      'van der Walt, Smith (2015), matplotlib viridis (CC0), 17 evenly spaced points of its 256 entries',
    points: [
      [0.267, 0.0049, 0.3294],
      [0.2823, 0.0946, 0.417],
      [0.2789, 0.1749, 0.483],
      [0.2593, 0.2507, 0.5244],
      [0.2302, 0.3213, 0.5455],
      [0.2, 0.3864, 0.5545],
      [0.1733, 0.4474, 0.5579],
      [0.1497, 0.5064, 0.5573],
      [0.1281, 0.5651, 0.5509],
      [0.1203, 0.6238, 0.5343],
      [0.1554, 0.6815, 0.5032],
      [0.2415, 0.7366, 0.4545],
      [0.3629, 0.7867, 0.3866],
      [0.5081, 0.8292, 0.2992],
      [0.6694, 0.8622, 0.1954],
      [0.8359, 0.8861, 0.1025],
      [0.9932, 0.9062, 0.1439],
    ],
  },
};

const TABLE_SIZE = 1024;
const tables = new Map<string, Uint8ClampedArray>();

/** Red, green, blue (0–255) in 1024 steps, interpolated linearly between the control points. */
export function colorTable(colormap: Colormap): Uint8ClampedArray {
  const known = tables.get(colormap.name);
  if (known) return known;
  const table = new Uint8ClampedArray(3 * TABLE_SIZE);
  for (let i = 0; i < TABLE_SIZE; i++) {
    const at = (i / (TABLE_SIZE - 1)) * (colormap.points.length - 1);
    const low = Math.min(Math.floor(at), colormap.points.length - 2);
    for (let channel = 0; channel < 3; channel++) {
      const from = colormap.points[low][channel];
      table[3 * i + channel] = 255 * (from + (at - low) * (colormap.points[low + 1][channel] - from));
    }
  }
  tables.set(colormap.name, table);
  return table;
}

/** Index of a value in the colour table (times 3 = offset); values beyond the range take the end colours. */
export function colorIndex(value: number, min: number, max: number): number {
  const t = (value - min) / (max - min);
  return Math.round(Math.min(1, Math.max(0, t)) * (TABLE_SIZE - 1));
}
