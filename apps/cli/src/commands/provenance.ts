import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { followJob } from '../client/follow-job.js';
import type { GravityClient } from '../client/gravity-client.js';
import { openSession } from '../client/session.js';
import type { Job, Product } from '../client/types.js';
import { note, print, UsageError } from '../output.js';
import { createProgress } from '../terminal/progress.js';
import { formatTable } from '../terminal/table.js';

const FORMATS = ['json', 'prov-json', 'svg'] as const;
type Format = (typeof FORMATS)[number];

interface Comparison {
  readonly verdict: 'identical' | 'equivalent' | 'different' | 'incomparable';
  readonly summary: string;
  readonly a: { readonly file_name: string; readonly sha256: string };
  readonly b: { readonly id: string; readonly sha256: string };
  readonly differences: readonly { readonly what: string; readonly a: unknown; readonly b: unknown }[];
}

/** `gravity provenance`, `gravity reproduce`, `gravity retry`. */
export function addProvenanceCommands(program: Command): void {
  program
    .command('provenance')
    .description('how a product came to be, from the raw files on')
    .argument('<product-id>')
    .option('--format <format>', FORMATS.join(', '), 'json')
    .option('--out <file>', 'write it to a file')
    .option('--server <url>', 'address of the server (default: the one logged in to)')
    .action(provenance);
  program
    .command('reproduce')
    .description('compute a product again and say whether it comes out the same')
    .argument('<product-id>')
    .option('--server <url>', 'address of the server (default: the one logged in to)')
    .option('--no-wait', 'start the job and return at once')
    .option('--json', 'print the comparisons as JSON')
    .action(reproduce);
  program
    .command('retry')
    .description('do a failed or cancelled job again, as a new job')
    .argument('<job-id>')
    .option('--server <url>', 'address of the server (default: the one logged in to)')
    .option('--no-wait', 'return at once instead of following the job')
    .option('--json', 'print the job as JSON')
    .action(retry);
}

async function provenance(
  id: string,
  options: { readonly format: string; readonly out?: string; readonly server?: string },
): Promise<void> {
  const format = FORMATS.find((known) => known === options.format);
  if (format === undefined) {
    throw new UsageError(`--format ${options.format}: known are ${FORMATS.join(', ')}`);
  }
  const session = await openSession(options.server);
  const text = await fetchProvenance(session, id, format);
  if (options.out === undefined) print(text.trimEnd());
  else {
    await writeFile(options.out, text);
    note(`${options.out} written`);
  }
}

async function fetchProvenance({ transport }: GravityClient, id: string, format: Format): Promise<string> {
  const response = await transport.send(`/products/${encodeURIComponent(id)}/provenance`, {
    query: { format },
    headers: { accept: '*/*' },
  });
  const text = await response.text();
  return format === 'json' ? `${JSON.stringify(JSON.parse(text), null, 2)}\n` : text;
}

async function reproduce(
  id: string,
  options: { readonly server?: string; readonly wait: boolean; readonly json?: boolean },
): Promise<void> {
  const session = await openSession(options.server);
  const original = await session.product(id);
  const started = await session.transport.json<Job>(`/products/${encodeURIComponent(id)}/reproduce`, {
    method: 'POST',
  });
  if (!options.wait) return print(`${started.type} ${started.id}: ${started.status}`);
  const job = await follow(session, started);
  const comparisons = await compareAll(session, original, job);
  const worst = verdictOf(comparisons);
  if (options.json) print(JSON.stringify({ job_id: job.id, verdict: worst, comparisons }, null, 2));
  else {
    const rows = comparisons.map((one) => [one.a.file_name, one.verdict, one.summary]);
    print(formatTable(['file', 'verdict', ''], rows));
    for (const { what, a, b } of comparisons[0]?.differences ?? []) {
      print(`  ${what}: ${JSON.stringify(a)} then, ${JSON.stringify(b)} now`);
    }
    print(SENTENCES[worst]);
  }
  // For scripts: 0 only when it came out the same.
  if (worst === 'different' || worst === 'incomparable') process.exitCode = 1;
}

const SENTENCES: Readonly<Record<Comparison['verdict'], string>> = {
  identical: 'reproduced, byte for byte',
  equivalent: 'reproduced, up to the last digits',
  different: 'NOT reproduced',
  incomparable: 'NOT reproduced',
};
const ORDER = ['identical', 'equivalent', 'different', 'incomparable'] as const;

/** The worst of them. */
export function verdictOf(comparisons: readonly Pick<Comparison, 'verdict'>[]): Comparison['verdict'] {
  const ranks = comparisons.map(({ verdict }) => ORDER.indexOf(verdict));
  return comparisons.length === 0 ? 'different' : ORDER[Math.max(...ranks)];
}

/** Every product of the first job with its like of the second; the one asked for comes first. */
async function compareAll(
  session: GravityClient,
  original: Product,
  job: Job,
): Promise<readonly Comparison[]> {
  const { transport } = session;
  const { job_id } = await transport.json<{ job_id: string }>(`/products/${encodeURIComponent(original.id)}`);
  const [before, after] = await Promise.all([
    session.products({ job_id, limit: 100 }),
    session.products({ job_id: job.id, limit: 100 }),
  ]);
  const ordered = [original, ...before.filter(({ id }) => id !== original.id)];
  const comparisons: Comparison[] = [];
  for (const one of ordered) {
    const like = after.find(({ kind, file_name }) => kind === one.kind && file_name === one.file_name);
    if (like === undefined) throw new UsageError(`the job ${job.id} made no ${one.kind} ${one.file_name}`);
    comparisons.push(
      await transport.json<Comparison>(`/products/${encodeURIComponent(one.id)}/comparison`, {
        query: { with: like.id },
      }),
    );
  }
  return comparisons;
}

async function retry(
  id: string,
  options: { readonly server?: string; readonly wait: boolean; readonly json?: boolean },
): Promise<void> {
  const session = await openSession(options.server);
  const started = await session.transport.json<Job>(`/ops/jobs/${encodeURIComponent(id)}/retry`, {
    method: 'POST',
  });
  const job = options.wait ? await follow(session, started) : started;
  print(options.json ? JSON.stringify(job, null, 2) : `${job.type} ${job.id}: ${job.status}`);
}

async function follow(session: GravityClient, job: Job): Promise<Job> {
  const progress = createProgress(job.type);
  try {
    const ended = await followJob(session, job.id, {
      onUpdate: (state) => progress.update(state.progress, state.progress_message ?? state.status),
    });
    progress.done('completed');
    return ended;
  } catch (error) {
    progress.stop();
    throw error;
  }
}
