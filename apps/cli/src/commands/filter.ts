import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { writeBlockFilter, writeGfc } from '@gravity/formats';
import { type Geopotential, isoToGpsSeconds, mjdUtc, triangleIndex } from '@gravity/geodesy';
import { createLinearAlgebra } from '@gravity/linalg';
import {
  applyBlockFilter,
  degreeAmplitudes,
  destripeField,
  smoothField,
  subtractFields,
  toCommon,
} from '@gravity/products';
import { staticFieldNames } from '@gravity/server';
import type { Command } from 'commander';
import { readFieldFile } from '../files/read-field.js';
import { filterFromNormals, MODEL, openBlockFilter } from '../filter/build-filter.js';
import { fieldOf } from '../models.js';
import { note, print, UsageError } from '../output.js';
import { formatMetres, formatTable } from '../terminal/table.js';
import { parseCount, parseDegree, parsePositive } from './options.js';

interface FilterOptions {
  readonly subtract?: string;
  readonly restore?: boolean;
  readonly degree?: number;
  readonly epoch?: string;
  readonly destripe?: boolean;
  readonly destripeOrder: number;
  readonly ddk?: string;
  readonly buildDdk?: string;
  readonly signal: number;
  readonly signalPower: number;
  readonly saveDdk?: string;
  readonly gaussian?: number;
}

/** `gravity filter IN OUT.gfc`: stripes, DDK, Gauss, in this order. */
export function addFilterCommand(program: Command): void {
  program
    .command('filter')
    .description('filter the coefficients of a field: stripes, then a DDK-type matrix, then Gauss')
    .argument('<in>', 'ICGEM .gfc or Level-2 GSM file')
    .argument('<out.gfc>', 'the filtered field')
    .option(
      '--subtract <field>',
      'mean field to subtract first, a name or a file: filters are for what remains',
    )
    .option('--restore', 'add the mean field again')
    .option('--degree <n>', 'cut the field at this degree', parseDegree)
    .option('--epoch <time>', 'epoch (ISO 8601) at which time-variable models are taken')
    .option('--destripe', 'remove stripes (Swenson & Wahr 2006)')
    .option('--destripe-order <m>', 'lowest order that is destriped', parseCount, 8)
    .option('--ddk <file>', 'apply a block-diagonal filter in the form of the public DDK files')
    .option(
      '--build-ddk <normals>',
      `build such a filter from normal equations (SINEX or binary), or '${MODEL}': a model month`,
    )
    .option(
      '--signal <x>',
      'of the built filter: standard deviation x/n^(p/2) of the signal',
      parsePositive,
      3.2e-10,
    )
    .option('--signal-power <p>', 'of the built filter', parsePositive, 4)
    .option('--save-ddk <file>', 'write the built filter')
    .option('--gaussian <km>', 'half-width radius of a Gaussian filter', parsePositive)
    .action(filter);
}

async function filter(input: string, output: string, options: FilterOptions): Promise<void> {
  const { ddk, buildDdk, saveDdk, gaussian, subtract } = options;
  if (!options.destripe && ddk === undefined && buildDdk === undefined && gaussian === undefined)
    throw new UsageError('no filter named: --destripe, --ddk, --build-ddk or --gaussian');
  if (ddk !== undefined && buildDdk !== undefined) throw new UsageError('--ddk and --build-ddk: one of them');
  if (saveDdk !== undefined && buildDdk === undefined)
    throw new UsageError('--save-ddk goes with --build-ddk');
  if (options.restore && subtract === undefined) throw new UsageError('--restore goes with --subtract');
  const mjd = options.epoch === undefined ? undefined : mjdUtc(isoToGpsSeconds(options.epoch));
  const field = await readFieldFile(input, { maxDegree: options.degree, mjd });
  const mean = subtract === undefined ? undefined : await meanField(subtract, field.maxDegree, mjd);
  const residual = mean ? subtractFields(field, mean, { assumeSameTideSystem: true }) : field;
  // The flattening of the Earth is 1e-3, what changes in months 1e-10.
  if (Math.abs(residual.c[triangleIndex(2, 0)]) > 1e-6)
    note(
      'warning: this is a whole field; filters are made for what remains after --subtract of a mean field',
    );
  const done: string[] = [];
  let filtered = residual;
  if (options.destripe) {
    filtered = destripeField(filtered, { orderMin: options.destripeOrder });
    done.push(`stripes removed from order ${options.destripeOrder} (Swenson & Wahr 2006)`);
  }
  if (ddk !== undefined) {
    const matrix = await openBlockFilter(ddk);
    sayIfCut(filtered, matrix.degreeMax, ddk);
    filtered = applyBlockFilter(filtered, matrix);
    done.push(`block filter ${matrix.description} (${ddk})`);
  }
  if (buildDdk !== undefined) {
    const law = { weight: options.signal ** -2, power: options.signalPower };
    const la = await createLinearAlgebra({ threads: availableParallelism() });
    try {
      const matrix = await filterFromNormals(buildDdk, filtered, law, la);
      sayIfCut(filtered, matrix.degreeMax, buildDdk);
      filtered = applyBlockFilter(filtered, matrix);
      done.push(`block filter ${matrix.description}`);
      if (saveDdk !== undefined) await writeFile(saveDdk, writeBlockFilter(matrix));
    } finally {
      await la.close();
    }
  }
  if (gaussian !== undefined) {
    filtered = smoothField(filtered, gaussian * 1000);
    done.push(`Gaussian filter ${gaussian} km`);
  }
  const result = options.restore && mean ? addField(filtered, mean) : filtered;
  const comment = [
    `gravity filter ${input}`,
    ...(subtract === undefined
      ? []
      : [`mean field ${subtract} ${options.restore ? 'restored' : 'subtracted'}`]),
    ...done,
  ];
  await writeFile(output, writeGfc({ ...result, name: field.name }, { comment: comment.join('\n') }));
  report(residual, filtered);
  print(`\n${output}: ${done.join(', ')}`);
}

/** A field that ships with the server, to the degree of the field it is subtracted from, or a file. */
async function meanField(nameOrFile: string, degree: number, mjd: number | undefined): Promise<Geopotential> {
  if (!staticFieldNames().includes(nameOrFile)) return readFieldFile(nameOrFile, { mjd });
  // those that ship do not vary with time
  return fieldOf(nameOrFile, degree, mjd ?? 51_544.5);
}

function sayIfCut(field: Geopotential, degreeMax: number, source: string): void {
  if (field.maxDegree > degreeMax)
    note(`${source} reaches degree ${degreeMax}: degrees ${degreeMax + 1} to ${field.maxDegree} become zero`);
}

/** The filtered residual on top of the mean field, to the degree of the residual. */
function addField(residual: Geopotential, mean: Geopotential): Geopotential {
  const common = toCommon(mean, residual, { assumeSameTideSystem: true });
  const add = (a: Float64Array, b: Float64Array) => a.map((v, i) => v + (b[i] ?? 0));
  return { ...residual, c: add(residual.c, common.c), s: add(residual.s, common.s) };
}

/** What is left of every tenth degree, as water. */
function report(before: Geopotential, after: Geopotential): void {
  const spectrum = (field: Geopotential) =>
    degreeAmplitudes(field, 'equivalentWaterHeight', { minDegree: 2 });
  const [a, b] = [spectrum(before), spectrum(after)];
  const top = before.maxDegree;
  const shown = [2, 5, ...Array.from({ length: Math.floor(top / 10) }, (_, i) => 10 * (i + 1))].filter(
    (n) => n <= top,
  );
  const row = (name: string, x: number, y: number) => [
    name,
    formatMetres(x),
    formatMetres(y),
    x > 0 ? (y / x).toFixed(3) : '',
  ];
  print(
    formatTable(
      ['degree', 'before', 'after', 'ratio'],
      [
        ...shown.map((n) => row(String(n), a.amplitudes[n], b.amplitudes[n])),
        row('all', a.cumulative[top], b.cumulative[top]),
      ],
      ['right', 'right', 'right', 'right'],
    ),
  );
}
