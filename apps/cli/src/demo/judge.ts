import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Geopotential } from '@gravity/geodesy';
import {
  differenceDegreeAmplitudes,
  errorDegreeAmplitudes,
  regularGrid,
  renderDegreeAmplitudes,
  renderMap,
  subtractFields,
  synthesizeGrid,
} from '@gravity/products';
import { accuracyRows } from '../recover/accuracy.js';

/** The smallest share of the difference to the truth that a recovery must remove to be called one. */
const REMOVED = 0.9;
/** White noise, as stated: the true error is about the formal one. Three times it is far beyond chance. */
const WITHIN = 3;

export interface Verdict {
  readonly accuracy: ReturnType<typeof accuracyRows>;
  /** Why the recovery is not good; empty when it is. */
  readonly complaints: readonly string[];
}

/** Holds the recovered field against the truth. */
export function judge(solution: Geopotential, apriori: Geopotential, truth: Geopotential): Verdict {
  const accuracy = accuracyRows(solution, apriori, truth);
  const { total } = accuracy;
  const complaints: string[] = [];
  if (!(total.error < (1 - REMOVED) * total.apriori)) {
    complaints.push(`the error is ${(total.error / total.apriori).toFixed(2)} of the a-priori difference`);
  }
  if (!(total.formal !== undefined && total.error < WITHIN * total.formal)) {
    complaints.push(`the error is more than ${WITHIN} times the formal error`);
  }
  return { accuracy, complaints };
}

/** Maps of the water masses, true and found, on one colour scale, and the spectra of difference and errors. */
export async function drawResults(
  solution: Geopotential,
  apriori: Geopotential,
  truth: Geopotential,
  folder: string,
  smoothingRadius: number,
): Promise<string[]> {
  const definition = regularGrid({ stepDegrees: 1 });
  const options = { smoothingRadius, minDegree: 2 };
  const assumed = { assumeSameTideSystem: true };
  const paths: string[] = [];
  const save = async (name: string, bytes: Uint8Array) => {
    const path = join(folder, name);
    await writeFile(path, bytes);
    paths.push(path);
  };
  for (const [name, title, field] of [
    ['masses-true.png', 'Masses put into the true field', truth],
    ['masses-recovered.png', 'Masses found by the recovery', solution],
  ] as const) {
    const change = subtractFields(field, apriori, assumed);
    const grid = synthesizeGrid(change, definition, 'equivalentWaterHeight', options);
    const subtitle = `field minus ${apriori.name}, degree ${field.maxDegree}, Gaussian filter of ${smoothingRadius / 1000} km`;
    await save(name, renderMap({ grid, title, subtitle, range: [-4, 4] }));
  }
  const spectra = [
    {
      label: 'a-priori minus truth',
      values: differenceDegreeAmplitudes(truth, apriori, 'geoidHeight', assumed).amplitudes,
    },
    {
      label: 'solution minus truth',
      values: differenceDegreeAmplitudes(truth, solution, 'geoidHeight', assumed).amplitudes,
      style: 'dashed' as const,
    },
    { label: 'formal error', values: errorDegreeAmplitudes(solution).amplitudes, style: 'dotted' as const },
  ];
  await save(
    'accuracy.png',
    renderDegreeAmplitudes({
      series: spectra,
      title: 'Accuracy by degree',
      label: 'geoid height',
      unit: 'm',
    }),
  );
  return paths;
}
