import { refreshAggregates } from '../../db/time-series/aggregates.js';
import type { Task, TaskContext } from '../../jobs/task.js';
import { TaskError } from '../../jobs/task.js';
import { commitFile } from './commit.js';
import { lookahead } from './lookahead.js';
import { type FileOutcome, ingestResult, jobErrors, rejection, warningsOf } from './outcome.js';
import { ownSources } from './own-sources.js';
import { parseIngestParameters } from './parameters.js';
import { createParser } from './parser.js';
import { type Prepared, prepareFiles } from './prepare.js';
import { groupDigits, IngestProgress } from './progress.js';
import { listSource } from './sources.js';
import { openWorkspace } from './workspace.js';

/**
 * Brings Level-1B files or tables into the observations: every file whole or not at all, each content once. Bad files
 * are reported and the good ones beside them go in; the job fails only when none is in the end there.
 *
 * @throws TaskError `invalid_parameters`, `source_…`, `s3_not_configured`, `no_file_ingested`
 */
export const ingestTask: Task = async (context) => {
  const started = performance.now();
  const request = parseIngestParameters(context.parameters);
  context.progress(0, 'looking for files');
  const own = ownSources(context);
  const listing = listSource(request.dataSource, context.config, context.objects, own.find);
  const { entries, refused } = await listing.catch((error) => {
    own.close();
    throw error;
  });
  const total = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  const progress = new IngestProgress(total, (fraction, message) => context.progress(fraction, message));
  const outcomes: FileOutcome[] = refused.map(({ name, code, message }) => ({
    status: 'rejected',
    name,
    fault: { code, message, file: name },
  }));
  let ignored = 0;
  const workspace = await openWorkspace(context.config.dataDir, context.jobId).catch((error) => {
    own.close();
    throw error;
  });
  const parser = createParser();
  // a cancel does not wait for the file in work
  const abort = () => void parser.close();
  context.signal.addEventListener('abort', abort, { once: true });
  try {
    const files = lookahead(prepareFiles(entries, { context, request, workspace, parser, progress }));
    for await (const prepared of files) {
      if (prepared.kind === 'ignored') {
        ignored += 1;
        continue;
      }
      const outcome = prepared.kind === 'ready' ? await store(context, prepared) : prepared.outcome;
      if (prepared.kind === 'ready')
        await workspace.remove(prepared.file.staged.path, prepared.file.copyPath);
      outcomes.push(outcome);
      tell(context, outcome);
      if (prepared.kind === 'ready') {
        progress.show(prepared.position, `${outcome.name}: ${groupDigits(outcome.records ?? 0)} records`);
      }
    }
    context.signal.throwIfAborted();
  } catch (error) {
    // the thread was ended by the cancel: say that, not what it died of
    context.signal.throwIfAborted();
    throw error;
  } finally {
    context.signal.removeEventListener('abort', abort);
    await parser.close();
    await workspace.close();
    own.close();
  }
  const seconds = (performance.now() - started) / 1000;
  if (!outcomes.some(({ status }) => status === 'ingested' || status === 'already_ingested')) {
    throw noFileError(request.dataSource, outcomes, ignored);
  }
  // figures by the hour; what is not done in this time is done by the maintenance
  await refreshAggregates(context.db, { maxMilliseconds: 5000 }).catch((error: Error) =>
    context.log('warning', `hourly figures are not up to date: ${error.message}`),
  );
  await context.finalize(async () =>
    ingestResult(outcomes, { sourceBytes: progress.sourceBytes, ignored, seconds }),
  );
};

async function store(
  context: TaskContext,
  { file }: Extract<Prepared, { kind: 'ready' }>,
): Promise<FileOutcome> {
  context.signal.throwIfAborted();
  const { name, archive, parsed, staged } = file;
  const known = await commitFile(context, file);
  const { product, satellite, records, quality } = parsed;
  const common = { name, archive, product, satellite, bytes: staged.bytes, sha256: staged.sha256 };
  if (known) {
    const { id, records: stored } = known;
    return { ...common, status: 'already_ingested', records: stored, fileId: id, reason: 'already ingested' };
  }
  return {
    ...common,
    status: 'ingested',
    records,
    fileId: file.fileId,
    warnings: warningsOf(quality),
    quality,
  };
}

function tell(context: TaskContext, outcome: FileOutcome): void {
  const { status, name } = outcome;
  if (status === 'ingested') {
    const message = `${name}: ${groupDigits(outcome.records ?? 0)} records`;
    context.log(outcome.warnings?.length ? 'warning' : 'info', message, {
      product: outcome.product,
      satellite: outcome.satellite,
      warnings: outcome.warnings,
    });
  } else if (status === 'rejected') {
    const fault = rejection(outcome);
    context.log('error', fault.message, fault);
  } else context.log('debug', `${name}: ${outcome.reason ?? status}`);
}

function noFileError(source: string, outcomes: readonly FileOutcome[], ignored: number): TaskError {
  const count = (status: FileOutcome['status']) => outcomes.filter((o) => o.status === status).length;
  const parts = [
    `${count('rejected')} rejected`,
    `${count('skipped')} skipped by satellite, product or time`,
    `${ignored} other files`,
  ];
  const text = `no file of ${JSON.stringify(source.slice(0, 200))} could be ingested: ${parts.join(', ')}`;
  return new TaskError('no_file_ingested', text, jobErrors(outcomes));
}
