import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { gpsToIso, mjdGps } from '@gravity/geodesy';
import { createLinearAlgebra } from '@gravity/linalg';
import {
  determineOrbit,
  type OrbitDetermination,
  type RecoverySetup,
  type Screening,
} from '@gravity/recovery';
import { orbitSetup } from '@gravity/server';
import { type Command, Option } from 'commander';
import { observationsCsv } from '../files/observations-csv.js';
import { FORCES_HELP, forcesForFiles, prepareForces } from '../forces.js';
import { addRotationOptions, fieldOf, type RotationOptions, rotationOf } from '../models.js';
import { note, print } from '../output.js';
import { cutArcs, joinObservations } from '../recover/inputs.js';
import { type ObservationOptionsOfCommand, readAll } from '../recover/read-all.js';
import { createProgress } from '../terminal/progress.js';
import { formatMetres, formatTable } from '../terminal/table.js';
import { collect, parseCount, parseDegree, parsePositive } from './options.js';

interface OrbitOptions extends RotationOptions, ObservationOptionsOfCommand {
  readonly field: string;
  readonly degree: number;
  readonly forces?: string;
  readonly arcHours: number;
  readonly sigmaPosition: number;
  readonly positionSampling: number;
  readonly sampling?: number;
  readonly empirical: 'default' | 'none';
  readonly pieces?: number;
  readonly screening: Screening['method'];
  readonly out: string;
  readonly json?: boolean;
}

/** `gravity orbit`: positions in, dynamic orbits and residuals out, without a server. */
export function addOrbitCommand(program: Command): void {
  const command = program
    .command('orbit')
    .description('fit dynamic orbits to positions from files (Level-1B, GEORB or plain tables)')
    .requiredOption('--orbit <file>', 'orbit of a satellite; once a satellite, more for more days', collect)
    .option('--accelerometer <file>', 'accelerations; may be repeated', collect)
    .option('--attitude <file>', 'attitude, needed with accelerations', collect)
    .addOption(
      new Option('--frame <frame>', 'of orbit tables that do not say').choices(['inertial', 'terrestrial']),
    )
    .addOption(
      new Option('--time-scale <scale>', 'of tables that do not say').choices(['GPS', 'TAI', 'TT', 'UTC']),
    )
    .option('--field <field>', 'static field: a name that ships with the server, or an ICGEM file', 'GGM05C')
    .option('--degree <n>', 'degree of the static field', parseDegree, 120)
    .option('--forces <set>', `${FORCES_HELP} (default: as the files say; real data: complete)`)
    .option('--arc-hours <h>', 'length of an arc', parsePositive, 24)
    .option('--sigma-position <m>', 'standard deviation of a coordinate', parsePositive, 0.02)
    .option('--position-sampling <s>', 'positions are used at multiples of this', parsePositive, 30)
    .option('--sampling <s>', 'of the orbits written (default: that of the positions)', parseCount)
    .addOption(
      new Option('--empirical <set>', 'empirical accelerations')
        .choices(['default', 'none'])
        .default('default'),
    )
    .option('--pieces <s>', 'length of their pieces, in place of half an hour', parsePositive)
    .addOption(
      new Option('--screening <method>', 'what becomes of outliers')
        .choices(['none', 'clip', 'huber', 'igg'])
        .default('clip'),
    )
    .option('--out <prefix>', 'of the files written: PREFIX-SATELLITE-….csv', 'orbit')
    .option('--json', 'print the statistics as JSON');
  addRotationOptions(command).action(orbit);
}

async function orbit(options: OrbitOptions): Promise<void> {
  const files = await readAll(options);
  const mission = joinObservations(files);
  const { startGpsSeconds: start, endGpsSeconds: end } = mission;
  const satellites = mission.satellites.map(({ satellite }) => satellite);
  const earthRotation = await rotationOf(options, start, end);
  const resolved = await forcesForFiles(options.forces, files, satellites, earthRotation);
  for (const warning of resolved.warnings)
    note(`warning: ${warning.replace('background_models.forces', '--forces')}`);
  const mjd = mjdGps((start + end) / 2);
  const field = await fieldOf(options.field, options.degree, mjd, options.fieldTideSystem);
  const models = await prepareForces(resolved.forces, field, earthRotation, start, end);
  const setup: RecoverySetup = {
    degreeMin: 2,
    degreeMax: 2,
    referenceField: models.field,
    earthRotation,
    ...(models.forces && { forces: models.forces }),
    sigmaRangeRate: 2e-7,
    sigmaPosition: options.sigmaPosition,
    positionSamplingSeconds: options.positionSampling,
    accelerometerBias: 'constant',
    accelerometerScale: false,
    rangingEmpirical: 'none',
    ...(options.empirical === 'none' && { empiricalAccelerations: [] }),
    ...(options.pieces !== undefined && {
      empiricalAccelerations: [{}, { cyclesPerRevolution: 1 }, { pieceSeconds: options.pieces, sigma: 1e-8 }],
    }),
  };
  note(`${satellites.join(', ')}: ${gpsToIso(start, 0, 0)} to ${gpsToIso(end, 0, 0)}`);
  note(`  field: ${models.field.name} to degree ${models.field.maxDegree}`);
  for (const model of models.models) note(`  ${model}`);
  if (models.models.length === 0) note('  no forces beside it');
  const la = await createLinearAlgebra({ threads: availableParallelism() });
  const progress = createProgress('orbit');
  try {
    const arcs = cutArcs(mission, options.arcHours);
    const fits: OrbitDetermination[] = [];
    for (const [k, arc] of arcs.entries()) {
      for (const own of arc.satellites) {
        const { ranging: _ranging, ...positions } = arc;
        const single = { ...positions, satellites: [own] };
        fits.push(
          await determineOrbit(orbitSetup(setup, single), single, la, {
            screening: { method: options.screening },
            outputSamplingSeconds: options.sampling ?? options.positionSampling,
            onProgress: (iteration) =>
              progress.update(k / arcs.length, `arc ${k + 1}, ${own.satellite}: iteration ${iteration}`),
          }),
        );
      }
    }
    const written = await writeFits(fits, satellites, options.out, files[0].forces);
    progress.done(`${fits.length} orbits fitted`);
    print(options.json ? JSON.stringify(fits.map(statistics), null, 2) : formatFits(fits));
    for (const path of written) print(path);
  } finally {
    progress.stop();
    await la.close();
  }
}

function statistics({ satellites: [orbit], startGpsSeconds, endGpsSeconds, ...fit }: OrbitDetermination) {
  const { count, rejected, max, orbital, celestial } = orbit.positions;
  return {
    satellite: orbit.satellite,
    start: gpsToIso(startGpsSeconds, 0, 0),
    end: gpsToIso(endGpsSeconds, 0, 0),
    positions: count,
    rejected,
    max,
    rms: { orbital: orbital.rms, celestial: celestial.rms },
    sigma0: fit.sigma0,
    iterations: fit.iterations,
    parameters: orbit.parameters,
  };
}

function formatFits(fits: readonly OrbitDetermination[]): string {
  return formatTable(
    ['satellite', 'arc', 'positions', 'rejected', 'radial', 'along', 'cross', 'largest'],
    fits
      .map(statistics)
      .map((row) => [
        row.satellite,
        row.start,
        String(row.positions),
        String(row.rejected),
        ...row.rms.orbital.map(formatMetres),
        formatMetres(row.max),
      ]),
    ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'right'],
  );
}

/** Orbits in both frames and residuals, all arcs of a satellite in one file. */
async function writeFits(
  fits: readonly OrbitDetermination[],
  satellites: readonly string[],
  prefix: string,
  forces: string | undefined,
): Promise<string[]> {
  const paths: string[] = [];
  const save = async (name: string, lines: Iterable<string>) => {
    const path = `${prefix}-${name}.csv`;
    await writeFile(path, [...lines].join(''));
    paths.push(path);
  };
  for (const satellite of satellites) {
    const own = fits.filter((fit) => fit.satellites[0].satellite === satellite);
    for (const frame of ['terrestrial', 'celestial'] as const) {
      const parts = own.map(({ satellites: [fit] }) => ({
        kind: 'orbit' as const,
        name: satellite,
        satellite,
        ...(forces !== undefined && { forces }),
        orbit: fit[frame],
      }));
      const joined = joinObservations(parts).satellites[0].orbit;
      await save(`${satellite}-${frame}`, observationsCsv({ ...parts[0], orbit: joined }));
    }
    await save(`${satellite}-residuals`, residualLines(satellite, own));
  }
  return paths;
}

function* residualLines(satellite: string, fits: readonly OrbitDetermination[]): Generator<string> {
  yield `# satellite: ${satellite}\n# time_scale: GPS\n# observed minus computed, celestial axes\n`;
  yield 'gps_seconds,dx [m],dy [m],dz [m],weight\n';
  for (const { satellites } of fits) {
    const { gpsSeconds, values, outliers } = satellites[0].positions;
    const weights = new Map(outliers.map((outlier) => [outlier.gpsSeconds, outlier.weight]));
    for (let i = 0; i < gpsSeconds.length; i++) {
      const weight = weights.get(gpsSeconds[i]) ?? 1;
      yield `${[gpsSeconds[i], ...values.subarray(3 * i, 3 * i + 3), weight].join(',')}\n`;
    }
  }
}
