import { writeGfc } from '@gravity/formats';
import type { RecoverySolution } from '@gravity/recovery';
import type { ProductContext } from './context.js';
import { period, solutionText, solvedField } from './describe.js';
import type { UnhashedFile } from './types.js';

/** ICGEM file of the solution with its formal standard deviations. */
export function coefficientsProduct(context: ProductContext, solution: RecoverySolution): UnhashedFile {
  const { start, end } = period(context);
  const field = solvedField(context, solution);
  const { degreeMin } = context.request;
  const lines = [
    `Gravity field of ${start} to ${end} from ${context.mission} observations.`,
    solutionText(context),
    `Standard deviations: formal, scaled with the a-posteriori unit weight ${solution.sigma0.toPrecision(6)}.`,
    ...(degreeMin > 0
      ? [`Degrees below ${degreeMin}: those of the a-priori field, not estimated (standard deviation 0).`]
      : []),
    ...context.models.map(
      (model) => `${model.role}: ${model.name}, ${model.source}, SHA-256 ${model.sha256}`,
    ),
    `Computed by ${context.software} with ${context.backend}; recipe SHA-256 ${context.recipeHash}`,
  ];
  const text = writeGfc(field, {
    comment: lines.join('\n'),
    errors: 'formal',
    header: { time_coverage_start: start, time_coverage_end: end },
  });
  return {
    kind: 'coefficients',
    fileName: `${context.baseName}.gfc`,
    mediaType: 'text/plain',
    bytes: new TextEncoder().encode(text),
    metadata: {
      format: 'ICGEM gfc 1.0',
      normalization: 'fully normalized',
      tide_system: field.tideSystem,
      errors: 'formal',
      gm: field.gm,
      radius: field.radius,
    },
  };
}
