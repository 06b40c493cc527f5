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
  combineSystems,
  solveCombined,
} from '../combine/combine.js';
import type { NormalsSystem } from '../combine/normals-system.js';
import { writeCombinedNormals } from '../combine/write-normals.js';
import { openNormalsSystem } from '../files/read-normals.js';
import { fieldOf } from '../models.js';
import { note, print, UsageError } from '../output.js';
import { formatTable } from '../terminal/table.js';
import { collect, parseCount, parseNonNegative, parsePositive } from './options.js';

interface CombineOptions {
  readonly weight?: readonly string[];
  readonly field?: string;
  readonly epoch?: string;
  readonly kaula: number;
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
    .option('--json', 'print the report as JSON')
    .action((files: readonly string[], options: CombineOptions) => combine(files, options, version));
}

async function combine(files: readonly string[], options: CombineOptions, version: string): Promise<void> {
  const weights = weightsOf(files, options.weight);
  const systems: NormalsSystem[] = [];
  for (const file of files) systems.push(await openNormalsSystem(file, options));
  const reference = await referenceOf(systems, options);
  if (new Set([reference, ...systems.map((s) => s.reference)].map((f) => f.tideSystem)).size > 1) {
    const stated = systems.map(({ name, reference: { tideSystem } }) => `${name} ${tideSystem}`).join(', ');
    note(`tide systems: ${stated}; brought to ${reference.tideSystem}, unknown ones taken as that`);
  }
  const la = await createLinearAlgebra({ backend: options.linearAlgebra, threads: options.threads });
  try {
    const combined = await combineSystems(systems, weights, reference, la);
    const solution = await solveCombined(combined, reference, options.kaula, la);
    const field = options.scaleErrors ? scaledErrors(solution.field, solution.sigma0) : solution.field;
    const comment = `gravity combine: ${systems.map(({ name }, k) => `${name} (weight ${weights[k]})`).join(', ')}`;
    await writeFile(options.out, writeGfc(field, { comment }));
    if (options.normals) {
      const producer = `gravity-processing-backend ${version}`;
      await writeCombinedNormals(options.normals, { combined, systems, weights, reference, field, producer });
    }
    report(options, { systems, weights, combined, solution, field });
  } finally {
    await la.close();
  }
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
  readonly weights: readonly number[];
  readonly combined: CombinedNormals;
  readonly solution: CombinedSolution;
  readonly field: Geopotential;
}

function report(options: CombineOptions, result: CombineResult): void {
  const { systems, weights, combined, solution, field } = result;
  const { degreeMin, normals } = combined;
  const { parameterCount, observationCount } = normals;
  const { sigma0, conditionEstimate } = solution;
  const formal = errorDegreeAmplitudes(field, 'geoidHeight', { minDegree: degreeMin });
  const parts = systems.map((s, k) => ({
    file: s.name,
    weight: weights[k],
    observations: s.observationCount,
    parameters: s.coefficients.length,
  }));
  if (options.json) {
    const formalGeoidMeters = Array.from(formal.amplitudes);
    print(
      JSON.stringify(
        { files: parts, parameterCount, observationCount, sigma0, conditionEstimate, formalGeoidMeters },
        null,
        2,
      ),
    );
    return;
  }
  print(
    formatTable(
      ['file', 'weight', 'observations', 'parameters'],
      parts.map((p) => [p.file, String(p.weight), String(p.observations), String(p.parameters)]),
      ['left', 'right', 'right', 'right'],
    ),
  );
  const known =
    sigma0 === undefined ? 'not known (the square sums are not those before the fit)' : sigma0.toFixed(4);
  print(`sigma0 ${known}, condition ${conditionEstimate.toExponential(1)}`);
  const top = formal.amplitudes.length - 1;
  const total = (1000 * formal.cumulative[top]).toFixed(3);
  print(`${options.out}: degrees ${degreeMin} to ${top}, formal error ${total} mm of geoid height`);
}
