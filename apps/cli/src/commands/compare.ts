import { writeFile } from 'node:fs/promises';
import { isoToGpsSeconds, mjdUtc } from '@gravity/geodesy';
import {
  degreeAmplitudes,
  degreeCorrelation,
  differenceDegreeAmplitudes,
  errorDegreeAmplitudes,
  renderDegreeAmplitudes,
} from '@gravity/products';
import type { Command } from 'commander';
import { readFieldFile } from '../files/read-field.js';
import { note, print } from '../output.js';
import { formatTable } from '../terminal/table.js';
import { parseDegree } from './options.js';

interface CompareOptions {
  readonly degree?: number;
  readonly epoch?: string;
  readonly plot?: string;
  readonly json?: boolean;
}

/** `gravity compare a.gfc b.gfc`: how far two fields lie apart, degree by degree. */
export function addCompareCommand(program: Command): void {
  program
    .command('compare')
    .description('difference of two gravity fields by degree, in mm of geoid height')
    .argument('<a>', 'ICGEM or GSM file')
    .argument('<b>', 'ICGEM or GSM file; brought to the constants and the tide system of the first')
    .option('--degree <n>', 'compare up to this degree', parseDegree)
    .option('--epoch <time>', 'epoch (ISO 8601) at which time-variable models are taken')
    .option('--plot <file.png>', 'draw the spectra')
    .option('--json', 'print numbers as JSON')
    .action(compare);
}

async function compare(pathA: string, pathB: string, options: CompareOptions): Promise<void> {
  const mjd = options.epoch === undefined ? undefined : mjdUtc(isoToGpsSeconds(options.epoch));
  const [a, b] = await Promise.all(
    [pathA, pathB].map((path) => readFieldFile(path, { maxDegree: options.degree, mjd })),
  );
  const assumed = { assumeSameTideSystem: true };
  if (a.tideSystem === 'unknown' || b.tideSystem === 'unknown') {
    note('one of the fields does not state its tide system: both are taken as the same');
  }
  const difference = differenceDegreeAmplitudes(a, b, 'geoidHeight', { ...assumed, minDegree: 2 });
  const signal = degreeAmplitudes(a, 'geoidHeight', { minDegree: 2 });
  const correlation = degreeCorrelation(a, b, assumed);
  const formal = b.sigmaC && b.sigmaS ? errorDegreeAmplitudes(b, 'geoidHeight', { minDegree: 2 }) : undefined;
  const degrees = Array.from(difference.amplitudes.keys()).filter((n) => n >= 2);
  if (options.json) {
    const rows = degrees.map((n) => ({
      degree: n,
      signal_geoid_m: signal.amplitudes[n],
      difference_geoid_m: difference.amplitudes[n],
      cumulative_geoid_m: difference.cumulative[n],
      formal_error_of_b_geoid_m: formal?.amplitudes[n],
      correlation: correlation[n],
    }));
    print(JSON.stringify({ a: a.name, b: b.name, degrees: rows }, null, 2));
  } else {
    print(`${a.name} − ${b.name}, geoid height`);
    print(
      formatTable(
        [
          'degree',
          'signal mm',
          'difference mm',
          'cumulative mm',
          ...(formal ? ['sigma of b mm'] : []),
          'correlation',
        ],
        degrees.map((n) => [
          String(n),
          millimetres(signal.amplitudes[n]),
          millimetres(difference.amplitudes[n]),
          millimetres(difference.cumulative[n]),
          ...(formal ? [millimetres(formal.amplitudes[n])] : []),
          correlation[n].toFixed(6),
        ]),
        Array<'right'>(6).fill('right'),
      ),
    );
  }
  if (options.plot) {
    const series = [
      { label: a.name, values: signal.amplitudes },
      { label: 'difference', values: difference.amplitudes, style: 'dashed' as const },
      ...(formal
        ? [{ label: `formal error of ${b.name}`, values: formal.amplitudes, style: 'dotted' as const }]
        : []),
    ];
    await writeFile(
      options.plot,
      renderDegreeAmplitudes({
        series,
        title: `${a.name} − ${b.name}`,
        label: 'geoid height per degree',
        unit: 'm',
      }),
    );
  }
}

function millimetres(metres: number): string {
  const value = metres * 1000;
  return value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(2) : value.toFixed(3);
}
