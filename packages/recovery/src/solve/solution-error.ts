export class SolutionError extends Error {
  override readonly name = 'SolutionError';
  constructor(
    readonly code: 'singular_normals' | 'no_redundancy' | 'incompatible_prior' | 'no_regularization',
    message: string,
  ) {
    super(message);
  }
}
