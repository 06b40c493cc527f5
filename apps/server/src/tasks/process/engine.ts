import type { Geopotential } from '@gravity/geodesy';
import type { LinearAlgebra } from '@gravity/linalg';
import type {
  ArcEvaluation,
  ArcModel,
  ArcNormals,
  ArcObservations,
  EvaluationOptions,
  OrbitDetermination,
  OrbitDeterminationOptions,
  OrbitSetup,
  RecoverySetup,
  RecoverySolution,
  Regularization,
  RegularizedSolution,
  TotalNormals,
  VarianceDirections,
} from '@gravity/recovery';

interface ArcRun {
  readonly onProgress?: (fraction: number, message: string) => void;
  readonly signal?: AbortSignal;
}

/** The functions of the recovery package that the worker calls, so that a test can put others in their place. */
export interface RecoveryEngine {
  computeNormals(
    setup: RecoverySetup,
    arc: ArcObservations,
    la: LinearAlgebra,
    options?: ArcRun & Partial<ArcModel>,
  ): Promise<ArcNormals>;
  evaluateArc(
    setup: RecoverySetup,
    arc: ArcObservations,
    la: LinearAlgebra,
    options?: EvaluationOptions,
  ): Promise<ArcEvaluation>;
  emptyNormals(setup: RecoverySetup, la: LinearAlgebra): TotalNormals;
  addArcNormals(total: TotalNormals, arc: ArcNormals): void | Promise<void>;
  solveRegularized(
    setup: RecoverySetup,
    total: TotalNormals,
    regularization: Regularization,
    la: LinearAlgebra,
    options: { readonly priorField?: Geopotential; readonly weight: 'given' | 'vce' | 'l_curve' },
  ): Promise<RegularizedSolution>;
  varianceDirections(
    solution: RecoverySolution,
    la: LinearAlgebra,
    options?: { readonly dataVariance?: number },
  ): Promise<VarianceDirections>;
  determineOrbit(
    setup: OrbitSetup,
    arc: ArcObservations,
    la: LinearAlgebra,
    options?: OrbitDeterminationOptions,
  ): Promise<OrbitDetermination>;
}
