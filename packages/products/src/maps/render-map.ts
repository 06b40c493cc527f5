import { createCanvas, type SKRSContext2D } from '@napi-rs/canvas';
import { FUNCTIONAL_NAMES, functionalInfo } from '../functionals/functional.js';
import type { Grid } from '../grids/grid.js';
import { closesCircle } from '../grids/grid.js';
import type { Polylines } from './coastlines.js';
import { drawColorBar } from './color-bar.js';
import { COLORMAPS, type Colormap, type ColormapName, colorIndex, colorTable } from './colormap.js';
import { font, registerFont } from './font.js';
import { drawLines, type Frame } from './map-lines.js';
import { equirectangular, type Projection, type ProjectionName, robinson } from './projection.js';
import { gridSampler, magnitudeQuantile } from './raster.js';
import { roundUp } from './ticks.js';

export interface MapOptions {
  readonly grid: Grid;
  readonly title: string;
  /** One line below the title, e.g. the period and the filter. */
  readonly subtitle?: string;
  /** Name of the quantity under the colour bar (default: what the grid holds). */
  readonly label?: string;
  /** Default: the grid's unit. */
  readonly unit?: string;
  /** Default: vik. */
  readonly colormap?: ColormapName;
  /** Values at both ends of the colour bar; default: symmetric around zero (diverging) or from the data. */
  readonly range?: readonly [min: number, max: number];
  /** Default: Robinson for global grids, equirectangular for regional ones. */
  readonly projection?: ProjectionName;
  readonly centralLongitudeDegrees?: number;
  /** Default: the world's coastlines; false: none. */
  readonly coastlines?: Polylines | false;
  /** Distance of meridians and parallels; default 30° or what suits the region; 0: none. */
  readonly graticuleDegrees?: number;
  /** Default 1200. */
  readonly widthPixels?: number;
}

/** The written-out name of one of our functionals; other quantities as they are. */
function longName(quantity: string): string {
  const name = FUNCTIONAL_NAMES.find((known) => known === quantity);
  return name ? functionalInfo(name).longName : quantity;
}

/**
 * Draws a grid as a map with coastlines, graticule, title and colour bar.
 * @returns the bytes of a PNG file
 * @throws RangeError for an empty or inverted range or a width below 200 pixels
 */
export function renderMap(options: MapOptions): Uint8Array {
  registerFont();
  const { grid } = options;
  const width = options.widthPixels ?? 1200;
  if (!(width >= 200 && width <= 20000))
    throw new RangeError(`widthPixels must lie between 200 and 20000: ${width}`);
  const colormap = COLORMAPS[options.colormap ?? 'vik'];
  const range = options.range ?? defaultRange(grid.values, colormap);
  if (!(range[1] > range[0])) throw new RangeError(`range must ascend: ${range.join(' … ')}`);
  const projection = chooseProjection(options);
  const scale = width / 1200;
  const margin = Math.round(60 * scale);
  const head = Math.round((options.subtitle ? 104 : 76) * scale);
  const foot = Math.round(130 * scale);
  // Regional maps taller than wide are kept within a square.
  const mapWidth = Math.round((width - 2 * margin) * Math.min(1, projection.aspect));
  const frame: Frame = {
    left: Math.round((width - mapWidth) / 2),
    top: head,
    width: mapWidth,
    height: Math.round(mapWidth / projection.aspect),
  };
  const canvas = createCanvas(width, frame.top + frame.height + foot);
  const context = canvas.getContext('2d');
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  drawRaster(context, grid, projection, frame, colormap, range);
  drawLines(context, options, projection, frame, scale);
  drawTitle(context, options, width, scale);
  drawColorBar(context, {
    left: Math.round(width * 0.2),
    top: frame.top + frame.height + Math.round(46 * scale),
    width: Math.round(width * 0.6),
    height: Math.round(20 * scale),
    scale,
    colormap,
    range,
    beyond: beyond(grid.values, range),
    label: options.label ?? longName(grid.quantity),
    unit: options.unit ?? grid.unit,
  });
  return canvas.toBuffer('image/png');
}

function defaultRange(values: Float64Array, colormap: Colormap): readonly [number, number] {
  if (colormap.kind === 'diverging') {
    const limit = roundUp(magnitudeQuantile(values, 0.99));
    return [-limit, limit];
  }
  const finite = values.filter((value) => Number.isFinite(value));
  const min = finite.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const max = finite.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return max > min ? [min, max] : [min - 0.5, min + 0.5];
}

function beyond(values: Float64Array, range: readonly [number, number]): { low: boolean; high: boolean } {
  return { low: values.some((v) => v < range[0]), high: values.some((v) => v > range[1]) };
}

function chooseProjection(options: MapOptions): Projection {
  const { latitudeDegrees: latitudes, longitudeDegrees: longitudes } = options.grid;
  const global = closesCircle(longitudes);
  const name = options.projection ?? (global ? 'robinson' : 'equirectangular');
  const central = options.centralLongitudeDegrees ?? 0;
  if (name === 'robinson') return robinson(central);
  if (global) {
    return equirectangular({
      westDegrees: central - 180,
      eastDegrees: central + 180,
      southDegrees: -90,
      northDegrees: 90,
    });
  }
  return equirectangular({
    westDegrees: longitudes[0],
    eastDegrees: longitudes[longitudes.length - 1],
    southDegrees: latitudes[latitudes.length - 1],
    northDegrees: latitudes[0],
  });
}

function drawRaster(
  context: SKRSContext2D,
  grid: Grid,
  projection: Projection,
  frame: Frame,
  colormap: Colormap,
  range: readonly [number, number],
): void {
  const sample = gridSampler(grid);
  const table = colorTable(colormap);
  const image = context.createImageData(frame.width, frame.height);
  image.data.fill(255);
  for (let py = 0; py < frame.height; py++) {
    for (let px = 0; px < frame.width; px++) {
      const place = projection.inverse(
        (2 * (px + 0.5)) / frame.width - 1,
        1 - (2 * (py + 0.5)) / frame.height,
      );
      if (!place) continue;
      const value = sample(place[0], place[1]);
      const at = 4 * (py * frame.width + px);
      if (Number.isFinite(value)) {
        const color = 3 * colorIndex(value, range[0], range[1]);
        image.data[at] = table[color];
        image.data[at + 1] = table[color + 1];
        image.data[at + 2] = table[color + 2];
      } else {
        image.data.fill(205, at, at + 3);
      }
    }
  }
  context.putImageData(image, frame.left, frame.top);
}

function drawTitle(context: SKRSContext2D, options: MapOptions, width: number, scale: number): void {
  context.textAlign = 'center';
  context.textBaseline = 'alphabetic';
  context.fillStyle = '#111111';
  fitText(context, options.title, width / 2, 48 * scale, 26 * scale, 'bold', 0.94 * width);
  if (!options.subtitle) return;
  context.fillStyle = '#404040';
  fitText(context, options.subtitle, width / 2, 80 * scale, 17 * scale, 'normal', 0.94 * width);
}

/** Text made smaller when it would not fit. */
function fitText(
  context: SKRSContext2D,
  text: string,
  x: number,
  y: number,
  pixels: number,
  weight: 'normal' | 'bold',
  maxWidth: number,
): void {
  context.font = font(pixels, weight);
  const width = context.measureText(text).width;
  if (width > maxWidth) context.font = font((pixels * maxWidth) / width, weight);
  context.fillText(text, x, y);
}
