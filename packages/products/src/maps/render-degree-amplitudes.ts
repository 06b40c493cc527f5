import { createCanvas, type SKRSContext2D } from '@napi-rs/canvas';
import { font, registerFont } from './font.js';
import { decadeTicks, linearTicks, powerLabel, unitLabel } from './ticks.js';

export interface DegreeSeries {
  readonly label: string;
  /** Index = degree; values that are not positive are left out. */
  readonly values: ArrayLike<number>;
  readonly style?: 'solid' | 'dashed' | 'dotted';
}

export interface DegreePlotOptions {
  readonly series: readonly DegreeSeries[];
  readonly title: string;
  /** Name of the vertical axis (default "degree amplitude"). */
  readonly label?: string;
  readonly unit: string;
  /** Default 2. */
  readonly minDegree?: number;
  readonly range?: readonly [min: number, max: number];
  /** Default 1000. */
  readonly widthPixels?: number;
}

/** Okabe & Ito (2008), Color Universal Design: distinguishable with any colour vision. */
const COLORS = ['#000000', '#d55e00', '#0072b2', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];

/**
 * Draws curves by degree (signal, error, formal error, …) over a logarithmic axis.
 * @returns the bytes of a PNG file
 * @throws RangeError when no series has a positive value
 */
export function renderDegreeAmplitudes(options: DegreePlotOptions): Uint8Array {
  registerFont();
  const width = options.widthPixels ?? 1000;
  const scale = width / 1000;
  const height = Math.round(640 * scale);
  const minDegree = options.minDegree ?? 2;
  const maxDegree = Math.max(...options.series.map(({ values }) => values.length - 1));
  const [low, high] = options.range ?? decades(options.series, minDegree);
  if (!(low > 0 && high > low)) throw new RangeError(`range must be positive and ascend: ${low} … ${high}`);
  const left = 110 * scale;
  const top = 70 * scale;
  const right = width - 30 * scale;
  const bottom = height - 75 * scale;
  const x = (n: number): number =>
    left + ((n - minDegree) / Math.max(1, maxDegree - minDegree)) * (right - left);
  const y = (value: number): number =>
    bottom - (Math.log(value / low) / Math.log(high / low)) * (bottom - top);
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, width, height);
  drawAxes(context, { left, top, right, bottom, scale, minDegree, maxDegree, low, high, x, y });
  drawText(context, options, { left, top, right, bottom, scale });
  context.save();
  context.beginPath();
  context.rect(left, top, right - left, bottom - top);
  context.clip();
  options.series.forEach((series, index) => {
    pen(context, index, series, scale);
    context.beginPath();
    let drawing = false;
    for (let n = minDegree; n < series.values.length; n++) {
      const value = series.values[n];
      if (!(value > 0)) drawing = false;
      else if (drawing) context.lineTo(x(n), y(value));
      else {
        context.moveTo(x(n), y(value));
        drawing = true;
      }
    }
    context.stroke();
  });
  context.restore();
  drawLegend(context, options.series, right, top, scale);
  return canvas.toBuffer('image/png');
}

/** Whole decades around all positive values. */
function decades(series: readonly DegreeSeries[], minDegree: number): readonly [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (const { values } of series) {
    for (let n = minDegree; n < values.length; n++) {
      if (!(values[n] > 0) || !Number.isFinite(values[n])) continue;
      low = Math.min(low, values[n]);
      high = Math.max(high, values[n]);
    }
  }
  if (high === 0) throw new RangeError('series: no positive value to draw on a logarithmic axis');
  const from = Math.floor(Math.log10(low));
  return [10 ** from, 10 ** Math.max(from + 1, Math.ceil(Math.log10(high)))];
}

interface Axes {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly scale: number;
}

interface ScaledAxes extends Axes {
  readonly minDegree: number;
  readonly maxDegree: number;
  readonly low: number;
  readonly high: number;
  x(degree: number): number;
  y(value: number): number;
}

function drawAxes(context: SKRSContext2D, axes: ScaledAxes): void {
  const { left, top, right, bottom, scale } = axes;
  context.font = font(15 * scale);
  context.lineWidth = scale;
  const line = (x1: number, y1: number, x2: number, y2: number, color: string): void => {
    context.strokeStyle = color;
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
    context.stroke();
  };
  context.fillStyle = '#202020';
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  for (const tick of decadeTicks(axes.low, axes.high)) {
    line(left, axes.y(tick), right, axes.y(tick), '#d8d8d8');
    context.fillText(powerLabel(tick), left - 8 * scale, axes.y(tick));
    for (let k = 2; k < 10; k++) {
      if (k * tick < axes.high) line(left, axes.y(k * tick), left + 5 * scale, axes.y(k * tick), '#202020');
    }
  }
  context.textAlign = 'center';
  context.textBaseline = 'top';
  for (const tick of linearTicks(axes.minDegree, axes.maxDegree, 8)) {
    if (!Number.isInteger(tick)) continue;
    line(axes.x(tick), top, axes.x(tick), bottom, '#e6e6e6');
    context.fillText(String(tick), axes.x(tick), bottom + 8 * scale);
  }
  context.strokeStyle = '#202020';
  context.strokeRect(left, top, right - left, bottom - top);
}

function drawText(context: SKRSContext2D, options: DegreePlotOptions, axes: Axes): void {
  const { left, top, right, bottom, scale } = axes;
  context.fillStyle = '#111111';
  context.textAlign = 'center';
  context.textBaseline = 'alphabetic';
  context.font = font(22 * scale, 'bold');
  context.fillText(options.title, (left + right) / 2, top - 26 * scale, right - left);
  context.font = font(17 * scale);
  context.fillText('degree', (left + right) / 2, bottom + 56 * scale);
  const unit = unitLabel(options.unit);
  const label = options.label ?? 'degree amplitude';
  context.save();
  context.translate(34 * scale, (top + bottom) / 2);
  context.rotate(-Math.PI / 2);
  context.fillText(unit ? `${label} [${unit}]` : label, 0, 0);
  context.restore();
}

function pen(context: SKRSContext2D, index: number, series: DegreeSeries, scale: number): void {
  context.strokeStyle = COLORS[index % COLORS.length];
  context.lineWidth = 2.2 * scale;
  const dash = { solid: [], dashed: [9, 6], dotted: [2, 4] }[series.style ?? 'solid'];
  context.setLineDash(dash.map((length) => length * scale));
}

function drawLegend(
  context: SKRSContext2D,
  series: readonly DegreeSeries[],
  right: number,
  top: number,
  scale: number,
): void {
  context.font = font(15 * scale);
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  const row = 24 * scale;
  const textWidth = Math.max(...series.map(({ label }) => context.measureText(label).width));
  const width = textWidth + 70 * scale;
  const left = right - width - 12 * scale;
  context.fillStyle = 'rgba(255, 255, 255, 0.85)';
  context.fillRect(left, top + 12 * scale, width, series.length * row + 12 * scale);
  series.forEach((entry, index) => {
    const y = top + 18 * scale + (index + 0.5) * row;
    pen(context, index, entry, scale);
    context.beginPath();
    context.moveTo(left + 10 * scale, y);
    context.lineTo(left + 50 * scale, y);
    context.stroke();
    context.fillStyle = '#202020';
    context.fillText(entry.label, left + 60 * scale, y);
  });
  context.setLineDash([]);
}
