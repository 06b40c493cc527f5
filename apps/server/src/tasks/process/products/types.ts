/** A finished file of a product, and what the catalogue should know about it. */
export interface ProductFile {
  /** coefficients | grid_geoid | grid_ewh | uncertainties | covariance | map | contributions | normals | normals_sinex | orbit | residuals | report */
  readonly kind: string;
  readonly fileName: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  /** Of the bytes. */
  readonly sha256: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export type UnhashedFile = Omit<ProductFile, 'sha256'>;
