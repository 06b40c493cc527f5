import { AccelerationPartials } from '@gravity/geodesy';
import type { LinearAlgebra } from '@gravity/linalg';
import type { ArcOptions } from '../arc/accumulate.js';
import type { ObservationSet } from '../arc/observation-set.js';
import { type PreparedArc, prepareArc } from '../arc/prepare-arc.js';
import { ArcError } from '../errors.js';
import type { ArcObservations, RecoverySetup } from '../types.js';
import { arcPieces, observationsOf } from './arc-pieces.js';
import { type IntegralOperator, integralOperator } from './integral-operator.js';
import { ReferenceShortArc } from './reference-short-arc.js';

export const DEFAULT_SHORT_ARC_SECONDS = 1800;
/** Share of the orbits of the whole arc in the progress. */
const ORBITS = 0.2;

/** A piece of an arc with the reference orbits of its satellites. */
export interface PieceContext {
  readonly orbits: readonly ReferenceShortArc[];
  readonly observations: ObservationSet;
}

/** An arc that is worked on piece by piece. */
export class ArcContext {
  /** Of the field, none when it is only evaluated. */
  readonly partials: AccelerationPartials | undefined;
  /** Largest number of rounds of the fit of a piece. */
  orbitRounds = 0;

  private constructor(
    private readonly setup: RecoverySetup,
    readonly prepared: PreparedArc,
    private readonly la: LinearAlgebra,
    private readonly options: ArcOptions,
    withField: boolean,
  ) {
    const { degreeMin, degreeMax, referenceField } = setup;
    const { gm, radius } = referenceField;
    if (withField) this.partials = new AccelerationPartials(degreeMin, degreeMax, gm, radius);
  }

  /** Fits the orbits of the whole arc and screens its observations. */
  static async of(
    setup: RecoverySetup,
    arc: ArcObservations,
    la: LinearAlgebra,
    options: ArcOptions,
    withField: boolean,
  ): Promise<ArcContext> {
    const degree = Math.max(setup.referenceField.maxDegree, withField ? setup.degreeMax : 0);
    const { varianceFactors } = options;
    const prepared = await prepareArc(setup, arc, la, degree, varianceFactors, (k, count, satellite) => {
      checkSignal(options);
      options.onProgress?.(ORBITS * (k / count), `orbit of ${satellite}`);
    });
    return new ArcContext(setup, prepared, la, options, withField);
  }

  get coefficientCount(): number {
    return this.partials?.ordering.count ?? 0;
  }

  /** The pieces in their order, but for those in which a satellite has fewer positions than `fewest`. */
  async *pieces(fewest: number): AsyncGenerator<PieceContext, void, void> {
    const { setup, prepared, la, options } = this;
    const { models, observations } = prepared;
    const { grid } = models[0];
    const operators = new Map<number, IntegralOperator>();
    const pieces = arcPieces(grid, setup.shortArcSeconds ?? DEFAULT_SHORT_ARC_SECONDS);
    for (const [i, piece] of pieces.entries()) {
      checkSignal(options);
      options.onProgress?.(ORBITS + (1 - ORBITS) * (i / pieces.length), 'observation equations');
      const set = observationsOf(observations, grid, piece);
      if (set.positions.some(({ seconds }) => seconds.length < fewest)) continue;
      const length = piece.end - piece.first;
      const operator = operators.get(length) ?? integralOperator(grid.rule, length, grid.segmentSeconds);
      operators.set(length, operator);
      const orbits = models.map((model) => new ReferenceShortArc(model, operator, piece.first, la));
      for (const [k, orbit] of orbits.entries()) {
        this.orbitRounds = Math.max(this.orbitRounds, await orbit.fit(set.positions[k]));
      }
      yield { orbits, observations: set };
    }
  }
}

function checkSignal({ signal }: ArcOptions): void {
  if (signal?.aborted) throw new ArcError('cancelled', 'the computation was cancelled');
}
