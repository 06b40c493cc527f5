import { celestialToTerrestrial, createEarthRotation } from '@gravity/geodesy';
import { describe, expect, it } from 'vitest';
import { c04Table, fixture, type Rows } from './helpers.js';

/*
 * Real GRACE-FO orbits of the Level-1B processing center (JPL), the same points in the inertial and in the terrestrial
 * frame. That center does not apply the celestial pole offsets dX, dY and has its own Earth orientation series.
 */
const data = fixture<Rows & { readonly c04: Rows }>('grace-fo-frames');

function worst(options: { readonly subDailyTides: boolean; readonly poleOffsets: boolean }) {
  const rows = data.c04.rows.map((row) => (options.poleOffsets ? row : [...row.slice(0, 4), 0, 0]));
  const rotation = createEarthRotation({
    model: 'iers2010',
    eop: c04Table('20 C04', rows),
    subDailyTides: options.subDailyTides,
  });
  let largest = 0;
  for (const row of data.rows) {
    const there = celestialToTerrestrial(rotation, row[0], 0, row.slice(1, 7));
    largest = Math.max(largest, Math.hypot(...[0, 1, 2].map((k) => there[k] - row[7 + k])));
  }
  return largest;
}

describe('GNI1B to GNV1B, 2023-06-01', () => {
  it('agrees to 3 mm with sub-daily terms and without dX, dY', () => {
    // 2.6 mm are 0.08 mas: what two series of Earth orientation differ by.
    expect(worst({ subDailyTides: true, poleOffsets: false })).toBeLessThan(3e-3);
  });

  it('does not without the sub-daily terms, nor with the pole offsets', () => {
    expect(worst({ subDailyTides: false, poleOffsets: false })).toBeGreaterThan(0.02);
    expect(worst({ subDailyTides: true, poleOffsets: true })).toBeGreaterThan(0.01);
  });
});
