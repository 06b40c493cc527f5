/**
 * A regular grid: latitudes from north to south, longitudes from west to east, in degrees
 * (kept in degrees because files and maps state them so, exactly).
 */
export interface GridDefinition {
  readonly latitudeDegrees: Float64Array;
  readonly longitudeDegrees: Float64Array;
}

/** Values on a grid, row by row: value (i, j) at i·longitudes + j. */
export interface Grid extends GridDefinition {
  readonly values: Float64Array;
  readonly quantity: string;
  readonly unit: string;
}

export interface GridBounds {
  readonly westDegrees: number;
  readonly eastDegrees: number;
  readonly southDegrees: number;
  readonly northDegrees: number;
}

export interface RegularGridOptions {
  readonly stepDegrees: number;
  /** `centre`: points in the middle of cells; `corner`: points on the bounds. */
  readonly registration?: 'centre' | 'corner';
  readonly bounds?: GridBounds;
}

const GLOBAL: GridBounds = { westDegrees: -180, eastDegrees: 180, southDegrees: -90, northDegrees: 90 };

/**
 * A regular grid of any step over the globe or a region.
 *
 * A corner-registered grid around the whole globe does not repeat its first meridian.
 * @throws RangeError when the step does not divide the bounds, naming the field
 */
export function regularGrid(options: RegularGridOptions): GridDefinition {
  const { stepDegrees: step, registration = 'centre', bounds = GLOBAL } = options;
  const { westDegrees, eastDegrees, southDegrees, northDegrees } = bounds;
  if (!(step > 0)) throw new RangeError(`stepDegrees must be positive: ${step}`);
  if (southDegrees < -90 || northDegrees > 90)
    throw new RangeError('bounds: latitudes must lie within ±90 degrees');
  if (eastDegrees - westDegrees > 360 + 1e-9)
    throw new RangeError('bounds: longitudes span more than 360 degrees');
  const rows = cells('latitude', northDegrees - southDegrees, step);
  const columns = cells('longitude', eastDegrees - westDegrees, step);
  const centred = registration === 'centre';
  const closes = Math.abs(columns * step - 360) < 1e-9;
  return {
    latitudeDegrees: Float64Array.from({ length: rows + (centred ? 0 : 1) }, (_, i) =>
      centred ? northDegrees - (i + 0.5) * step : northDegrees - i * step,
    ),
    longitudeDegrees: Float64Array.from({ length: columns + (centred || closes ? 0 : 1) }, (_, j) =>
      centred ? westDegrees + (j + 0.5) * step : westDegrees + j * step,
    ),
  };
}

function cells(axis: string, span: number, step: number): number {
  const count = Math.round(span / step);
  if (!(span > 0)) throw new RangeError(`bounds: ${axis} span must be positive: ${span}`);
  if (count < 1 || Math.abs(count * step - span) > 1e-6 * step) {
    throw new RangeError(`stepDegrees: ${step} does not divide the ${axis} span of ${span} degrees`);
  }
  return count;
}

/** Whether longitudes run evenly around the whole circle, so that an FFT applies. */
export function closesCircle(longitudeDegrees: Float64Array): boolean {
  const count = longitudeDegrees.length;
  const step = 360 / count;
  for (let j = 1; j < count; j++) {
    if (Math.abs(longitudeDegrees[j] - longitudeDegrees[0] - j * step) > 1e-9) return false;
  }
  return true;
}

/** Whether the latitudes mirror at the equator (then northern and southern rings share Legendre functions). */
export function mirrorsAtEquator(latitudeDegrees: Float64Array): boolean {
  const count = latitudeDegrees.length;
  for (let i = 0; i < count; i++) {
    if (Math.abs(latitudeDegrees[i] + latitudeDegrees[count - 1 - i]) > 1e-11) return false;
  }
  return true;
}

/** Mean over the area of an equally spaced grid: rows weighted with cos φ. In the unit of the grid. */
export function areaWeightedMean(grid: Grid): number {
  let sum = 0;
  let total = 0;
  const columns = grid.longitudeDegrees.length;
  grid.latitudeDegrees.forEach((latitude, i) => {
    const weight = Math.cos((latitude * Math.PI) / 180);
    for (let j = 0; j < columns; j++) sum += weight * grid.values[i * columns + j];
    total += weight * columns;
  });
  return sum / total;
}
