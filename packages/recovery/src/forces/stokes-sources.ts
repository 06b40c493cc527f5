import {
  createDealiasing,
  createHarmonicTide,
  createOceanPoleTide,
  createSolidEarthTide,
  createSolidPoleTide,
  type EarthRotationSpec,
  type Geopotential,
  SOLID_TIDE_DEGREE,
  type TideEpoch,
} from '@gravity/geodesy';
import { type ForceModel, hasForce } from './force-model.js';

/** Corrections to coefficients for GM and radius of the IERS Conventions. */
export interface StokesSource {
  readonly degreeMax: number;
  readonly add: (epoch: TideEpoch, c: Float64Array, s: Float64Array) => void;
}

/** Contributions to the coefficients, by how they depend on time. */
export interface StokesSources {
  /** Smooth: interpolated with high order. */
  readonly smooth: readonly StokesSource[];
  /** With kinks: evaluated in every segment. */
  readonly piecewise: readonly StokesSource[];
  readonly maxDegree: number;
}

/**
 * The parts of a force model that are fields.
 *
 * @throws RangeError naming the part that misses something
 */
export function stokesSources(
  model: ForceModel,
  field: Geopotential,
  rotation?: EarthRotationSpec,
): StokesSources {
  const smooth: StokesSource[] = [];
  const piecewise: StokesSource[] = [];
  const { solid, solidPole, oceanPole, ocean, atmosphere, dealiasing } = model.tides ?? {};
  if (solid && hasForce(model, 'solid')) {
    if (!model.ephemeris) throw new RangeError('forces.tides.solid needs forces.ephemeris');
    const options = solid === true ? {} : solid;
    smooth.push({
      degreeMax: SOLID_TIDE_DEGREE,
      add: createSolidEarthTide({ ...options, tideSystem: field.tideSystem }),
    });
  }
  for (const [name, tide] of [
    ['ocean', ocean],
    ['atmosphere', atmosphere],
  ] as const) {
    if (tide && hasForce(model, name)) smooth.push(createHarmonicTide(tide.waves, tide));
  }
  const pole = (name: 'solidPole' | 'oceanPole') => {
    if (rotation && rotation.model !== 'iers2010') {
      throw new RangeError(
        `forces.tides.${name}: Earth rotation ${rotation.model} has no motion of the pole`,
      );
    }
  };
  // The pole comes from daily values by cubic polynomials, with kinks at 0h UTC.
  if (solidPole && hasForce(model, 'solidPole')) {
    pole('solidPole');
    piecewise.push({ degreeMax: 2, add: createSolidPoleTide(solidPole) });
  }
  if (oceanPole && hasForce(model, 'oceanPole')) {
    pole('oceanPole');
    const { coefficients, degreeMax = coefficients.maxDegree } = oceanPole;
    const add = createOceanPoleTide(coefficients, oceanPole);
    piecewise.push({ degreeMax: Math.min(degreeMax, coefficients.maxDegree), add });
  }
  if (dealiasing && hasForce(model, 'dealiasing'))
    piecewise.push(createDealiasing(dealiasing.sets, dealiasing));
  if (model.fieldVariation && hasForce(model, 'fieldVariation')) {
    const { sets, ...options } = model.fieldVariation;
    const { gm, radius } = field;
    const maxStepSeconds = Number.POSITIVE_INFINITY;
    piecewise.push(createDealiasing(sets, { degreeMin: 0, gm, radius, maxStepSeconds, ...options }));
  }
  const maxDegree = [...smooth, ...piecewise].reduce((max, { degreeMax }) => Math.max(max, degreeMax), 0);
  return { smooth, piecewise, maxDegree };
}

/** Highest degree of the varying field of a force model, 0 when there is none. */
export function varyingDegree(model: ForceModel | undefined, field: Geopotential): number {
  return model ? stokesSources(model, field).maxDegree : 0;
}
