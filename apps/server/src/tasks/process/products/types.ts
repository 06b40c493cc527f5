/** A finished file of a product, and what the catalogue should know about it. */
export interface ProductFile {
  /** coefficients | grid_geoid | grid_ewh | uncertainties | covariance | map | report */
  readonly kind: string;
  readonly fileName: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly metadata: Readonly<Record<string, unknown>>;
}
