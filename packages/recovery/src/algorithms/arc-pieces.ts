import type { ObservationSet, PositionSet } from '../arc/observation-set.js';
import type { NodeGrid } from '../dynamics/node-grid.js';

/** A run of whole segments of an arc: first ≤ segment < end. */
export interface ArcPiece {
  readonly first: number;
  readonly end: number;
}

/** The arc cut into pieces of about a length, equal but for one segment. */
export function arcPieces({ durationSeconds, segmentCount }: NodeGrid, seconds: number): readonly ArcPiece[] {
  const count = Math.min(segmentCount, Math.max(1, Math.round(durationSeconds / seconds)));
  return Array.from({ length: count }, (_, i) => ({
    first: Math.round((i * segmentCount) / count),
    end: Math.round(((i + 1) * segmentCount) / count),
  }));
}

/** Observations of a piece; those at its end belong to the next one, but for the last. */
export function observationsOf(
  { positions, rangeRate }: ObservationSet,
  { segmentSeconds, segmentCount }: NodeGrid,
  piece: ArcPiece,
): ObservationSet {
  const from = piece.first * segmentSeconds;
  const to = piece.end === segmentCount ? Number.POSITIVE_INFINITY : piece.end * segmentSeconds;
  const range = (seconds: Float64Array) => {
    let first = 0;
    while (first < seconds.length && seconds[first] < from) first++;
    let end = first;
    while (end < seconds.length && seconds[end] < to) end++;
    return [first, end] as const;
  };
  const [first, end] = range(rangeRate.seconds);
  return {
    positions: positions.map((set): PositionSet => {
      const [a, b] = range(set.seconds);
      return {
        ...set,
        seconds: set.seconds.slice(a, b),
        position: set.position.slice(3 * a, 3 * b),
        ...(set.weights ? { weights: set.weights.slice(a, b) } : {}),
      };
    }),
    rangeRate: {
      ...rangeRate,
      seconds: rangeRate.seconds.slice(first, end),
      value: rangeRate.value.slice(first, end),
      ...(rangeRate.weights ? { weights: rangeRate.weights.slice(first, end) } : {}),
    },
  };
}
