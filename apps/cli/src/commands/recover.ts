import { writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { writeGfc } from '@gravity/formats';
import { gpsToIso, mjdGps } from '@gravity/geodesy';
import { createLinearAlgebra } from '@gravity/linalg';
import { toCommon } from '@gravity/products';
import {
  RECOVERY_ALGORITHMS,
  type RecoveryAlgorithm,
  type RecoverySetup,
  type Screening,
} from '@gravity/recovery';
import { memoryLimit } from '@gravity/server';
import { type Command, Option } from 'commander';
import { FORCES_HELP, fieldDegreeFor, forcesForFiles, prepareForces } from '../forces.js';
import { addRotationOptions, fieldOf, type RotationOptions, rotationOf } from '../models.js';
import { note, print } from '../output.js';
import { accuracyRows, formatAccuracy, formatResiduals } from '../recover/accuracy.js';
import { cutArcs, joinObservations } from '../recover/inputs.js';
import { type ObservationOptionsOfCommand, readAll } from '../recover/read-all.js';
import { runRecovery } from '../recover/run.js';
import {
  addStochasticOptions,
  formatStochastic,
  recoveryOptionsOf,
  type StochasticOptionsOfCommand,
  stochasticReport,
} from '../recover/stochastic.js';
import { describeCost, planStorage, storeIn } from '../recover/storage.js';
import { writeRecoveredNormals } from '../recover/write-normals.js';
import { createProgress } from '../terminal/progress.js';
import { formatDuration } from '../terminal/table.js';
import { collect, parseCount, parseDegree, parseNonNegative, parsePositive } from './options.js';

interface RecoverOptions extends RotationOptions, ObservationOptionsOfCommand, StochasticOptionsOfCommand {
  readonly field: string;
  readonly fieldDegree?: number;
  readonly forces?: string;
  readonly degree: number;
  readonly degreeMin: number;
  readonly arcHours: number;
  readonly iterations: number;
  readonly sigmaRangeRate: number;
  readonly sigmaPosition: number;
  readonly positionSampling: number;
  readonly accelerometerBias: 'none' | 'constant' | 'linear';
  readonly rangingEmpirical: 'none' | 'bias' | 'bias_trend';
  readonly algorithm: RecoveryAlgorithm;
  readonly screening: Screening['method'];
  readonly threads: number;
  readonly linearAlgebra: 'auto' | 'openblas' | 'wasm';
  readonly out: string;
  readonly normals?: string;
  readonly memoryLimit?: number;
  readonly scratch: string;
  readonly truth?: string;
  readonly everyDegree?: boolean;
  readonly json?: boolean;
}

/** `gravity recover`: files in, field out, without a server. */
export function addRecoverCommand(program: Command, version: string): void {
  const command = program
    .command('recover')
    .description('recover a field straight from files (Level-1B or plain tables), without a server')
    .requiredOption('--orbit <file>', 'orbit of a satellite; once a satellite, more for more days', collect)
    .option('--range-rate <file>', 'range rates of the pair; may be repeated', collect)
    .option('--accelerometer <file>', 'accelerations; may be repeated', collect)
    .option('--attitude <file>', 'attitude, needed with accelerations', collect)
    .addOption(
      new Option('--frame <frame>', 'of orbit tables that do not say').choices(['inertial', 'terrestrial']),
    )
    .addOption(
      new Option('--time-scale <scale>', 'of tables that do not say').choices(['GPS', 'TAI', 'TT', 'UTC']),
    )
    .option(
      '--field <field>',
      'a-priori field: a name that ships with the server, or an ICGEM file',
      'GGM05C',
    )
    .option(
      '--field-degree <n>',
      'degree of the a-priori field (default: that of the solution, real data at least 120)',
      parseDegree,
    )
    .option(
      '--forces <set>',
      `beside the field: ${FORCES_HELP} (default: as the files say; real data: complete)`,
    )
    .option('--degree <n>', 'highest degree of the solution', parseDegree, 30)
    .option('--degree-min <n>', 'lowest degree of the solution', parseDegree, 2)
    .option('--arc-hours <h>', 'length of an arc', parsePositive, 24)
    .option('--iterations <n>', 'linearizations', parseCount, 2)
    .option('--sigma-range-rate <m/s>', 'standard deviation of a range rate', parsePositive, 2e-7)
    .option('--sigma-position <m>', 'standard deviation of a coordinate', parsePositive, 0.02)
    .option('--position-sampling <s>', 'positions are used at multiples of this', parsePositive, 30)
    .addOption(
      new Option('--accelerometer-bias <kind>', 'estimated per arc and axis')
        .choices(['none', 'constant', 'linear'])
        .default('constant'),
    )
    .addOption(
      new Option('--ranging-empirical <kind>', 'estimated per arc')
        .choices(['none', 'bias', 'bias_trend'])
        .default('none'),
    )
    .addOption(
      new Option('--algorithm <name>', 'how the field is recovered')
        .choices([...RECOVERY_ALGORITHMS])
        .default('variational'),
    )
    .addOption(
      new Option('--screening <method>', 'what becomes of outliers')
        .choices(['none', 'clip', 'huber', 'igg'])
        .default('none'),
    )
    .option('--kaula <x>', 'a-priori sigma x/n² of each coefficient; 0: none', parseNonNegative, 0)
    .option('--tikhonov <x>', 'in units of the mean diagonal; 0: none', parseNonNegative, 0)
    .option('--threads <n>', 'of the linear algebra', parseCount, availableParallelism())
    .addOption(
      new Option('--linear-algebra <kind>', 'which one')
        .choices(['auto', 'openblas', 'wasm'])
        .default('auto'),
    )
    .option('--truth <file>', 'ICGEM file to compare with')
    .option('--every-degree', 'print every degree of the comparison')
    .option('--out <file.gfc>', 'the recovered field', 'recovered.gfc')
    .option(
      '--normals <file>',
      'write the normal equations too, for gravity combine: .snx SINEX, else binary',
    )
    .option('--memory-limit <GB>', 'memory it may take (default: 80 % of what there is)', parsePositive)
    .option('--scratch <folder>', 'for normals that do not fit into it', tmpdir())
    .option('--json', 'print the report as JSON');
  addStochasticOptions(addRotationOptions(command)).action((options: RecoverOptions) =>
    recover(options, version),
  );
}

async function recover(options: RecoverOptions, version: string): Promise<void> {
  const started = performance.now();
  const files = await readAll(options);
  const mission = joinObservations(files);
  const { startGpsSeconds: start, endGpsSeconds: end } = mission;
  const mjd = mjdGps((start + end) / 2);
  const earthRotation = await rotationOf(options, start, end);
  const satellites = mission.satellites.map((s) => s.satellite);
  const resolved = await forcesForFiles(options.forces, files, satellites, earthRotation);
  for (const warning of resolved.warnings)
    note(`warning: ${warning.replace('background_models.forces', '--forces')}`);
  const fieldDegree = fieldDegreeFor(options.fieldDegree, options.degree, resolved.simulated);
  const { field: apriori, ...models } = await prepareForces(
    resolved.forces,
    await fieldOf(options.field, fieldDegree, mjd, options.fieldTideSystem),
    earthRotation,
    start,
    end,
  );
  const measured = mission.satellites.every((s) => s.accelerometer !== undefined);
  const setup: RecoverySetup = {
    degreeMin: options.degreeMin,
    degreeMax: options.degree,
    referenceField: apriori,
    earthRotation,
    ...(models.forces && { forces: models.forces }),
    sigmaRangeRate: options.sigmaRangeRate,
    sigmaPosition: options.sigmaPosition,
    positionSamplingSeconds: options.positionSampling,
    accelerometerBias: measured ? options.accelerometerBias : 'none',
    accelerometerScale: false,
    rangingEmpirical: options.rangingEmpirical,
    algorithm: options.algorithm,
    screening: { method: options.screening },
  };
  const { iterations } = options;
  const recoveryOptions = { ...recoveryOptionsOf(options, satellites.length), iterations };
  const priorField = options.reference
    ? toCommon(await fieldOf(options.reference, options.degree, mjd), apriori, { assumeSameTideSystem: true })
    : apriori;
  const limit = options.memoryLimit ? 1e9 * options.memoryLimit : memoryLimit(process.env, 1);
  const storage = planStorage(setup, recoveryOptions, options.normals !== undefined, limit);
  const arcs = cutArcs(mission, options.arcHours);
  const names = satellites.join(', ');
  note(
    `${names}: ${gpsToIso(start, 0, 0)} to ${gpsToIso(end, 0, 0)}, ${arcs.length} arcs, a-priori ${apriori.name}; ${models.models.length > 0 ? models.models.join('; ') : 'no forces beside it'}`,
  );
  const la = await createLinearAlgebra({ backend: options.linearAlgebra, threads: options.threads });
  const progress = createProgress('recover');
  try {
    note(await describeCost(storage, setup, arcs, iterations, la));
    const run = await runRecovery(
      setup,
      arcs,
      { ...recoveryOptions, priorField },
      la,
      progress.update,
      storage.storage === 'panels'
        ? { panelRows: storage.panelRows, openStore: storeIn(options.scratch) }
        : undefined,
    );
    progress.done(
      `${run.solution.parameterCount} coefficients, ${run.solution.observationCount} observations`,
    );
    const field = { ...run.solution.field, name: `${names.replaceAll(', ', '_')}_${options.degree}` };
    await writeFile(
      options.out,
      writeGfc(field, {
        comment: [`gravity recover, a-priori field ${apriori.name}`, ...models.models].join('\n'),
      }),
    );
    const { normals } = run;
    if (options.normals && normals) {
      await writeRecoveredNormals(options.normals, { ...run, normals }, setup, priorField, {
        name: `gravity recover ${names}`,
        startGpsSeconds: start,
        endGpsSeconds: end,
        producer: `gravity-processing-backend ${version}`,
      });
    }
    const seconds = (performance.now() - started) / 1000;
    const truth = options.truth ? await fieldOf(options.truth, options.degree, mjd) : undefined;
    const accuracy = truth ? accuracyRows(field, apriori, truth, options.degreeMin) : undefined;
    if (options.json) {
      const { sigma0, conditionEstimate, observationCount, parameterCount } = run.solution;
      const { before, after } = run;
      print(
        JSON.stringify(
          {
            observationCount,
            parameterCount,
            sigma0,
            conditionEstimate,
            before,
            after,
            ...stochasticReport(run, setup),
            accuracy,
            seconds,
          },
          null,
          2,
        ),
      );
      return;
    }
    print(formatResiduals(run.after, run.before));
    print(
      `sigma0 ${run.solution.sigma0.toFixed(4)}, condition ${run.solution.conditionEstimate.toExponential(1)}`,
    );
    const stochastic = formatStochastic(run);
    if (stochastic) print(stochastic);
    if (accuracy) print(`\nGeoid height by degree\n${formatAccuracy(accuracy, options.everyDegree)}`);
    print(`\n${options.out}: degree ${options.degree}, ${la.description}, ${formatDuration(seconds)}`);
  } finally {
    progress.stop();
    await la.close();
  }
}
