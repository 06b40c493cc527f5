import {
  COLORMAPS,
  equirectangular,
  FONT_FAMILY,
  type Grid,
  registerFont,
  regularGrid,
  renderDegreeAmplitudes,
  renderMap,
  robinson,
  synthesizeGrid,
  worldCoastlines,
} from '@gravity/products';
import { createCanvas, GlobalFonts, loadImage } from '@napi-rs/canvas';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixture, type PyshtoolsFixture } from './support.js';

const peer = fixture<PyshtoolsFixture>('pyshtools-degree-60.json');
const field = {
  name: 'seasonal',
  gm: peer.gm,
  radius: peer.radius,
  maxDegree: 60,
  tideSystem: 'zero_tide' as const,
  c: Float64Array.from(peer.seasonal[0]),
  s: Float64Array.from(peer.seasonal[1]),
};
const ewh = synthesizeGrid(field, regularGrid({ stepDegrees: 1 }), 'equivalentWaterHeight', {
  loadLoveK: peer.loadLoveK,
  smoothingRadius: 350e3,
});

async function pixels(
  png: Uint8Array,
): Promise<{ width: number; height: number; at(x: number, y: number): number[] }> {
  const image = await loadImage(Buffer.from(png));
  const canvas = createCanvas(image.width, image.height);
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  return {
    width: image.width,
    height: image.height,
    at: (x, y) => [...data.slice(4 * (y * image.width + x), 4 * (y * image.width + x) + 3)],
  };
}

/** A grid of one value in the north, another in the south. */
function hemispheres(north: number, south: number): Grid {
  const definition = regularGrid({ stepDegrees: 5 });
  const columns = definition.longitudeDegrees.length;
  return {
    ...definition,
    quantity: 'test',
    unit: 'm',
    values: Float64Array.from({ length: definition.latitudeDegrees.length * columns }, (_, i) =>
      definition.latitudeDegrees[Math.floor(i / columns)] > 0 ? north : south,
    ),
  };
}

describe('projections', () => {
  it('have the published Robinson values', () => {
    const projection = robinson();
    // Robinson (1974): at 45° the parallel has 0.8962 of the equator's length, at 0.5571 of the half height.
    const [x, y] = projection.forward(180, 45)!;
    expect(x).toBeCloseTo(0.8962, 10);
    expect(y).toBeCloseTo(0.5571, 10);
    expect(projection.forward(-180, -90)![0]).toBeCloseTo(-0.5322, 10);
    expect(projection.aspect).toBeCloseTo(1.9716, 3);
  });

  it('invert', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -179.9, max: 179.9, noNaN: true }),
        fc.double({ min: -89.9, max: 89.9, noNaN: true }),
        fc.constantFrom(
          robinson(),
          robinson(150),
          equirectangular({ westDegrees: -180, eastDegrees: 180, southDegrees: -90, northDegrees: 90 }),
        ),
        (longitude, latitude, projection) => {
          const place = projection.forward(longitude, latitude)!;
          const back = projection.inverse(place[0], place[1]);
          if (!back) return false;
          const turn = Math.abs(back[0] - longitude) % 360;
          return Math.min(turn, 360 - turn) < 1e-6 && Math.abs(back[1] - latitude) < 1e-6;
        },
      ),
    );
  });
});

describe('colour maps', () => {
  it('are ordered as a colour-blind reader needs: lightest in the middle, or rising in luminance', () => {
    const luminance = ([r, g, b]: readonly number[]): number => 0.2126 * r + 0.7152 * g + 0.0722 * b;
    for (const map of Object.values(COLORMAPS)) {
      const values = map.points.map(luminance);
      const middle = (values.length - 1) / 2;
      for (let i = 1; i < values.length; i++) {
        const rising = map.kind === 'sequential' || i <= middle;
        expect(Math.sign(values[i] - values[i - 1]), `${map.name} ${i}`).toBe(rising ? 1 : -1);
      }
    }
  });
});

describe('maps', () => {
  it('put the right colours at the right places', async () => {
    const grid = hemispheres(1, -1);
    const image = await pixels(
      renderMap({
        grid,
        title: 'two halves',
        colormap: 'RdBu',
        range: [-1, 1],
        coastlines: false,
        graticuleDegrees: 0,
      }),
    );
    expect(image.width).toBe(1200);
    // The map is 1080 wide below a head of 76 pixels; its equator lies at half of 1080/1.9716.
    const equator = 76 + 1080 / 1.9716 / 2;
    expect(image.at(600, Math.round(equator - 120))).toEqual([103, 0, 31]);
    expect(image.at(600, Math.round(equator + 120))).toEqual([5, 48, 97]);
    // Corners outside the oval stay white.
    expect(image.at(64, 80)).toEqual([255, 255, 255]);
  });

  it('draw text with the bundled font', async () => {
    const options = { grid: hemispheres(1, -1), coastlines: false as const };
    const dark = async (title: string): Promise<number> => {
      const image = await pixels(renderMap({ ...options, title }));
      let count = 0;
      for (let y = 20; y < 60; y++)
        for (let x = 0; x < image.width; x++) if (image.at(x, y)[0] < 100) count++;
      return count;
    };
    expect(await dark('')).toBe(0);
    expect(await dark('Equivalent water height')).toBeGreaterThan(1000);
    // Different glyphs, not one box for all.
    expect(await dark('IIIIIIIIII')).not.toBe(await dark('WWWWWWWWWW'));
    registerFont();
    // The family is ours alone, so no font of the machine can stand in for it.
    expect(GlobalFonts.has(FONT_FAMILY)).toBe(true);
  });

  it('draw a real field with everything on it, in good time', async () => {
    const start = performance.now();
    const png = renderMap({
      grid: ewh,
      title: 'CSR RL06 2008-08 − 2008-01',
      subtitle: 'Gaussian 350 km',
      label: 'Equivalent water height',
    });
    expect(performance.now() - start).toBeLessThan(5000);
    expect([...png.slice(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
    const image = await pixels(png);
    expect(image.height).toBeGreaterThan(700);
    // Reproducible: the same input gives the same bytes.
    const again = renderMap({
      grid: ewh,
      title: 'CSR RL06 2008-08 − 2008-01',
      subtitle: 'Gaussian 350 km',
      label: 'Equivalent water height',
    });
    expect(Buffer.compare(Buffer.from(png), Buffer.from(again))).toBe(0);
  });

  it('show missing values in grey and refuse an inverted range', async () => {
    const grid = hemispheres(Number.NaN, 0);
    const image = await pixels(
      renderMap({ grid, title: '', coastlines: false, graticuleDegrees: 0, range: [-1, 1] }),
    );
    expect(image.at(600, 200)).toEqual([205, 205, 205]);
    expect(() => renderMap({ grid, title: '', range: [1, -1] })).toThrow(/range/);
  });

  it('have coastlines without the seams of the data', () => {
    const lines = worldCoastlines();
    expect(lines.length).toBeGreaterThan(100);
    for (const line of lines) {
      for (let i = 1; i < line.length; i++) {
        expect(Math.abs(line[i][0]) > 179.99 && Math.abs(line[i - 1][0]) > 179.99).toBe(false);
        expect(line[i][1]).toBeGreaterThan(-89.9);
      }
    }
  });
});

describe('degree plot', () => {
  it('draws each series in its colour at its height', async () => {
    const flat = (value: number): Float64Array => new Float64Array(61).fill(value);
    const image = await pixels(
      renderDegreeAmplitudes({
        title: 'Spectrum',
        unit: 'm',
        series: [
          { label: 'signal', values: flat(1e-3) },
          { label: 'error', values: flat(1e-5) },
        ],
        range: [1e-6, 1e-2],
      }),
    );
    // Axis from y = 565 (1e-6) to 70 (1e-2): one decade is 123.75 pixels.
    // Half-covered edge pixels are grey.
    expect(Math.max(...image.at(400, Math.round(70 + 123.75)))).toBeLessThan(100);
    const orange = image.at(400, Math.round(70 + 3 * 123.75));
    expect(orange[0]).toBeGreaterThan(190);
    expect(orange[2]).toBeLessThan(60);
    expect(() =>
      renderDegreeAmplitudes({ title: '', unit: 'm', series: [{ label: 'x', values: [0, 0, 0] }] }),
    ).toThrow(/positive/);
  });
});
