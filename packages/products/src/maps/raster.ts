import type { Grid } from '../grids/grid.js';
import { closesCircle } from '../grids/grid.js';

/** Reads a grid at any place: bilinear between points, NaN outside or beside missing values. */
export function gridSampler(grid: Grid): (longitudeDegrees: number, latitudeDegrees: number) => number {
  const { latitudeDegrees: latitudes, longitudeDegrees: longitudes, values } = grid;
  const rows = latitudes.length;
  const columns = longitudes.length;
  const around = closesCircle(longitudes);
  const step = around
    ? 360 / columns
    : columns > 1
      ? (longitudes[columns - 1] - longitudes[0]) / (columns - 1)
      : 1;
  // Cells of a centre-registered grid reach half a step beyond the outermost points.
  const margin = 0.5 + 1e-9;
  const latitudeStep = rows > 1 ? (latitudes[0] - latitudes[rows - 1]) / (rows - 1) : 1;
  return (longitude, latitude) => {
    let column = (longitude - longitudes[0]) / step;
    const turns = 360 / step;
    column -= turns * Math.floor((column + margin) / turns);
    if (!around && column > columns - 1 + margin) return Number.NaN;
    const row = rowAt(latitudes, latitude, latitudeStep);
    if (row < -margin || row > rows - 1 + margin) return Number.NaN;
    const i = Math.min(Math.max(Math.floor(row), 0), Math.max(rows - 2, 0));
    const u = Math.min(Math.max(row - i, 0), 1);
    const floor = Math.floor(column);
    const left = around ? (floor + columns) % columns : Math.min(Math.max(floor, 0), columns - 1);
    const right = around ? (left + 1) % columns : Math.min(left + 1, columns - 1);
    const v = floor < 0 && !around ? 0 : column - floor;
    const below = Math.min(i + 1, rows - 1);
    const north = (1 - v) * values[i * columns + left] + v * values[i * columns + right];
    const south = (1 - v) * values[below * columns + left] + v * values[below * columns + right];
    return (1 - u) * north + u * south;
  };
}

/** Fractional row of a latitude; Gauss–Legendre rings are not quite equally spaced. */
function rowAt(latitudes: Float64Array, latitude: number, step: number): number {
  const last = latitudes.length - 1;
  if (latitude >= latitudes[0]) return (latitudes[0] - latitude) / step;
  if (latitude <= latitudes[last]) return last + (latitudes[last] - latitude) / step;
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (latitudes[middle] >= latitude) low = middle;
    else high = middle;
  }
  return low + (latitudes[low] - latitude) / (latitudes[low] - latitudes[high]);
}

/** Largest magnitude below which a share of the finite values lies. */
export function magnitudeQuantile(values: Float64Array, share: number): number {
  const sorted = values
    .filter((value) => Number.isFinite(value))
    .map(Math.abs)
    .sort();
  return sorted.length === 0 ? 0 : sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}
