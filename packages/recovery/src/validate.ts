import { rangingSigma } from './arc/observation-set.js';
import { predictors } from './stochastic/noise-model.js';
import type { ArcObservations, RecoverySetup } from './types.js';

/**
 * Checks a setup and an arc before anything is computed.
 *
 * @throws RangeError naming the field
 */
export function validateInputs(setup: RecoverySetup, arc: ArcObservations): void {
  const { degreeMin, degreeMax, referenceField } = setup;
  whole('degreeMin', degreeMin);
  whole('degreeMax', degreeMax);
  if (degreeMin < 1)
    throw new RangeError(`degreeMin must be at least 1 (GM is not estimated), got ${degreeMin}`);
  if (degreeMax < degreeMin)
    throw new RangeError(`degreeMax (${degreeMax}) is below degreeMin (${degreeMin})`);
  positive('sigmaRangeRate', setup.sigmaRangeRate);
  positive('sigmaPosition', setup.sigmaPosition);
  positive('positionSamplingSeconds', setup.positionSamplingSeconds);
  positive('referenceField.gm', referenceField.gm);
  positive('referenceField.radius', referenceField.radius);
  if (Math.abs(referenceField.c[0] - 1) > 1e-3) {
    throw new RangeError(`referenceField: C(0,0) must be 1, got ${referenceField.c[0]}`);
  }
  setup.empiricalAccelerations?.forEach((e, i) => {
    const name = `empiricalAccelerations[${i}]`;
    const { cyclesPerRevolution: cycles = 0, pieceSeconds = 1, sigma = 1 } = e;
    if (!(Number.isInteger(cycles) && cycles >= 0)) {
      throw new RangeError(`${name}.cyclesPerRevolution must be a whole number from 0, got ${cycles}`);
    }
    positive(`${name}.pieceSeconds`, pieceSeconds);
    positive(`${name}.sigma`, sigma);
  });
  validateRanging(setup);
  whole('startGpsSeconds', arc.startGpsSeconds);
  if (!(arc.endGpsSeconds > arc.startGpsSeconds))
    throw new RangeError('endGpsSeconds must be after startGpsSeconds');
  const names = arc.satellites.map((s) => s.satellite);
  if (names.length < 1 || names.length > 2) {
    throw new RangeError(`satellites: one or two are needed, got ${names.length}`);
  }
  if (new Set(names).size !== names.length) throw new RangeError(`satellites: ${names[0]} is there twice`);
  for (const { satellite, orbit } of arc.satellites) {
    const count = 3 * orbit.gpsSeconds.length;
    if (orbit.position.length !== count || orbit.velocity.length !== count) {
      throw new RangeError(
        `${satellite}: ${orbit.gpsSeconds.length} epochs need ${count} position and velocity values, ` +
          `got ${orbit.position.length} and ${orbit.velocity.length}`,
      );
    }
  }
}

function validateRanging(setup: RecoverySetup): void {
  positive('standard deviation of the ranging', rangingSigma(setup));
  setup.rangingParameters?.forEach((parameter, i) => {
    const name = `rangingParameters[${i}]`;
    const { term, cyclesPerRevolution: cycles = 1, pieceSeconds = 1, sigma = 1 } = parameter;
    if (!(Number.isInteger(cycles) && cycles >= 1)) {
      throw new RangeError(`${name}.cyclesPerRevolution must be a whole number from 1, got ${cycles}`);
    }
    if (pieceSeconds !== 'revolution') positive(`${name}.pieceSeconds`, pieceSeconds);
    positive(`${name}.sigma`, sigma);
    const twice =
      (term === 'bias' && (setup.rangingEmpirical !== 'none' || setup.rangingObservation === 'range')) ||
      (term === 'trend' && setup.rangingEmpirical === 'bias_trend');
    if (twice && parameter.sigma === undefined) {
      throw new RangeError(
        `${name}: a ${term} is estimated already (rangingEmpirical, or the biases of ranges): give it a sigma, or leave one out`,
      );
    }
  });
  if (setup.rangingNoise) {
    positive('rangingNoise.samplingSeconds', setup.rangingNoise.samplingSeconds);
    predictors(setup.rangingNoise.autocovariance);
  }
}

function whole(name: string, value: number): void {
  if (!Number.isInteger(value)) throw new RangeError(`${name} must be a whole number, got ${value}`);
}

function positive(name: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value))) throw new RangeError(`${name} must be positive, got ${value}`);
}
