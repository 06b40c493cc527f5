import type { ArcObservations, EmpiricalAcceleration, RecoverySetup } from '@gravity/recovery';

/**
 * Empirical accelerations where the request states none. Without an accelerometer they stand for drag and radiation
 * pressure: constants, once per revolution, and pieces of half an hour that are held to 1e-8 m/s². With one they only
 * take up what its calibration leaves.
 */
const WITHOUT_ACCELEROMETER: readonly EmpiricalAcceleration[] = [
  {},
  { cyclesPerRevolution: 1 },
  { pieceSeconds: 1800, sigma: 1e-8 },
];
const WITH_ACCELEROMETER: readonly EmpiricalAcceleration[] = [{ cyclesPerRevolution: 1, sigma: 1e-8 }];

/** The setup of a job for the arc of one satellite. */
export function orbitSetup(setup: RecoverySetup, { satellites }: ArcObservations): RecoverySetup {
  const measured = satellites.every(({ accelerometer }) => accelerometer !== undefined);
  return {
    ...setup,
    accelerometerBias: measured ? setup.accelerometerBias : 'none',
    accelerometerScale: measured && setup.accelerometerScale,
    empiricalAccelerations:
      setup.empiricalAccelerations ?? (measured ? WITH_ACCELEROMETER : WITHOUT_ACCELEROMETER),
  };
}
