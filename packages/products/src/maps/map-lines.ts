import type { SKRSContext2D } from '@napi-rs/canvas';
import { closesCircle, type GridDefinition } from '../grids/grid.js';
import { type Polylines, worldCoastlines } from './coastlines.js';
import { font } from './font.js';
import type { Projection } from './projection.js';
import { linearTicks } from './ticks.js';

/** Place of the map within the picture, pixels. */
export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

interface LineOptions {
  readonly grid: GridDefinition;
  readonly graticuleDegrees?: number;
  readonly coastlines?: Polylines | false;
}

/** Graticule, coastlines, the map's edge and degree labels. */
export function drawLines(
  context: SKRSContext2D,
  options: LineOptions,
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

function defaultGraticule(grid: GridDefinition): number {
  if (closesCircle(grid.longitudeDegrees)) return 30;
  const width = Math.abs(grid.longitudeDegrees.at(-1)! - grid.longitudeDegrees[0]);
  const height = Math.abs(grid.latitudeDegrees.at(-1)! - grid.latitudeDegrees[0]);
  const ticks = linearTicks(0, Math.min(width, height), 5);
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
  // Robinson's poles are half as long as the equator: every other meridian has room for its label.
  const labelStep = projection.name === 'robinson' ? 2 * step : step;
  for (let longitude = -180; longitude < 180; longitude += labelStep) {
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
