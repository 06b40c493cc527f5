import type { EarthRotationSpec, EopTable, Geopotential } from '@gravity/geodesy';

export type ModelRole =
  | 'static_field'
  | 'regularization_reference'
  | 'earth_rotation'
  | 'ephemeris'
  | 'third_bodies'
  | 'relativity'
  | 'solid_earth_tide'
  | 'pole_tide'
  | 'ocean_tide'
  | 'ocean_pole_tide'
  | 'atmospheric_tide'
  | 'dealiasing';

/** A model as provenance records it. */
export interface ModelReference {
  readonly role: ModelRole;
  /** Name from the registry, or `upload:…` / `object:…` as the request gave it. */
  readonly name: string;
  /** SHA-256 of the model's bytes (of the constants, for a model without a file). */
  readonly sha256: string;
  readonly source: string;
}

export interface LoadedField {
  readonly field: Geopotential;
  /** Of a time-variable field: the same at another epoch, MJD. */
  readonly at?: (mjd: number) => Geopotential;
  readonly reference: ModelReference;
}

export interface LoadedEop {
  readonly table: EopTable;
  readonly sha256: string;
  readonly source: string;
}

export interface LoadedRotation {
  readonly spec: EarthRotationSpec;
  readonly reference: ModelReference;
}

/** `background_models.earth_rotation` of a request, checked. */
export type EarthRotationRequest =
  | {
      readonly model: 'iers2010';
      /** `upload:{id}` or `object:{bucket}/{key}` of a C04 series, instead of the one that ships. */
      readonly eop?: string;
    }
  | {
      readonly model: 'constant';
      /** rad/s */
      readonly rate: number;
      /** rad */
      readonly angleAtEpoch: number;
      readonly epochGpsSeconds: number;
    };
