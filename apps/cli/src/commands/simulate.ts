import { mjdGps } from '@gravity/geodesy';
import type { Command } from 'commander';
import { FORCES_HELP, forcesOf } from '../forces.js';
import { addRotationOptions, fieldOf, type RotationOptions, rotationOf } from '../models.js';
import { print } from '../output.js';
import { addFields, DEMO_ANOMALIES, massSignal } from '../simulate/mass-signal.js';
import { dayStart, simulateToFolder } from '../simulate/simulate.js';
import { createProgress } from '../terminal/progress.js';
import { parseCount, parseDegree, parseNonNegative, parsePositive } from './options.js';

interface SimulateOptions extends RotationOptions {
  readonly days: number;
  readonly degree: number;
  readonly start: string;
  readonly noise: number;
  readonly positionNoise: number;
  readonly out: string;
  readonly orbitSampling: number;
  readonly rangingSampling: number;
  readonly accelerometerSampling: number;
  readonly staticField: string;
  readonly massSignal?: boolean;
  readonly nonGravitational: boolean;
  readonly forces?: string;
  readonly seed?: number;
  readonly tables?: boolean;
  readonly allProducts?: boolean;
}

/** `gravity simulate`: data of a pair of satellites over a known field. */
export function addSimulateCommand(program: Command, version: string): void {
  const command = program
    .command('simulate')
    .description('simulate a GRACE-FO-like pair and write its Level-1B files and the true field')
    .requiredOption('--out <folder>', 'where the files go')
    .option('--days <n>', 'number of days', parseCount, 3)
    .option('--degree <n>', 'degree of the true field', parseDegree, 30)
    .option('--start <date>', 'first day (GPS time)', '2021-07-17')
    .option(
      '--static-field <field>',
      'true field: a name that ships with the server, or an ICGEM file',
      'GGM05C',
    )
    .option('--mass-signal', 'add made-up masses to the true field')
    .option('--noise <um/s>', 'white noise of range rates', parseNonNegative, 0.2)
    .option('--position-noise <m>', 'white noise of positions, per coordinate', parseNonNegative, 0.02)
    .option('--orbit-sampling <s>', 'step of GNV1B', parsePositive, 1)
    .option('--ranging-sampling <s>', 'step of KBR1B', parsePositive, 5)
    .option('--accelerometer-sampling <s>', 'step of ACC1B and SCA1B', parsePositive, 1)
    .option('--no-non-gravitational', 'no drag, no accelerometer and star camera data')
    .option(
      '--forces <set>',
      `beside the true field: ${FORCES_HELP} (default: complete, with a constant rotation none)`,
    )
    .option('--seed <n>', 'of the noise', parseNonNegative)
    .option('--all-products', 'also GNI1B and LRI1B: ten files a day, as a mission delivers')
    .option('--tables', 'write plain tables (CSV) as well');
  addRotationOptions(command).action((options: SimulateOptions) => simulate(options, version));
}

async function simulate(options: SimulateOptions, version: string): Promise<void> {
  const start = dayStart(options.start);
  const base = await fieldOf(options.staticField, options.degree, mjdGps(start), options.fieldTideSystem);
  const trueField = options.massSignal
    ? addFields(base, massSignal(DEMO_ANOMALIES, base, base.maxDegree), `${base.name}+mass_signal`)
    : base;
  const progress = createProgress('simulate');
  const files = await simulateToFolder(
    {
      date: options.start,
      days: options.days,
      trueField,
      earthRotation: await rotationOf(options, start, start + options.days * 86_400),
      forces: await forcesOf(options.forces ?? (options.earthRotation === 'constant' ? 'none' : 'complete')),
      rangeRateNoise: options.noise * 1e-6,
      positionNoise: options.positionNoise,
      orbitSeconds: options.orbitSampling,
      rangingSeconds: options.rangingSampling,
      accelerometerSeconds: options.accelerometerSampling,
      nonGravitational: options.nonGravitational,
      seed: options.seed,
      folder: options.out,
      tables: options.tables ?? false,
      allProducts: options.allProducts ?? false,
      softwareVersion: version,
    },
    progress.update,
  );
  progress.done(`${files.length} files, true field ${trueField.name} to degree ${trueField.maxDegree}`);
  print(options.out);
}
