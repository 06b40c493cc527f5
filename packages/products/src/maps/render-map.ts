import { createCanvas, type SKRSContext2D } from '@napi-rs/canvas';
import type { Grid } from '../grids/grid.js';
import { closesCircle } from '../grids/grid.js';
import { type Polylines, worldCoastlines } from './coastlines.js';
import { drawColorBar } from './color-bar.js';
import { COLORMAPS, type Colormap, type ColormapName, colorIndex, colorTable } from './colormap.js';
import { font, registerFont } from './font.js';
import { equirectangular, type Projection, type ProjectionName, robinson } from './projection.js';
import { gridSampler, magnitudeQuantile } from './raster.js';
import { linearTicks, roundUp } from './ticks.js';

export interface MapOptions {
  readonly grid: Grid;
  readonly title: string;
  /** One line below the title, e.g. the period and the filter. */
  readonly subtitle?: string;
  /** Name of the quantity under the colour bar (default: the grid's quantity). */
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

interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
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
    label: options.label ?? grid.quantity,
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
      image.data[at + 3] = 255;
    }
  }
  context.putImageData(image, frame.left, frame.top);
}

function drawLines(
  context: SKRSContext2D,
  options: MapOptions,
  projection: Projection,
  frame: Frame,
  scale: number,
): void {
  context.save();
  context.beginPath();
  context.rect(frame.left, frame.top, frame.width, frame.height);
  context.clip();
  const step = options.graticuleDegrees ?? defaultGraticule(options.grid);
  context.lineJoin = 'round';
  if (step > 0) {
    context.strokeStyle = 'rgba(60, 60, 60, 0.35)';
    context.lineWidth = 0.8 * scale;
    for (const line of graticule(step)) trace(context, line, projection, frame);
  }
  if (options.coastlines !== false) {
    context.strokeStyle = '#202020';
    context.lineWidth = 1.1 * scale;
    for (const line of options.coastlines ?? worldCoastlines()) trace(context, line, projection, frame);
  }
  context.restore();
  drawOutline(context, projection, frame, scale);
  if (step > 0) drawDegreeLabels(context, projection, frame, step, scale);
}

function defaultGraticule(grid: Grid): number {
  if (closesCircle(grid.longitudeDegrees)) return 30;
  const ticks = linearTicks(0, Math.abs(grid.longitudeDegrees.at(-1)! - grid.longitudeDegrees[0]), 5);
  return ticks.length > 1 ? ticks[1] - ticks[0] : 0;
}

function graticule(step: number): number[][][] {
  const lines: number[][][] = [];
  for (let longitude = -180; longitude <= 180; longitude += step) {
    lines.push(Array.from({ length: 91 }, (_, i) => [longitude, -90 + 2 * i]));
  }
  for (let k = Math.ceil(-90 / step); k * step <= 90; k++) {
    lines.push(Array.from({ length: 181 }, (_, i) => [-180 + 2 * i, k * step]));
  }
  return lines;
}

function trace(
  context: SKRSContext2D,
  line: readonly (readonly number[])[],
  projection: Projection,
  frame: Frame,
): void {
  context.beginPath();
  let previous: readonly [number, number] | null = null;
  for (const [longitude, latitude] of line) {
    const place = projection.forward(longitude, latitude);
    if (!place) {
      previous = null;
      continue;
    }
    const x = frame.left + ((place[0] + 1) / 2) * frame.width;
    const y = frame.top + ((1 - place[1]) / 2) * frame.height;
    // A jump across the map is the line leaving at one edge and coming back at the other.
    if (previous && Math.abs(place[0] - previous[0]) < 0.5 * wrapWidth(projection)) context.lineTo(x, y);
    else context.moveTo(x, y);
    previous = place;
  }
  context.stroke();
}

/** Box width of 360 degrees of longitude. */
function wrapWidth(projection: Projection): number {
  const east = projection.forward(1, 0);
  const west = projection.forward(0, 0);
  return east && west ? Math.abs(east[0] - west[0]) * 360 : 2;
}

function drawOutline(context: SKRSContext2D, projection: Projection, frame: Frame, scale: number): void {
  context.strokeStyle = '#202020';
  context.lineWidth = 1.4 * scale;
  context.beginPath();
  if (projection.name === 'equirectangular') {
    context.rect(frame.left, frame.top, frame.width, frame.height);
  } else {
    // The map's own edge: where the projection's inverse ends on either side.
    const edge = Array.from({ length: 181 }, (_, i) => {
      const [, y] = projection.forward(0, -90 + i) ?? [0, 0];
      const central = projection.inverse(0, y)?.[0] ?? 0;
      const [x] = projection.forward(central + 179.999, -90 + i) ?? [0, 0];
      return [x, y] as const;
    });
    for (const [x, y] of [...edge, ...edge.toReversed().map(([x, y]) => [-x, y] as const)]) {
      context.lineTo(frame.left + ((x + 1) / 2) * frame.width, frame.top + ((1 - y) / 2) * frame.height);
    }
    context.closePath();
  }
  context.stroke();
}

function drawDegreeLabels(
  context: SKRSContext2D,
  projection: Projection,
  frame: Frame,
  step: number,
  scale: number,
): void {
  context.fillStyle = '#404040';
  context.font = font(13 * scale);
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  const west = projection.inverse(-1 + 1e-9, 0)?.[0] ?? -180;
  for (let k = Math.ceil(-90 / step); k * step <= 90; k++) {
    const place = projection.forward(west, k * step);
    if (!place || Math.abs(place[1]) > 1.001) continue;
    const x = frame.left + ((place[0] + 1) / 2) * frame.width;
    const y = frame.top + ((1 - place[1]) / 2) * frame.height;
    if (Math.abs(k * step) < 90) context.fillText(degreeText(k * step, 'N', 'S'), x - 6 * scale, y);
  }
  context.textAlign = 'center';
  context.textBaseline = 'top';
  const bottom = projection.inverse(0, -1 + 1e-9)?.[1] ?? -90;
  for (let longitude = -180; longitude < 180; longitude += step) {
    const place = projection.forward(longitude, bottom);
    if (!place || Math.abs(place[0]) > 1.001) continue;
    const x = frame.left + ((place[0] + 1) / 2) * frame.width;
    context.fillText(degreeText(longitude, 'E', 'W'), x, frame.top + frame.height + 6 * scale);
  }
}

function degreeText(degrees: number, positive: string, negative: string): string {
  const rounded = Math.round(degrees * 1e6) / 1e6;
  if (rounded === 0 || Math.abs(rounded) === 180) return `${Math.abs(rounded)}°`;
  return `${Math.abs(rounded)}°${rounded > 0 ? positive : negative}`;
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
