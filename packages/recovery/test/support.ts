import {
  type EarthRotationSpec,
  emptyGeopotential,
  type Geopotential,
  triangleIndex,
} from '@gravity/geodesy';
import {
  type ArcObservations,
  GaussianNoise,
  type RecoverySetup,
  type SimulatedDay,
} from '@gravity/recovery';

export const GM = 3.986004415e14;
export const RADIUS = 6378136.3;

/** Turning about z as in the closed loops of the field: no precession, no polar motion. */
export const CONSTANT_ROTATION: EarthRotationSpec = {
  model: 'constant',
  rate: 7.292115e-5,
  angleAtEpoch: 0.3,
  epochGpsSeconds: 738849600,
};

/** A field with the Earth's flattening and a power law like Kaula's, from a seed. */
export function kaulaField(maxDegree: number, seed = 1): Geopotential {
  const noise = new GaussianNoise(seed);
  const field = emptyGeopotential(maxDegree, GM, RADIUS, `kaula-${maxDegree}`, 'zero_tide');
  field.c[0] = 1;
  for (let n = 2; n <= maxDegree; n++) {
    for (let m = 0; m <= n; m++) {
      field.c[triangleIndex(n, m)] = (noise.next() * 0.7e-5) / n ** 2;
      if (m > 0) field.s[triangleIndex(n, m)] = (noise.next() * 0.7e-5) / n ** 2;
    }
  }
  field.c[triangleIndex(2, 0)] = -4.84169e-4;
  return field;
}

/** The field with errors of some centimetres of geoid, as an a-priori field has them. */
export function perturbed(field: Geopotential, seed = 7): Geopotential {
  const noise = new GaussianNoise(seed);
  const c = field.c.slice();
  const s = field.s.slice();
  for (let n = 2; n <= field.maxDegree; n++) {
    for (let m = 0; m <= n; m++) {
      c[triangleIndex(n, m)] += (noise.next() * 7e-9) / n ** 2.2;
      if (m > 0) s[triangleIndex(n, m)] += (noise.next() * 7e-9) / n ** 2.2;
    }
  }
  return { ...field, name: `${field.name} perturbed`, c, s };
}

/** Root square sum over orders, as geoid height in m. */
export function geoidErrorPerDegree(a: Geopotential, b: Geopotential): Float64Array {
  return Float64Array.from({ length: b.maxDegree + 1 }, (_, n) => {
    let sum = 0;
    for (let m = 0; m <= n; m++) {
      const i = triangleIndex(n, m);
      sum += (a.c[i] - b.c[i]) ** 2 + (a.s[i] - b.s[i]) ** 2;
    }
    return RADIUS * Math.sqrt(sum);
  });
}

export function formalErrorPerDegree(field: Geopotential): Float64Array {
  return Float64Array.from({ length: field.maxDegree + 1 }, (_, n) => {
    let sum = 0;
    for (let m = 0; m <= n; m++) {
      const i = triangleIndex(n, m);
      sum += (field.sigmaC?.[i] ?? 0) ** 2 + (field.sigmaS?.[i] ?? 0) ** 2;
    }
    return RADIUS * Math.sqrt(sum);
  });
}

export function arcOf(day: SimulatedDay, seconds = 86_400): ArcObservations {
  return {
    startGpsSeconds: day.startGpsSeconds,
    endGpsSeconds: day.startGpsSeconds + seconds,
    satellites: day.satellites.map((s) => ({
      satellite: s.satellite,
      orbit: { frame: 'terrestrial', gpsSeconds: s.gpsSeconds, position: s.position, velocity: s.velocity },
      ...(s.accelerometerGpsSeconds.length > 0
        ? {
            accelerometer: { gpsSeconds: s.accelerometerGpsSeconds, acceleration: s.linearAcceleration },
            attitude: { gpsSeconds: s.accelerometerGpsSeconds, quaternion: s.quaternion },
          }
        : {}),
    })),
    ranging: { instrument: 'KBR1B', gpsSeconds: day.ranging.gpsSeconds, rangeRate: day.ranging.rangeRate },
  };
}

export function setupFor(referenceField: Geopotential, change: Partial<RecoverySetup> = {}): RecoverySetup {
  return {
    degreeMin: 2,
    degreeMax: referenceField.maxDegree,
    referenceField,
    earthRotation: CONSTANT_ROTATION,
    sigmaRangeRate: 1e-7,
    sigmaPosition: 0.01,
    positionSamplingSeconds: 60,
    accelerometerBias: 'constant',
    accelerometerScale: false,
    rangingEmpirical: 'none',
    ...change,
  };
}
