import type { RecoverySetup } from '../types.js';

export const RECOVERY_ALGORITHMS = ['variational', 'short_arc', 'acceleration'] as const;

/** Shortest and longest short arc, s: below, the boundary positions take all the information; above a revolution the integral equation loses digits. */
const SHORT_ARC_RANGE = [600, 5400] as const;
const MAX_POINTS = 31;

/**
 * Checks what of a setup belongs to the choice of the algorithm.
 *
 * @throws RangeError naming the field
 */
export function validateAlgorithm(
  setup: Pick<RecoverySetup, 'algorithm' | 'shortArcSeconds' | 'differentiatorPoints'>,
): void {
  const { algorithm = 'variational', shortArcSeconds, differentiatorPoints } = setup;
  if (!RECOVERY_ALGORITHMS.includes(algorithm)) {
    throw new RangeError(`algorithm must be one of ${RECOVERY_ALGORITHMS.join(', ')}, got ${algorithm}`);
  }
  const [shortest, longest] = SHORT_ARC_RANGE;
  if (shortArcSeconds !== undefined && !(shortArcSeconds >= shortest && shortArcSeconds <= longest)) {
    throw new RangeError(`shortArcSeconds must be ${shortest}…${longest}, got ${shortArcSeconds}`);
  }
  const points = differentiatorPoints ?? 3;
  if (!(Number.isInteger(points) && points % 2 === 1 && points >= 3 && points <= MAX_POINTS)) {
    throw new RangeError(`differentiatorPoints must be an odd number 3…${MAX_POINTS}, got ${points}`);
  }
}
