import { TaskError } from '../../jobs/task.js';
import { SIMULATED_NAME } from '../../missions.js';
import {
  COMPLETE_FORCES,
  type ForcesRequest,
  type ForcesSpec,
  isSameForces,
  parseStatement,
} from '../../models/index.js';
import type { InputFile } from './arc-source.js';

const FIELD = 'background_models.forces';

export interface ResolvedForces {
  readonly forces: 'none' | ForcesSpec;
  /** Whether the observations are simulated, as far as can be told. */
  readonly simulated: boolean;
  readonly warnings: readonly string[];
}

/** Of the background models of a request. */
export interface ForceChoice {
  readonly forces: ForcesRequest;
  readonly earthRotation: { readonly model: 'iers2010' | 'constant' };
}

/**
 * The forces of a computation: those of the request; else those the observations say they were simulated with; else
 * none for satellites named SIM-… and a constant rotation of the Earth; else, for real data, the complete set.
 *
 * @throws TaskError `forces_ambiguous`, `forces_unknown` when the observations do not tell and the request has to
 */
export function resolveForces(
  { forces: wanted, earthRotation }: ForceChoice,
  satellites: readonly string[],
  inputs: readonly Pick<InputFile, 'fileName' | 'statedForces'>[],
): ResolvedForces {
  const statements = [...new Set(inputs.flatMap(({ statedForces }) => statedForces ?? []))];
  const simulated =
    statements.length > 0 ||
    satellites.every((name) => SIMULATED_NAME.test(name)) ||
    earthRotation.model === 'constant';
  if (wanted !== 'auto')
    return { forces: wanted, simulated, warnings: contradictions(wanted, simulated, statements) };
  if (statements.length === 0)
    return { forces: simulated ? 'none' : COMPLETE_FORCES, simulated, warnings: [] };
  if (statements.length > 1) {
    throw unresolved(
      'forces_ambiguous',
      `the observations were simulated with different forces (${statements.join('; ')})`,
    );
  }
  const stated = parseStatement(statements[0]);
  if (stated === undefined) {
    throw unresolved(
      'forces_unknown',
      `the observations were simulated with ${statements[0]}, which is not understood`,
    );
  }
  const files = stated === 'none' ? [] : filesOf(stated);
  if (files.length > 0) {
    throw unresolved(
      'forces_unknown',
      `the observations were simulated with the model files ${files.join(', ')}`,
    );
  }
  return { forces: stated, simulated, warnings: [] };
}

function unresolved(code: string, text: string): TaskError {
  const message = `${text}; state the forces in ${FIELD}: "complete", "none" or their members`;
  return new TaskError(code, message, [{ field: FIELD, message }]);
}

function filesOf(spec: ForcesSpec): readonly string[] {
  const named = [spec.ephemeris, spec.oceanTide, spec.oceanPoleTide].filter(
    (name) => !['analytical', 'fes2004', 'none'].includes(name),
  );
  return [...named, ...spec.atmosphericTide, ...spec.dealiasing];
}

function contradictions(
  wanted: 'none' | ForcesSpec,
  simulated: boolean,
  statements: readonly string[],
): readonly string[] {
  if (!simulated) {
    return wanted === 'none'
      ? [
          `${FIELD} is "none": real observations feel Sun, Moon, tides and relativity, which will be taken for gravity`,
        ]
      : [];
  }
  return statements
    .filter((text) => {
      const stated = parseStatement(text);
      return stated === undefined || !isSameForces(stated, wanted);
    })
    .map(
      (text) =>
        `the observations were simulated with the forces ${text}, but are processed with others (${FIELD}): the difference will be taken for gravity`,
    );
}
