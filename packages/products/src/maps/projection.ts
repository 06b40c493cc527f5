/** A map projection on the unit box: x to the right and y upwards, both within ±1. */
export interface Projection {
  readonly name: ProjectionName;
  /** Width divided by height. */
  readonly aspect: number;
  /** Degrees in, box coordinates out; null outside the map. */
  forward(longitudeDegrees: number, latitudeDegrees: number): readonly [x: number, y: number] | null;
  /** Box coordinates in, degrees out; null outside the map. */
  inverse(x: number, y: number): readonly [longitudeDegrees: number, latitudeDegrees: number] | null;
}

export type ProjectionName = 'robinson' | 'equirectangular';

/** Length of parallels and distance from the equator each 5° of latitude. Source: Robinson (1974), Snyder (1993) p. 215. */
const PARALLEL_LENGTH = [
  1, 0.9986, 0.9954, 0.99, 0.9822, 0.973, 0.96, 0.9427, 0.9216, 0.8962, 0.8679, 0.835, 0.7986, 0.7597, 0.7186,
  0.6732, 0.6213, 0.5722, 0.5322,
];
const PARALLEL_DISTANCE = [
  0, 0.062, 0.124, 0.186, 0.248, 0.31, 0.372,
  // biome-ignore lint/suspicious/noApproximativeNumericConstant: a table entry, not the logarithm of e
  0.434, 0.4958, 0.5571, 0.6176, 0.6769, 0.7346, 0.7903, 0.8435, 0.8936, 0.9394, 0.9761, 1,
];

/** Robinson's world map around a central meridian. */
export function robinson(centralLongitudeDegrees = 0): Projection {
  return {
    name: 'robinson',
    aspect: (0.8487 * Math.PI) / 1.3523,
    forward(longitude, latitude) {
      const row = Math.abs(latitude) / 5;
      const x = (wrap(longitude - centralLongitudeDegrees) / 180) * interpolate(PARALLEL_LENGTH, row);
      return [x, Math.sign(latitude) * interpolate(PARALLEL_DISTANCE, row)];
    },
    inverse(x, y) {
      const height = Math.abs(y);
      if (height > 1) return null;
      const row = rowOfDistance(height);
      const relative = x / interpolate(PARALLEL_LENGTH, row);
      if (Math.abs(relative) > 1) return null;
      return [wrap(centralLongitudeDegrees + 180 * relative), Math.sign(y) * 5 * row];
    },
  };
}

/** Plate carrée of a region (or the globe). */
export function equirectangular(bounds: {
  readonly westDegrees: number;
  readonly eastDegrees: number;
  readonly southDegrees: number;
  readonly northDegrees: number;
}): Projection {
  const { westDegrees, eastDegrees, southDegrees, northDegrees } = bounds;
  const middleLongitude = (westDegrees + eastDegrees) / 2;
  const middleLatitude = (southDegrees + northDegrees) / 2;
  const halfWidth = (eastDegrees - westDegrees) / 2;
  const halfHeight = (northDegrees - southDegrees) / 2;
  // A regional map keeps its shape at its middle latitude.
  const shrink = halfWidth > 90 ? 1 : Math.cos((middleLatitude * Math.PI) / 180);
  return {
    name: 'equirectangular',
    aspect: (halfWidth * shrink) / halfHeight,
    forward: (longitude, latitude) => [
      wrap(longitude - middleLongitude) / halfWidth,
      (latitude - middleLatitude) / halfHeight,
    ],
    inverse: (x, y) =>
      Math.abs(x) > 1 || Math.abs(y) > 1
        ? null
        : [middleLongitude + x * halfWidth, middleLatitude + y * halfHeight],
  };
}

/** Longitude brought into [−180, 180]; exactly ±180 keeps its sign. */
export function wrap(degrees: number): number {
  return Math.abs(degrees) <= 180 ? degrees : degrees - 360 * Math.round(degrees / 360);
}

/** Cubic through the neighbouring table rows (mirrored at the equator), so that meridians are smooth. */
function interpolate(table: readonly number[], row: number): number {
  const last = table.length - 1;
  const i = Math.min(Math.floor(row), last - 1);
  const t = row - i;
  const odd = table === PARALLEL_DISTANCE;
  const before = i > 0 ? table[i - 1] : odd ? -table[1] : table[1];
  const after = i + 2 <= last ? table[i + 2] : 2 * table[last] - table[last - 1];
  const [p, q] = [table[i], table[i + 1]];
  return (
    p + 0.5 * t * (q - before + t * (2 * before - 5 * p + 4 * q - after + t * (3 * (p - q) + after - before)))
  );
}

function rowOfDistance(distance: number): number {
  let low = 0;
  let high = PARALLEL_DISTANCE.length - 1;
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (interpolate(PARALLEL_DISTANCE, middle) < distance) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
