import type { Geopotential } from '@gravity/geodesy';
import type { LinearAlgebra } from '@gravity/linalg';
import type {
  ArcNormals,
  ArcObservations,
  OrbitDetermination,
  OrbitDeterminationOptions,
  OrbitSetup,
  RecoverySetup,
  RecoverySolution,
  Regularization,
} from '@gravity/recovery';

/** The functions of the recovery package that the worker calls, so that a test can put others in their place. */
export interface RecoveryEngine<Total = unknown> {
  computeNormals(
    setup: RecoverySetup,
    arc: ArcObservations,
    la: LinearAlgebra,
    options?: {
      readonly onProgress?: (fraction: number, message: string) => void;
      readonly signal?: AbortSignal;
    },
  ): Promise<ArcNormals>;
  emptyNormals(setup: RecoverySetup, la: LinearAlgebra): Total;
  addArcNormals(total: Total, arc: ArcNormals): void | Promise<void>;
  solveNormals(
    setup: RecoverySetup,
    total: Total,
    regularization: Regularization,
    la: LinearAlgebra,
    options?: { readonly priorField?: Geopotential },
  ): Promise<RecoverySolution>;
  determineOrbit(
    setup: OrbitSetup,
    arc: ArcObservations,
    la: LinearAlgebra,
    options?: OrbitDeterminationOptions,
  ): Promise<OrbitDetermination>;
}
