import type { SKRSContext2D } from '@napi-rs/canvas';
import { type Colormap, colorIndex, colorTable } from './colormap.js';
import { font } from './font.js';
import { linearTicks, tickLabel, unitLabel } from './ticks.js';

export interface ColorBar {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly scale: number;
  readonly colormap: Colormap;
  readonly range: readonly [number, number];
  /** Whether data lie beyond either end: drawn as a point on the bar. */
  readonly beyond: { readonly low: boolean; readonly high: boolean };
  readonly label: string;
  readonly unit: string;
}

/** Draws a horizontal colour bar with ticks, and the quantity with its unit below. */
export function drawColorBar(context: SKRSContext2D, bar: ColorBar): void {
  const { left, top, width, height, scale, colormap, range } = bar;
  const table = colorTable(colormap);
  const color = (value: number): string => {
    const at = 3 * colorIndex(value, range[0], range[1]);
    return `rgb(${table[at]}, ${table[at + 1]}, ${table[at + 2]})`;
  };
  for (let i = 0; i < width; i++) {
    context.fillStyle = color(range[0] + ((i + 0.5) / width) * (range[1] - range[0]));
    context.fillRect(left + i, top, 1, height);
  }
  const low = bar.beyond.low ? height : 0;
  const high = bar.beyond.high ? height : 0;
  if (low > 0) triangle(context, left, top, height, -low, color(range[0]));
  if (high > 0) triangle(context, left + width, top, height, high, color(range[1]));
  context.strokeStyle = '#202020';
  context.lineWidth = scale;
  context.beginPath();
  context.moveTo(left, top);
  context.lineTo(left + width, top);
  context.lineTo(left + width + high, top + (high > 0 ? height / 2 : 0));
  context.lineTo(left + width, top + height);
  context.lineTo(left, top + height);
  context.lineTo(left - low, top + (low > 0 ? height / 2 : 0));
  context.closePath();
  context.stroke();
  context.fillStyle = '#202020';
  context.textAlign = 'center';
  context.textBaseline = 'top';
  context.font = font(15 * scale);
  const ticks = linearTicks(range[0], range[1], 6);
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : 1;
  for (const tick of ticks) {
    const x = left + ((tick - range[0]) / (range[1] - range[0])) * width;
    context.beginPath();
    context.moveTo(x, top + height);
    context.lineTo(x, top + height + 5 * scale);
    context.stroke();
    context.fillText(tickLabel(tick, step), x, top + height + 8 * scale);
  }
  const unit = unitLabel(bar.unit);
  context.font = font(16 * scale);
  context.fillText(unit ? `${bar.label} [${unit}]` : bar.label, left + width / 2, top + height + 32 * scale);
}

function triangle(
  context: SKRSContext2D,
  x: number,
  top: number,
  height: number,
  depth: number,
  color: string,
): void {
  context.fillStyle = color;
  context.beginPath();
  context.moveTo(x, top);
  context.lineTo(x + depth, top + height / 2);
  context.lineTo(x, top + height);
  context.fill();
}
