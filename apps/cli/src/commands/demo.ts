import { createWriteStream } from 'node:fs';
import { basename, join } from 'node:path';
import { type Geopotential, gpsToIso, mjdGps } from '@gravity/geodesy';
import type { ResidualStatistics } from '@gravity/recovery';
import { COMPLETE_FORCES, loadConfig, resolveEarthRotation, startServer } from '@gravity/server';
import { webRoot } from '@gravity/web';
import type { Command } from 'commander';
import { type Journey, travel } from '../demo/journey.js';
import { drawResults, judge } from '../demo/judge.js';
import {
  type DemoWorkspace,
  freePort,
  prepareWorkspace,
  sizeOfFolder,
  tidyWorkspace,
} from '../demo/workspace.js';
import { readFieldFile } from '../files/read-field.js';
import { fieldOf } from '../models.js';
import { note, print } from '../output.js';
import { formatAccuracy, formatResiduals } from '../recover/accuracy.js';
import { addFields, DEMO_ANOMALIES, massSignal } from '../simulate/mass-signal.js';
import { dayStart, simulateToFolder } from '../simulate/simulate.js';
import { createProgress } from '../terminal/progress.js';
import { formatBytes, formatDuration } from '../terminal/table.js';
import { parseCount, parseDegree } from './options.js';
import { describeServer, untilStopped } from './serve.js';

interface DemoOptions {
  readonly days: number;
  readonly degree: number;
  readonly serve?: boolean;
  readonly keep?: boolean;
  readonly dataDir: string;
}

const DATE = '2021-07-17';
const APRIORI = 'GGM05C';
/** As stated to the recovery by default: 0.2 µm/s and 2 cm. */
const NOISE = { rangeRate: 2e-7, position: 0.02 };
const SAMPLING = 5;
const DAY = 86_400;

/** `gravity demo`: a mission from simulated files to published products, judged against the known truth. */
export function addDemoCommand(program: Command, version: string): void {
  program
    .command('demo')
    .description('simulate a mission, go the whole way over HTTP and compare the result with the known truth')
    .option('--days <n>', 'days of data', parseCount, 3)
    .option('--degree <n>', 'degree of the true field and of the solution', parseDegree, 30)
    .option('--serve', 'leave the server running for you to look around')
    .option('--keep', "keep the simulated files and the server's data, not only the results")
    .option('--data-dir <folder>', 'where everything goes', 'data/demo')
    .action((options: DemoOptions) => demo(options, version));
}

async function demo(options: DemoOptions, version: string): Promise<void> {
  const started = performance.now();
  const workspace = await prepareWorkspace(options.dataDir);
  const { apriori, truth } = await simulate(options, workspace, version);
  const log = createWriteStream(join(workspace.folder, 'server.log'));
  const config = loadConfig(process.env, {
    host: '127.0.0.1',
    port: await freePort(),
    production: false,
    dataDir: workspace.server,
    fileSources: [workspace.level1b],
    logLevel: process.env.GRAVITY_LOG_LEVEL ?? 'info',
  });
  const server = await startServer(config, { webRoot, version, logStream: log });
  note(`server     ${server.url}`);
  let journey: Journey;
  try {
    const start = dayStart(DATE);
    journey = await travel({
      baseUrl: server.url,
      dataSource: `file:${workspace.level1b}`,
      startTime: gpsToIso(start, 0, 0),
      endTime: gpsToIso(start + options.days * DAY - SAMPLING, 0, 0),
      degree: options.degree,
    });
    const complaints = await report(journey, workspace, apriori, truth);
    note(`\nthe whole way took ${formatDuration((performance.now() - started) / 1000)}`);
    if (complaints.length > 0) {
      note(`NOT recovered: ${complaints.join('; ')}`);
      globalThis.process.exitCode = 1;
    }
    if (options.serve) {
      note(`\n${describeServer(server.url)}`);
      note(`sign in as ${journey.username} with ${journey.password}; Ctrl-C stops\n`);
      await untilStopped(server);
    }
  } finally {
    await server.close();
    log.end();
    if (!options.keep && !options.serve) await tidyWorkspace(workspace);
  }
}

async function simulate(options: DemoOptions, workspace: DemoWorkspace, version: string) {
  const { days, degree } = options;
  const start = dayStart(DATE);
  const apriori = await fieldOf(APRIORI, degree, mjdGps(start));
  const truth = addFields(apriori, massSignal(DEMO_ANOMALIES, apriori, degree), `${APRIORI}+masses`);
  const progress = createProgress('simulate');
  const files = await simulateToFolder(
    {
      date: DATE,
      days,
      trueField: truth,
      earthRotation: (await resolveEarthRotation({ model: 'iers2010' }, start, start + days * DAY)).spec,
      forces: COMPLETE_FORCES,
      rangeRateNoise: NOISE.rangeRate,
      positionNoise: NOISE.position,
      orbitSeconds: SAMPLING,
      rangingSeconds: SAMPLING,
      accelerometerSeconds: SAMPLING,
      nonGravitational: true,
      folder: workspace.level1b,
      truthFile: join(workspace.results, 'truth.gfc'),
      tables: false,
      softwareVersion: version,
    },
    progress.update,
  );
  const bytes = formatBytes(await sizeOfFolder(workspace.level1b));
  progress.done(
    `${days} days of a pair, ${files.length} Level-1B files, ${bytes}, true field of degree ${degree}`,
  );
  return { apriori, truth };
}

/** Downloads and prints what came of it; returns what is wrong with it. */
async function report(
  { client, process, products }: Journey,
  workspace: DemoWorkspace,
  apriori: Geopotential,
  truth: Geopotential,
): Promise<readonly string[]> {
  const paths = new Map<string, string>();
  for (const product of products) paths.set(product.id, await client.download(product, workspace.results));
  const coefficients = products.find((product) => product.kind === 'coefficients');
  if (!coefficients) return ['no coefficients among the products'];
  const solution = await readFieldFile(paths.get(coefficients.id)!);
  const { accuracy, complaints } = judge(solution, apriori, truth);
  const drawn = await drawResults(solution, apriori, truth, workspace.results, 400e3);
  print(`\nTrue error and formal error of the solution, geoid height by degree`);
  print(formatAccuracy(accuracy));
  const residuals = process.result?.quality as { residuals?: ResidualStatistics[] } | undefined;
  if (residuals?.residuals) print(`\n${formatResiduals(residuals.residuals)}`);
  print(`\nresults in ${workspace.results}`);
  for (const product of products) {
    print(`  ${product.file_name}  ${formatBytes(product.bytes)}  ${product.kind}`);
  }
  for (const path of [join(workspace.results, 'truth.gfc'), ...drawn]) print(`  ${basename(path)}`);
  print(
    `\ncontent hash of the coefficients (the same in every run on this machine) sha256:${coefficients.sha256}`,
  );
  return complaints;
}
