import { contributionPerDegree, type FieldRecoveryOptions, type RecoverySetup } from '@gravity/recovery';
import type { Command } from 'commander';
import { Option } from 'commander';
import { parseCount, parsePositive } from '../commands/options.js';
import { UsageError } from '../output.js';
import type { RecoveryRun } from './run.js';

/** Options of `gravity recover` on noise and weights. */
export interface StochasticOptionsOfCommand {
  readonly noise: 'white' | 'autocovariance';
  readonly noiseScope: 'arc' | 'mission';
  readonly noiseOrder: number;
  readonly varianceComponents: 'none' | 'arc' | 'mission';
  readonly stochasticIterations: number;
  readonly stochasticTolerance: number;
  readonly regularizationWeight: 'given' | 'vce' | 'l_curve';
  readonly reference?: string;
  readonly kaula: number;
  readonly tikhonov: number;
}

export function addStochasticOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--noise <model>', 'of the ranging: as stated, or estimated from the residuals')
        .choices(['white', 'autocovariance'])
        .default('white'),
    )
    .addOption(
      new Option('--noise-scope <scope>', 'a noise model for every arc, or one for all')
        .choices(['arc', 'mission'])
        .default('arc'),
    )
    .option('--noise-order <n>', 'highest order of the noise model', parseCount, 30)
    .addOption(
      new Option('--variance-components <scope>', 'variances of ranging and positions, estimated')
        .choices(['none', 'arc', 'mission'])
        .default('none'),
    )
    .option(
      '--stochastic-iterations <n>',
      'updates of noise and variances at most, each with a pass',
      parseCount,
      4,
    )
    .option('--stochastic-tolerance <x>', 'converged when no variance changes by more', parsePositive, 0.02)
    .addOption(
      new Option('--regularization-weight <kind>', 'as given, by variance components, or by the L-curve')
        .choices(['given', 'vce', 'l_curve'])
        .default('given'),
    )
    .option(
      '--reference <field>',
      'field that the regularization pulls towards: a name or an ICGEM file (default: the a-priori field)',
    );
}

/** @throws UsageError for options that would be without effect or cannot be met */
export function recoveryOptionsOf(
  options: StochasticOptionsOfCommand,
  satelliteCount: number,
): FieldRecoveryOptions {
  const { kaula, tikhonov, noise, varianceComponents } = options;
  if (kaula === 0 && tikhonov === 0) {
    if (options.regularizationWeight !== 'given') {
      throw new UsageError(
        '--regularization-weight: there is no regularization to weight; set --kaula or --tikhonov',
      );
    }
    if (options.reference !== undefined) {
      throw new UsageError('--reference: nothing pulls towards it; set --kaula or --tikhonov');
    }
  }
  if (noise !== 'white' && satelliteCount !== 2) {
    throw new UsageError('--noise: needs the ranging of a pair (two --orbit satellites and --range-rate)');
  }
  return {
    regularization: { kaula, tikhonov },
    regularizationWeight: options.regularizationWeight,
    varianceFactors: varianceComponents,
    ...(noise === 'autocovariance' && {
      rangingNoise: { scope: options.noiseScope, maxOrder: options.noiseOrder },
    }),
    maxStochasticIterations: options.stochasticIterations,
    tolerance: options.stochasticTolerance,
  };
}

/** What became of noise and weights, as plain data. */
export function stochasticReport(run: RecoveryRun, setup: Pick<RecoverySetup, 'degreeMin' | 'degreeMax'>) {
  const { model, regularization, passes, solution } = run;
  return {
    passes,
    ...(passes.length > 1 &&
      passes.at(-1)?.stochasticChange !== undefined && {
        stochastic: {
          iterations: run.stochasticIterations,
          converged: run.converged,
          arcs: model.arcs.map(({ varianceFactors }) => varianceFactors),
          noise: model.noise.map(
            (noise) =>
              noise && {
                order: noise.order,
                innovationSigma: noise.innovationSigma,
                ...noise.model,
              },
          ),
        },
      }),
    regularization: {
      ...regularization.regularization,
      dataVariance: regularization.dataVariance,
    },
    contributionPerDegree: Array.from(contributionPerDegree(setup, solution)).slice(setup.degreeMin),
  };
}

/** The same in a few lines for people; empty where all was given. */
export function formatStochastic({
  model,
  regularization,
  stochasticIterations,
  converged,
}: RecoveryRun): string {
  const lines: string[] = [];
  if (stochasticIterations > 0) {
    const state = converged ? 'converged' : 'NOT converged: raise --stochastic-iterations';
    lines.push(`noise: ${stochasticIterations} updates, ${state}`);
    for (const [name, values] of factorsOf(model.arcs)) {
      lines.push(`  variance of ${name} ${range(values)} times as stated`);
    }
    const noise = model.noise.filter((estimate) => estimate !== undefined);
    if (noise.length > 0) {
      const sigmas = noise.map(({ model: { autocovariance } }) => Math.sqrt(autocovariance[0]));
      lines.push(
        `  ranging: order ${range(noise.map(({ order }) => order))}, sigma ${range(sigmas)}, of it unpredictable ${range(noise.map(({ innovationSigma }) => innovationSigma))}`,
      );
    }
  }
  const { variances, lCurve } = regularization;
  const { kaula, tikhonov } = regularization.regularization;
  if (variances || lCurve) {
    const how = variances
      ? `variance components${variances.converged ? '' : ' (NOT converged)'}, variance of the data ${regularization.dataVariance.toPrecision(4)}`
      : 'the corner of the L-curve';
    lines.push(
      `regularization by ${how}: kaula ${kaula.toPrecision(4)}, tikhonov ${tikhonov.toPrecision(4)}`,
    );
  }
  return lines.join('\n');
}

function factorsOf(arcs: RecoveryRun['model']['arcs']): ReadonlyMap<string, number[]> {
  const all = new Map<string, number[]>();
  const add = (name: string, value: number) => all.set(name, [...(all.get(name) ?? []), value]);
  for (const { varianceFactors } of arcs) {
    if (varianceFactors.ranging !== undefined) add('ranging', varianceFactors.ranging);
    for (const [name, value] of Object.entries(varianceFactors.positions ?? {}))
      add(`positions of ${name}`, value);
  }
  return all;
}

function range(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const text = (value: number) => String(Number(value.toPrecision(3)));
  return text(low) === text(high) ? text(low) : `${text(low)} to ${text(high)}`;
}
