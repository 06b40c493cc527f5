import {
  degreeAmplitudes,
  errorDegreeAmplitudes,
  renderDegreeAmplitudes,
  renderMap,
} from '@gravity/products';
import type { RecoverySolution } from '@gravity/recovery';
import type { ProductContext } from './context.js';
import { derivedRecipe, period, solvedField } from './describe.js';
import { geoidGrid, type NamedGrid, residualField, smoothingText, waterGrid } from './grids.js';
import type { UnhashedFile } from './types.js';

/** Maps of geoid and water height, and the plot of degree amplitudes, as PNG. */
export function mapProducts(context: ProductContext, solution: RecoverySolution): UnhashedFile[] {
  const { start, end } = period(context);
  const { degreeMax, grid } = context.request;
  const when = `${context.mission}, ${start.slice(0, 10)} to ${end.slice(0, 10)}, degree ${degreeMax}`;
  const geoid = geoidGrid(context, solution);
  const water = waterGrid(context, solution);
  return [
    png(
      context,
      'geoid',
      geoid.description,
      renderMap({ grid: geoid.grid, title: 'Geoid height above GRS80', subtitle: when }),
    ),
    png(
      context,
      'ewh',
      water.description,
      drawWater(water, `${when}, ${smoothingText(grid.smoothingRadiusKm)}, minus ${context.aPriori.name}`),
    ),
    png(context, 'degree-amplitudes', 'geoid height per degree', drawSpectrum(context, solution)),
  ];
}

/** The colour range needs a spread: a solution equal to its a-priori field is drawn within ±1 mm. */
function drawWater({ grid }: NamedGrid, subtitle: string): Uint8Array {
  const flat = grid.values.every((value) => Math.abs(value) < 1e-12);
  return renderMap({
    grid,
    title: 'Equivalent water height',
    subtitle,
    ...(flat && { range: [-1e-3, 1e-3] as const }),
  });
}

function drawSpectrum(context: ProductContext, solution: RecoverySolution): Uint8Array {
  const field = solvedField(context, solution);
  return renderDegreeAmplitudes({
    title: `Geoid height per degree, ${context.baseName}`,
    unit: 'm',
    minDegree: Math.max(2, context.request.degreeMin),
    series: [
      { label: 'signal', values: degreeAmplitudes(field).amplitudes },
      {
        label: `difference to ${context.aPriori.name}`,
        values: degreeAmplitudes(residualField(context, field)).amplitudes,
      },
      { label: 'formal error', values: errorDegreeAmplitudes(field).amplitudes, style: 'dashed' },
    ],
  });
}

function png(context: ProductContext, suffix: string, description: string, bytes: Uint8Array): UnhashedFile {
  return {
    kind: 'map',
    fileName: `${context.baseName}_${suffix}.png`,
    mediaType: 'image/png',
    bytes,
    metadata: { format: 'PNG', description, recipe: derivedRecipe(context, context.request.grid) },
  };
}
