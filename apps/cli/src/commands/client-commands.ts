import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { describeRejections, describeResult } from '../client/describe-job.js';
import { followJob } from '../client/follow-job.js';
import { createGravityClient, type GravityClient, login } from '../client/gravity-client.js';
import { openSession, serverOf, storeLogin } from '../client/session.js';
import type { Job, JobStatus } from '../client/types.js';
import { note, print, UsageError } from '../output.js';
import { createProgress } from '../terminal/progress.js';
import { askSecret, readLineFromStdin } from '../terminal/prompt.js';
import { formatBytes, formatTable } from '../terminal/table.js';
import { collect, parseCount, parseDegree, parseNonNegative, parsePositive } from './options.js';

interface Common {
  readonly server?: string;
  readonly wait: boolean;
  readonly after?: readonly string[];
  readonly json?: boolean;
}

interface Interval {
  readonly start: string;
  readonly end: string;
  readonly satellite?: readonly string[];
}

const DEFAULT_SATELLITES = ['GRACE-C', 'GRACE-D'];

/** The commands that talk to a server. */
export function addClientCommands(program: Command): void {
  addLogin(program);
  const client = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .option('--server <url>', 'address of the server (default: the one logged in to)')
      .option('--json', 'print the resource as JSON');
  const operation = (name: string, description: string) =>
    client(name, description)
      .option('--no-wait', 'return at once instead of following the job')
      .option('--after <job>', 'start when this job is completed; may be repeated', collect);
  const interval = (command: Command) =>
    command
      .requiredOption('--start <time>', 'first epoch, ISO 8601 UTC')
      .requiredOption('--end <time>', 'last epoch')
      .option('--satellite <name>', 'may be repeated (default: GRACE-C, GRACE-D)', collect);

  interval(operation('plan', 'plan a processing: which days are there, what it will cost'))
    .option('--degree <n>', 'highest degree', parseDegree, 60)
    .action(async (options: Common & Interval & { degree: number }) => {
      const session = await openSession(options.server);
      const job = await session.plan({
        start_time: options.start,
        end_time: options.end,
        satellites: options.satellite ?? DEFAULT_SATELLITES,
        degree_max: options.degree,
        depends_on: options.after,
      });
      await finish(session, job, options);
    });

  operation(
    'ingest',
    'bring files into the server: local files are uploaded, s3:// and file: are read by the server',
  )
    .argument('<source...>', 's3://bucket/prefix/, file:/folder, or local files')
    .option('--start <time>', 'take records from here')
    .option('--end <time>', 'take records up to here')
    .option('--satellite <name>', 'may be repeated (default: GRACE-C, GRACE-D)', collect)
    .option('--type <type>', 'l1b or table', 'l1b')
    .option('--no-validate', 'skip the quality checks')
    .action(ingest);

  operation('process', 'compute a gravity field')
    .option('--algorithm <name>', 'variational, short_arc or acceleration', 'variational')
    .option('--degree <n>', 'highest degree', parseDegree, 60)
    .option('--start <time>', 'first epoch (default: that of your latest plan)')
    .option('--end <time>', 'last epoch')
    .option('--satellite <name>', 'may be repeated', collect)
    .option('--plan <id>', 'plan to follow (default: your latest completed one)')
    .option('--kaula <x>', 'strength of the Kaula regularization', parseNonNegative, 1e-5)
    .option('--tikhonov <x>', 'strength of the Tikhonov regularization', parseNonNegative, 0)
    .option('--iterations <n>', 'linearizations', parseCount)
    .option('--arc-hours <h>', 'length of an arc', parsePositive)
    .option('--products <list>', 'comma separated', 'coefficients,grids,uncertainties')
    .action(process_);

  operation('catalog', 'give products their metadata; publish and archive them')
    .argument('<product-id...>')
    .requiredOption('--mission <text>')
    .requiredOption('--center <text>', 'processing centre')
    .requiredOption('--release <text>', 'version of the series')
    .option('--publish', 'make them readable for every user')
    .option('--archive', 'keep a copy in the archive')
    .action(
      async (
        ids: string[],
        options: Common & {
          mission: string;
          center: string;
          release: string;
          publish?: boolean;
          archive?: boolean;
        },
      ) => {
        const session = await openSession(options.server);
        const metadata = {
          mission: options.mission,
          processing_center: options.center,
          version: options.release,
        };
        const job = await session.catalog({
          product_ids: ids,
          metadata,
          publish: options.publish ?? false,
          archive: options.archive ?? false,
          depends_on: options.after,
        });
        await finish(session, job, options);
      },
    );

  client('jobs', 'list jobs; with an id: show, follow or cancel that one')
    .argument('[id]')
    .option('--status <status>', 'pending, running, completed, failed or cancelled')
    .option('--limit <n>', 'how many', parseCount, 20)
    .option('--follow', 'wait until the job has ended')
    .option('--cancel', 'cancel the job')
    .action(jobs);

  client('products', 'list products')
    .option('--job <id>', 'those of one job')
    .option('--kind <kind>', 'coefficients, grid_geoid …')
    .option('--limit <n>', 'how many', parseCount, 50)
    .action(products);

  client('download', 'fetch products and check their SHA-256')
    .argument('<product-id...>')
    .option('--out <folder>', 'where to', '.')
    .action(async (ids: string[], options: Common & { out: string }) => {
      const session = await openSession(options.server);
      for (const id of ids) print(await session.download(await session.product(id), options.out));
    });
}

function addLogin(program: Command): void {
  program
    .command('login')
    .description('get a token and remember it (in a file only you can read)')
    .argument('<username>')
    .option('--server <url>', 'address of the server')
    .option('--register <email>', 'create the account first')
    .option('--password-stdin', 'read the password from standard input')
    .action(
      async (username: string, options: { server?: string; register?: string; passwordStdin?: boolean }) => {
        const server = await serverOf(options.server);
        const password = options.passwordStdin ? await readLineFromStdin() : await askSecret('Password: ');
        const client = createGravityClient({ baseUrl: server });
        if (options.register) await client.register({ username, email: options.register, password });
        await storeLogin(server, username, await login(client.transport, username, password));
        print(`logged in to ${server} as ${username}`);
      },
    );
}

async function ingest(
  sources: string[],
  options: Common & Partial<Interval> & { type: string; validate: boolean },
): Promise<void> {
  const session = await openSession(options.server);
  for (const source of sources) {
    const request = {
      data_source: await dataSource(session, source),
      data_type: options.type,
      satellites: options.satellite ?? DEFAULT_SATELLITES,
      start_time: options.start,
      end_time: options.end,
      validate_data: options.validate,
      depends_on: options.after,
    };
    await finish(session, await session.ingest(request), options);
  }
}

async function dataSource(session: GravityClient, source: string): Promise<string> {
  if (/^(s3:|file:|upload:)/.test(source)) return source;
  const info = await stat(source).catch(() => undefined);
  if (!info?.isFile())
    throw new UsageError(`${source}: no such file; a folder is given as file:/path or as a .tar`);
  const { data_source, bytes } = await session.upload(source);
  note(`${source}: ${formatBytes(bytes)} uploaded`);
  return data_source;
}

async function process_(
  options: Common &
    Partial<Interval> & {
      algorithm: string;
      degree: number;
      plan?: string;
      kaula: number;
      tikhonov: number;
      iterations?: number;
      arcHours?: number;
      products: string;
    },
): Promise<void> {
  const session = await openSession(options.server);
  const job = await session.process({
    algorithm: options.algorithm,
    degree_max: options.degree,
    regularization: { kaula: options.kaula, tikhonov: options.tikhonov },
    output_products: options.products.split(',').map((name) => name.trim()),
    plan_id: options.plan,
    depends_on: options.after,
    start_time: options.start,
    end_time: options.end,
    satellites: options.satellite,
    iterations: options.iterations,
    arc_length_hours: options.arcHours,
  });
  await finish(session, job, options);
}

async function jobs(
  id: string | undefined,
  options: Common & { status?: string; limit: number; follow?: boolean; cancel?: boolean },
): Promise<void> {
  const session = await openSession(options.server);
  if (id !== undefined) {
    const job = options.cancel ? await session.cancel(id) : await session.job(id);
    if (options.follow) await finish(session, job, { ...options, wait: true });
    else show(job, options);
    return;
  }
  if (options.follow || options.cancel) throw new UsageError('--follow and --cancel need the id of a job');
  const list = await session.jobs({ status: options.status as JobStatus | undefined, limit: options.limit });
  if (options.json) print(JSON.stringify(list, null, 2));
  else {
    print(
      formatTable(
        ['id', 'type', 'status', 'progress', 'created', 'message'],
        list.map((job) => [
          job.id,
          job.type,
          job.status,
          `${Math.round(100 * job.progress)} %`,
          job.created_at.slice(0, 19),
          job.error?.message.split('\n')[0] ?? job.progress_message ?? '',
        ]),
        ['left', 'left', 'left', 'right'],
      ),
    );
  }
}

async function products(options: Common & { job?: string; kind?: string; limit: number }): Promise<void> {
  const session = await openSession(options.server);
  const list = await session.products({ job_id: options.job, kind: options.kind, limit: options.limit });
  if (options.json) print(JSON.stringify(list, null, 2));
  else {
    print(
      formatTable(
        ['id', 'kind', 'file', 'size', 'state'],
        list.map((p) => [p.id, p.kind, p.file_name, formatBytes(p.bytes), p.status]),
        ['left', 'left', 'left', 'right'],
      ),
    );
  }
}

/** Follows a job to its end and prints what came of it. */
async function finish(session: GravityClient, job: Job, options: Common): Promise<void> {
  if (!options.wait) return show(job, options);
  const progress = createProgress(job.type);
  try {
    const ended = await followJob(session, job.id, {
      onUpdate: (state) => progress.update(state.progress, state.progress_message ?? state.status),
    });
    progress.done('completed');
    show(ended, options);
  } catch (error) {
    progress.stop();
    throw error;
  }
}

function show(job: Job, options: Common): void {
  if (options.json) {
    print(JSON.stringify(job, null, 2));
    return;
  }
  print(`${job.type} ${job.id}: ${job.status}`);
  if (job.error) print(job.error.message);
  if (job.status !== 'completed') return;
  print(describeResult(job));
  for (const line of describeRejections(job)) print(`  ${line}`);
}
