import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parseBasinOutline } from '@gravity/formats';
import { emptyGeopotential, type Geopotential, triangleIndex } from '@gravity/geodesy';
import { createLinearAlgebra } from '@gravity/linalg';
import {
  applyBlockFilter,
  buildDecorrelationFilter,
  degreeAmplitudes,
  differenceDegreeAmplitudes,
  GRACE_MONTH,
  pairMissionNormals,
  regularGrid,
  smoothField,
  synthesizeGrid,
} from '@gravity/products';
import { beforeAll, describe, expect, it } from 'vitest';

/*
 * The input/output pair of the public DDK filters (GRACE-filter, tests/: EIGEN residuals of May 2008 and the same after
 * the matrix Wbd_2-120.a_1d13p_4, "DDK2"), whose matrix is not at hand. Ours is built from the normal equations of a
 * model pair (a GRACE month) and the same signal law n^-4; its weight is the one unknown, and is set so that the
 * result lies nearest to the published one.
 */
const NAME = 'GSM-2_2008122-2008153_0030_EIGEN_G---_0004';
const WEIGHT = 1e19;
const at = (name: string) => new URL(`./fixtures/ddk/${name}`, import.meta.url);

function readPair(end: 'in' | 'out'): Geopotential {
  const field = emptyGeopotential(120, 3.986004415e14, 6378136.3, end, 'zero_tide');
  const lines = gunzipSync(readFileSync(at(`${NAME}${end}.gz`)))
    .toString('latin1')
    .split('\n');
  for (const line of lines.slice(1)) {
    const words = line.trim().split(/\s+/).map(Number);
    if (words.length < 4) continue;
    field.c[triangleIndex(words[0], words[1])] = words[2];
    field.s[triangleIndex(words[0], words[1])] = words[3];
  }
  return field;
}

const water = (field: Geopotential) =>
  degreeAmplitudes(field, 'equivalentWaterHeight', { minDegree: 2 }).amplitudes;
const distance = (a: Geopotential, b: Geopotential) =>
  differenceDegreeAmplitudes(a, b, 'equivalentWaterHeight', { minDegree: 2 }).cumulative[120];

/** Water heights at the points of a grid within an outline, m, and their weights by area. */
function within(field: Geopotential, inside: (longitude: number, latitude: number) => boolean) {
  const bounds = { westDegrees: -75, eastDegrees: -10, southDegrees: 58, northDegrees: 85 };
  const grid = synthesizeGrid(field, regularGrid({ stepDegrees: 0.5, bounds }), 'equivalentWaterHeight', {
    minDegree: 2,
  });
  const heights: number[] = [];
  const areas: number[] = [];
  grid.latitudeDegrees.forEach((latitude, i) => {
    grid.longitudeDegrees.forEach((longitude, j) => {
      if (!inside(longitude, latitude)) return;
      heights.push(grid.values[i * grid.longitudeDegrees.length + j]);
      areas.push(Math.cos((latitude * Math.PI) / 180));
    });
  });
  return { heights, areas };
}

function greenland(): (longitude: number, latitude: number) => boolean {
  const file = new URL('../../formats/test/fixtures/basins/greenland.bln', import.meta.url);
  const { rings } = parseBasinOutline(readFileSync(file, 'latin1'), { file: 'greenland.bln' });
  return (x, y) =>
    rings.some(({ longitude, latitude }) => {
      let odd = false;
      for (let i = 0, j = longitude.length - 1; i < longitude.length; j = i++) {
        const [xi, xj] = [longitude[i] - 360, longitude[j] - 360];
        const [yi, yj] = [latitude[i], latitude[j]];
        if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) odd = !odd;
      }
      return odd;
    });
}

const mean = ({ heights, areas }: ReturnType<typeof within>, of = (h: number) => h) =>
  heights.reduce((sum, h, i) => sum + of(h) * areas[i], 0) / areas.reduce((sum, a) => sum + a, 0);

let input: Geopotential;
let published: Geopotential;
let ours: Geopotential;
beforeAll(async () => {
  [input, published] = [readPair('in'), readPair('out')];
  const la = await createLinearAlgebra({ backend: 'wasm', threads: 1 });
  const normals = pairMissionNormals(2, 120, GRACE_MONTH, input);
  ours = applyBlockFilter(input, await buildDecorrelationFilter(normals, { weight: WEIGHT }, la));
  await la.close();
});

describe('a filter of the DDK type against the published pair', () => {
  it('leaves the same signal at every degree', () => {
    const [before, theirs, own] = [water(input), water(published), water(ours)];
    // of 3.2 m at degree 100 both leave less than a tenth of a millimetre, of 0.4 m at degree 70 0.2 mm
    expect(before[100]).toBeGreaterThan(3);
    const ratios = [5, 10, 20, 30, 40, 50, 60].map((n) => own[n] / theirs[n]);
    for (const ratio of ratios) expect(Math.abs(Math.log(ratio))).toBeLessThan(Math.log(1.25));
    for (let n = 70; n <= 120; n++) expect(own[n]).toBeLessThan(3e-4);
  });

  it('lies nearer to it than any Gaussian filter', () => {
    const rest = distance(ours, published);
    // 6.6 cm of water in all, 1.4 cm of difference; the best Gaussian filter differs by 2.2 cm
    expect(rest).toBeLessThan(0.0146);
    const gaussian = [350, 400, 450, 500].map((km) => distance(smoothField(input, 1000 * km), published));
    expect(rest / Math.min(...gaussian)).toBeLessThan(0.7);
  });

  it('gives the same Greenland', () => {
    const inside = greenland();
    const [before, theirs, own] = [input, published, ours].map((field) => within(field, inside));
    expect(theirs.heights.length).toBeGreaterThan(1500);
    const difference = { ...own, heights: own.heights.map((h, i) => h - theirs.heights[i]) };
    const rms = (part: typeof own) => Math.sqrt(mean(part, (h) => h * h));
    // unfiltered, the noise is 28 m; the published filter leaves 24 cm, −19.1 cm in the mean
    expect(rms(before)).toBeGreaterThan(10);
    expect(rms(theirs)).toBeGreaterThan(0.2);
    // ours differs by 1.3 cm from point to point and 0.5 cm in the mean
    expect(rms(difference)).toBeLessThan(0.014);
    expect(Math.abs(mean(own) - mean(theirs))).toBeLessThan(0.005);
  });
});
