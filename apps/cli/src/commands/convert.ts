import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { writeGfc, writeGridNetcdf } from '@gravity/formats';
import {
  type Geopotential,
  GRS80,
  isoToGpsSeconds,
  mjdUtc,
  type TideSystem,
  triangleIndex,
} from '@gravity/geodesy';
import {
  convertTideSystem,
  FUNCTIONAL_NAMES,
  type FunctionalName,
  functionalInfo,
  type Grid,
  regularGrid,
  renderMap,
  rescaleField,
  subtractFields,
  subtractNormalField,
  synthesizeGrid,
} from '@gravity/products';
import { type Command, Option } from 'commander';
import { observationsCsv, seriesOf } from '../files/observations-csv.js';
import { readFieldFile } from '../files/read-field.js';
import { headText, readMembers } from '../files/read-file.js';
import { readObservations } from '../files/read-observations.js';
import { print, UsageError } from '../output.js';
import { parseDegree, parseNonNegative, parsePositive } from './options.js';

interface ConvertOptions {
  readonly degree?: number;
  readonly epoch?: string;
  readonly tideSystem?: TideSystem;
  readonly gm?: number;
  readonly radius?: number;
  readonly subtract?: string;
  readonly functional: FunctionalName;
  readonly step: number;
  readonly smoothing: number;
  readonly title?: string;
}

/** `gravity convert IN OUT`: the formats are told by the input's content and the output's ending. */
export function addConvertCommand(program: Command): void {
  program
    .command('convert')
    .description(
      'convert fields (ICGEM, GSM) to gfc, CSV, netCDF grids or PNG maps, and Level-1B files to CSV',
    )
    .argument('<in>', 'ICGEM .gfc, Level-2 GSM, Level-1B or GEORB file, compressed or not')
    .argument('<out>', 'file ending in .gfc, .csv, .nc or .png')
    .option('--degree <n>', 'cut the field at this degree', parseDegree)
    .option('--epoch <time>', 'epoch (ISO 8601) at which a time-variable model is taken')
    .addOption(
      new Option('--tide-system <name>', 'bring C20 to this permanent tide').choices([
        'zero_tide',
        'tide_free',
        'mean_tide',
      ]),
    )
    .option('--gm <m3/s2>', 'bring the coefficients to this GM', parsePositive)
    .option('--radius <m>', 'bring the coefficients to this reference radius', parsePositive)
    .option('--subtract <file>', 'subtract this field first; without it grids lack the GRS80 normal field')
    .addOption(
      new Option('--functional <name>', 'what a grid or map shows')
        .choices([...FUNCTIONAL_NAMES])
        .default('geoidHeight'),
    )
    .option('--step <degrees>', 'distance of grid points', parsePositive, 1)
    .option('--smoothing <km>', 'radius of a Gaussian filter', parseNonNegative, 0)
    .option('--title <text>', 'title of a map')
    .action(convert);
}

async function convert(input: string, output: string, options: ConvertOptions): Promise<void> {
  const ending = extname(output).toLowerCase();
  const [first] = await readMembers(input);
  const isField =
    first !== undefined &&
    /^(gfct?\s|GRCOF2|GRCOEF|begin_of_head|product_type)/m.test(headText(first.bytes, 262_144));
  if (!isField) {
    if (ending !== '.csv') throw new UsageError(`${output}: observations are written as .csv only`);
    const files = await readObservations(input);
    if (files.length !== 1) throw new UsageError(`${input}: one product expected, found ${files.length}`);
    await pipeline(Readable.from(observationsCsv(files[0])), createWriteStream(output));
    print(`${output}: ${files[0].kind}, ${seriesOf(files[0]).gpsSeconds.length} epochs`);
    return;
  }
  const field = await fieldOf(input, options);
  if (ending === '.gfc')
    await writeFile(output, writeGfc(field, { comment: `converted from ${first.name}` }));
  else if (ending === '.csv')
    await pipeline(Readable.from(coefficientsCsv(field)), createWriteStream(output));
  else if (ending === '.nc') await writeFile(output, await gridNetcdf(field, first.name, options));
  else if (ending === '.png') {
    const info = functionalInfo(options.functional);
    await writeFile(
      output,
      renderMap({ grid: gridOf(field, options), title: options.title ?? `${field.name}, ${info.longName}` }),
    );
  } else throw new UsageError(`${output}: the ending must be .gfc, .csv, .nc or .png`);
  print(`${output}: ${field.name} to degree ${field.maxDegree}`);
}

async function fieldOf(input: string, options: ConvertOptions): Promise<Geopotential> {
  const mjd = options.epoch === undefined ? undefined : mjdUtc(isoToGpsSeconds(options.epoch));
  let field = await readFieldFile(input, { maxDegree: options.degree, mjd });
  if (options.subtract) field = subtractFields(field, await readFieldFile(options.subtract, { mjd }));
  if (options.tideSystem) field = convertTideSystem(field, options.tideSystem);
  return rescaleField(field, options.gm ?? field.gm, options.radius ?? field.radius);
}

function gridOf(field: Geopotential, options: ConvertOptions): Grid {
  const shown = options.subtract ? field : subtractNormalField(field, GRS80);
  return synthesizeGrid(shown, regularGrid({ stepDegrees: options.step }), options.functional, {
    smoothingRadius: options.smoothing * 1000,
    minDegree: 2,
  });
}

async function gridNetcdf(field: Geopotential, source: string, options: ConvertOptions): Promise<Uint8Array> {
  const grid = gridOf(field, options);
  const info = functionalInfo(options.functional);
  return writeGridNetcdf({
    latitude: grid.latitudeDegrees,
    longitude: grid.longitudeDegrees,
    variables: [{ name: options.functional, values: grid.values, units: info.unit, longName: info.longName }],
    title: options.title ?? `${field.name}, ${info.longName}`,
    institution: 'Gravity Processing Backend',
    history: `gravity convert ${source}`,
    source: `${field.name} to degree ${field.maxDegree}`,
    references: 'Heiskanen & Moritz (1967); Wahr et al. (1998)',
  });
}

function* coefficientsCsv(field: Geopotential): Generator<string> {
  const { sigmaC, sigmaS } = field;
  yield `# gm [m3/s2]: ${field.gm}\n# radius [m]: ${field.radius}\n# tide_system: ${field.tideSystem}\n`;
  yield `degree,order,c,s${sigmaC && sigmaS ? ',sigma_c,sigma_s' : ''}\n`;
  for (let n = 0; n <= field.maxDegree; n++) {
    for (let m = 0; m <= n; m++) {
      const i = triangleIndex(n, m);
      const sigmas = sigmaC && sigmaS ? `,${sigmaC[i]},${sigmaS[i]}` : '';
      yield `${n},${m},${field.c[i]},${field.s[i]}${sigmas}\n`;
    }
  }
}
