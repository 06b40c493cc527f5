import type {
  CelestialBody,
  DealiasingOptions,
  DealiasingSet,
  RelativityOptions,
  ThirdBodyOptions,
  TideModelParts,
} from '@gravity/geodesy';

/** Geocentric positions as Chebyshev series, see `tabulateEphemeris`. */
export interface EphemerisTable {
  readonly source: string;
  /** Whole GPS seconds. */
  readonly startGpsSeconds: number;
  readonly pieceSeconds: number;
  readonly pieceCount: number;
  readonly degree: number;
  readonly bodies: readonly {
    readonly body: CelestialBody;
    /** m; piece by piece x, y, z with degree + 1 coefficients each. */
    readonly coefficients: Float64Array;
  }[];
}

/** Coefficients at epochs, linear in between. */
export type StokesSeries = DealiasingOptions & { readonly sets: readonly DealiasingSet[] };

/** Forces by name. */
export const FORCE_NAMES = [
  'thirdBodies',
  'relativity',
  'solid',
  'solidPole',
  'oceanPole',
  'ocean',
  'atmosphere',
  'dealiasing',
  'fieldVariation',
] as const;
export type ForceName = (typeof FORCE_NAMES)[number];

/**
 * Forces beside the static field. Plain data, so that it can be sent to worker threads: a force that is absent is not
 * computed.
 */
export interface ForceModel {
  /** Needed by third bodies, relativity (de Sitter) and solid Earth tide; has to cover every arc. */
  readonly ephemeris?: EphemerisTable;
  /** Sun and Moon, planets when named; {} for the defaults. */
  readonly thirdBodies?: ThirdBodyOptions;
  readonly relativity?: RelativityOptions;
  /**
   * Tides and dealiasing. The epochs of dealiasing should fall on multiples of 300 s of the arc, where integration
   * segments end: a kink within a segment costs some micrometres a day.
   */
  readonly tides?: TideModelParts;
  /** Deviation of a time-variable field from the reference field, whose GM and radius it has unless options tell. */
  readonly fieldVariation?: StokesSeries;
  /** Forces that are left out although they are described above. */
  readonly off?: readonly ForceName[];
}

/** Whether a force is described and not switched off. */
export function hasForce(model: ForceModel, name: ForceName): boolean {
  if (model.off?.includes(name)) return false;
  if (name === 'thirdBodies' || name === 'relativity' || name === 'fieldVariation') {
    return model[name] !== undefined;
  }
  return model.tides?.[name] !== undefined;
}
