import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { writeGfc } from '@gravity/formats';
import { type Geopotential, isoToGpsSeconds, mjdUtc } from '@gravity/geodesy';
import { createLinearAlgebra } from '@gravity/linalg';
import { errorDegreeAmplitudes } from '@gravity/products';
import { type Command, Option } from 'commander';
import {
  type CombinedNormals,
  type CombinedSolution,
  openCommonSystems,
  solveCombined,
  weightedSum,
} from '../combine/combine.js';
import type { NormalsSystem } from '../combine/normals-system.js';
import { type ChosenWeights, chooseWeights, contributionsPerDegree } from '../combine/weights.js';
import { writeCombinedNormals } from '../combine/write-normals.js';
import { openNormalsSystem } from '../files/read-normals.js';
import { fieldOf } from '../models.js';
import { note, print, UsageError } from '../output.js';
import { formatTable } from '../terminal/table.js';
import { collect, parseCount, parseNonNegative, parsePositive } from './options.js';

interface CombineOptions {
  readonly weight?: readonly string[];
  readonly weights: 'given' | 'vce';
  readonly field?: string;
  readonly epoch?: string;
  readonly kaula: number;
  readonly tikhonov: number;
  readonly regularizationWeight?: 'given' | 'vce' | 'l_curve';
  readonly everyDegree?: boolean;
  readonly gm: number;
  readonly radius: number;
  readonly scaleErrors?: boolean;
  readonly threads: number;
  readonly linearAlgebra: 'auto' | 'openblas' | 'wasm';
  readonly out: string;
  readonly normals?: string;
  readonly json?: boolean;
}

/** `gravity combine a.snx b.snx`: normal equations summed and solved. */
export function addCombineCommand(program: Command, version: string): void {
  program
    .command('combine')
    .description('sum normal equations of several files (SINEX or binary) and solve them')
    .argument('<files...>', 'normal equations of coefficients')
    .option('--weight <w>', 'of a file, in the order of the files; once for each (default: 1)', collect)
    .addOption(
      new Option('--weights <how>', 'as given, or a variance of unit weight estimated for every file')
        .choices(['given', 'vce'])
        .default('given'),
    )
    .option(
      '--field <field>',
      'common a-priori field: a name or an ICGEM file (default: that of the first file)',
    )
    .option(
      '--epoch <time>',
      'epoch (ISO 8601) of a time-variable a-priori field (default: middle of the data)',
    )
    .option(
      '--kaula <x>',
      'a-priori sigma x/n² of each coefficient about the a-priori field; 0: none',
      parseNonNegative,
      0,
    )
    .option('--tikhonov <x>', 'in units of the mean diagonal; 0: none', parseNonNegative, 0)
    .addOption(
      new Option(
        '--regularization-weight <how>',
        'as given, by variance components, or by the L-curve (default: as --weights)',
      ).choices(['given', 'vce', 'l_curve']),
    )
    .option('--gm <m3/s2>', 'of SINEX files that do not state it', parsePositive, 3.986004415e14)
    .option('--radius <m>', 'of SINEX files that do not state it', parsePositive, 6378136.3)
    .option('--scale-errors', 'scale formal errors by the a-posteriori sigma0 (default: as the weights say)')
    .option('--threads <n>', 'of the linear algebra', parseCount, availableParallelism())
    .addOption(
      new Option('--linear-algebra <kind>', 'which one')
        .choices(['auto', 'openblas', 'wasm'])
        .default('auto'),
    )
    .option('--out <file.gfc>', 'the solution', 'combined.gfc')
    .option('--normals <file>', 'write the sum too, without Kaula: .snx SINEX, else binary')
    .option('--every-degree', 'print the share of the files at every degree')
    .option('--json', 'print the report as JSON')
    .action((files: readonly string[], options: CombineOptions) => combine(files, options, version));
}

async function combine(files: readonly string[], options: CombineOptions, version: string): Promise<void> {
  const given = weightsOf(files, options.weight);
  const systems: NormalsSystem[] = [];
  for (const file of files) systems.push(await openNormalsSystem(file, options));
  const reference = await referenceOf(systems, options);
  if (new Set([reference, ...systems.map((s) => s.reference)].map((f) => f.tideSystem)).size > 1) {
    const stated = systems.map(({ name, reference: { tideSystem } }) => `${name} ${tideSystem}`).join(', ');
    note(`tide systems: ${stated}; brought to ${reference.tideSystem}, unknown ones taken as that`);
  }
  const la = await createLinearAlgebra({ backend: options.linearAlgebra, threads: options.threads });
  try {
    const common = await openCommonSystems(systems, reference, la);
    const names = systems.map(({ name }) => name);
    const choice = choiceOf(options);
    const chosen = await chooseWeights(common, names, given, reference, choice, la);
    const { weights } = chosen;
    const combined = weightedSum(common, weights, la);
    const solution = await solveCombined(combined, reference, chosen.regularization, la);
    const shares = contributionsPerDegree(common, weights, solution.covariance);
    const field = options.scaleErrors ? scaledErrors(solution.field, solution.sigma0) : solution.field;
    const comment = `gravity combine: ${systems.map(({ name }, k) => `${name} (weight ${Number(weights[k].toPrecision(6))})`).join(', ')}`;
    await writeFile(options.out, writeGfc(field, { comment }));
    if (options.normals) {
      const producer = `gravity-processing-backend ${version}`;
      await writeCombinedNormals(options.normals, { combined, systems, weights, reference, field, producer });
    }
    report(options, { systems, chosen, combined, solution, field, shares });
  } finally {
    await la.close();
  }
}

function choiceOf({ weights, kaula, tikhonov, regularizationWeight }: CombineOptions) {
  const regularized = kaula > 0 || tikhonov > 0;
  if (!regularized && regularizationWeight !== undefined && regularizationWeight !== 'given') {
    throw new UsageError('--regularization-weight: there is no regularization; set --kaula or --tikhonov');
  }
  const method = regularizationWeight ?? (weights === 'vce' && regularized ? 'vce' : 'given');
  return { weights, regularization: { kaula, tikhonov }, regularizationWeight: method };
}

function weightsOf(files: readonly string[], given: readonly string[] | undefined): readonly number[] {
  if (!given) return files.map(() => 1);
  if (given.length !== files.length)
    throw new UsageError(`${given.length} weights for ${files.length} files: state --weight once for each`);
  return given.map((text) => {
    const value = Number(text);
    if (!(value > 0 && Number.isFinite(value)))
      throw new UsageError(`--weight ${text}: a positive number expected`);
    return value;
  });
}

/** The field about which all systems are brought, at least to the degree of the solution. */
async function referenceOf(
  systems: readonly NormalsSystem[],
  options: CombineOptions,
): Promise<Geopotential> {
  if (!options.field) return systems[0].reference;
  const maxDegree = Math.max(...systems.map(({ reference }) => reference.maxDegree));
  const middles = systems.flatMap(({ startGpsSeconds: a, endGpsSeconds: b }) =>
    a === undefined || b === undefined ? [] : [(a + b) / 2],
  );
  const middle = middles.reduce((sum, t) => sum + t, 0) / Math.max(1, middles.length);
  const mjd = mjdUtc(options.epoch === undefined ? middle : isoToGpsSeconds(options.epoch));
  return fieldOf(options.field, maxDegree, mjd);
}

function scaledErrors(field: Geopotential, sigma0: number | undefined): Geopotential {
  if (sigma0 === undefined) throw new UsageError('--scale-errors: sigma0 is not known');
  const scaled = (values: Float64Array | undefined) => values?.map((v) => v * sigma0);
  return { ...field, sigmaC: scaled(field.sigmaC), sigmaS: scaled(field.sigmaS) };
}

interface CombineResult {
  readonly systems: readonly NormalsSystem[];
  readonly chosen: ChosenWeights;
  readonly combined: CombinedNormals;
  readonly solution: CombinedSolution;
  readonly field: Geopotential;
  readonly shares: readonly Float64Array[];
}

function report(options: CombineOptions, result: CombineResult): void {
  const { systems, chosen, combined, solution, field, shares } = result;
  const { weights, regularization, variances } = chosen;
  const { degreeMin, degreeMax, normals } = combined;
  const { parameterCount, observationCount } = normals;
  const { sigma0, conditionEstimate } = solution;
  const formal = errorDegreeAmplitudes(field, 'geoidHeight', { minDegree: degreeMin });
  const parts = systems.map((s, k) => ({
    file: s.name,
    weight: weights[k],
    observations: s.observationCount,
    parameters: s.coefficients.length,
    contributionPerDegree: Array.from(shares[k]).slice(degreeMin),
  }));
  if (options.json) {
    const formalGeoidMeters = Array.from(formal.amplitudes);
    const estimated = variances && { iterations: variances.iterations, converged: variances.converged };
    const json = {
      files: parts,
      regularization,
      ...(estimated && { varianceComponents: estimated }),
      degreeMin,
      parameterCount,
      observationCount,
      sigma0,
      conditionEstimate,
      formalGeoidMeters,
    };
    print(JSON.stringify(json, null, 2));
    return;
  }
  const short = (value: number) => String(Number(value.toPrecision(4)));
  print(
    formatTable(
      ['file', 'weight', 'observations', 'parameters'],
      parts.map((p) => [p.file, short(p.weight), String(p.observations), String(p.parameters)]),
      ['left', 'right', 'right', 'right'],
    ),
  );
  if (variances) {
    const how = variances.converged ? 'converged' : 'not converged';
    print(`variance components: ${how} after ${variances.iterations} iterations`);
  }
  if (regularization.kaula > 0 || regularization.tikhonov > 0) {
    print(`regularization: kaula ${short(regularization.kaula)}, tikhonov ${short(regularization.tikhonov)}`);
  }
  print(`\nShare of the files by degree\n${formatShares(result, options.everyDegree ?? false)}\n`);
  const known =
    sigma0 === undefined ? 'not known (the square sums are not those before the fit)' : sigma0.toFixed(4);
  print(`sigma0 ${known}, condition ${conditionEstimate.toExponential(1)}`);
  const total = (1000 * formal.cumulative[degreeMax]).toFixed(3);
  print(`${options.out}: degrees ${degreeMin} to ${degreeMax}, formal error ${total} mm of geoid height`);
}

function formatShares({ systems, combined, shares }: CombineResult, all: boolean): string {
  const { degreeMin, degreeMax } = combined;
  const every = Math.max(1, Math.floor((degreeMax - degreeMin) / 8));
  const degrees = Array.from({ length: degreeMax - degreeMin + 1 }, (_, i) => degreeMin + i).filter(
    (n) => all || n === degreeMax || (n - degreeMin) % every === 0,
  );
  const percent = (share: number) => (100 * share).toFixed(1);
  return formatTable(
    ['degree', ...systems.map(({ name }) => `${name} %`), 'regularization %'],
    degrees.map((n) => {
      const own = shares.map((share) => share[n]);
      const rest = Math.max(0, 1 - own.reduce((sum, v) => sum + v, 0));
      return [String(n), ...own.map(percent), percent(rest)];
    }),
    ['right', ...systems.map(() => 'right' as const), 'right'],
  );
}
