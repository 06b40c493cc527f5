import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { FormatError, openArchive, readAllBytes } from '@gravity/formats';
import type { TaskContext } from '../../jobs/task.js';
import { type FileToCommit, findIngested, type KnownFile } from './commit.js';
import { type FileOutcome, seriousFault } from './outcome.js';
import type { IngestRequest } from './parameters.js';
import type { ParseFault } from './parse-protocol.js';
import type { Parser } from './parser.js';
import { groupDigits, type IngestProgress } from './progress.js';
import { isReport, selectEntry, selectMember } from './selection.js';
import type { SourceEntry } from './sources.js';
import { stageFile, type Workspace } from './workspace.js';

/** A file on its way: settled already, or ready for the database. */
export type Prepared =
  | { readonly kind: 'outcome'; readonly outcome: FileOutcome }
  | { readonly kind: 'ignored' }
  | {
      readonly kind: 'ready';
      readonly file: FileToCommit /** Bytes of the source worked off with it. */;
      readonly position: number;
    };

export interface Preparation {
  readonly context: TaskContext;
  readonly request: IngestRequest;
  readonly workspace: Workspace;
  readonly parser: Parser;
  readonly progress: IngestProgress;
}

const MAX_REFUSED_REPORTED = 100;
const MAX_REPORT_BYTES = 64 * 1024;
/** What an idle database needs to say whether a file is known, with room to spare. */
const ANSWER_MILLISECONDS = 30;

/** Unpacks, hashes and parses the files of the source, one after the other. */
export async function* prepareFiles(
  entries: readonly SourceEntry[],
  preparation: Preparation,
): AsyncGenerator<Prepared, void, undefined> {
  const { context, request, progress } = preparation;
  const reports = new Map<string, string>();
  const seen = new Set<string>();
  for (const entry of entries) {
    context.signal.throwIfAborted();
    const selection = selectEntry(entry.name, entry.explicit, request);
    if (!selection.take && !isReport(entry.name)) {
      yield selection.ignored ? { kind: 'ignored' } : skipped(entry.name, selection.reason);
      progress.startEntry(entry.bytes);
      progress.endEntry();
      continue;
    }
    progress.startEntry(entry.bytes);
    try {
      yield* prepareEntry(entry, preparation, reports, seen);
    } catch (error) {
      // a damaged archive ends here; the members before the damage are in
      if (!(error instanceof FormatError)) throw error;
      yield rejected(entry.name, faultOf(error));
    }
    progress.endEntry();
  }
}

async function* prepareEntry(
  entry: SourceEntry,
  preparation: Preparation,
  reports: Map<string, string>,
  seen: Set<string>,
): AsyncGenerator<Prepared, void, undefined> {
  const { request, progress } = preparation;
  const source = await entry.open();
  try {
    async function* counted(): AsyncGenerator<Uint8Array> {
      for await (const chunk of source as AsyncIterable<Uint8Array>) {
        progress.count(chunk.length);
        yield chunk;
      }
    }
    let isArchive = false;
    const links: FileOutcome[] = [];
    const onRefused = ({ name, type }: { readonly name: string; readonly type: string }): void => {
      if (links.length < MAX_REFUSED_REPORTED) links.push(refusedLink(name, type, entry.name));
    };
    for await (const member of openArchive(counted(), { file: entry.name, onRefused })) {
      const { name, stream } = member;
      isArchive ||= member.size !== undefined;
      if (isReport(name)) {
        reports.set(name, await reportText(stream, name));
        yield { kind: 'ignored' };
        continue;
      }
      const selection = selectMember(name, entry.explicit && !isArchive, request);
      if (!selection.take) {
        yield selection.ignored
          ? { kind: 'ignored' }
          : skipped(name, selection.reason, archiveOf(entry, isArchive));
        continue;
      }
      yield await prepareFile(name, stream, archiveOf(entry, isArchive), preparation, reports, seen);
    }
    for (const outcome of links) yield { kind: 'outcome', outcome };
  } finally {
    source.destroy();
  }
}

const archiveOf = (entry: SourceEntry, isArchive: boolean) => (isArchive ? entry.name : undefined);

async function prepareFile(
  name: string,
  stream: AsyncIterable<Uint8Array>,
  archive: string | undefined,
  preparation: Preparation,
  reports: ReadonlyMap<string, string>,
  seen: Set<string>,
): Promise<Prepared> {
  const { context, request, workspace, parser, progress } = preparation;
  const from = progress.position();
  const path = workspace.path('file');
  const copyPath = workspace.path('copy');
  let ready = false;
  try {
    const staged = await stageFile(stream, path, context.signal);
    const to = progress.position();
    // a database that is busy with the rows of the file before does not hold up the parsing
    const search = findIngested(context, staged.sha256);
    search.catch(() => undefined);
    const found = await Promise.race([search, delay(ANSWER_MILLISECONDS, undefined, { ref: false })]);
    const again = seen.has(staged.sha256);
    seen.add(staged.sha256);
    const isKnown = (file: KnownFile): Prepared => ({
      kind: 'outcome',
      outcome: knownOutcome(context, name, archive, file, staged, again),
    });
    if (found) return isKnown(found);
    const fileId = randomUUID();
    const { dataType, satellites, interval, validate, table } = request;
    const outcome = await parser.parse(
      { path, copyPath, name, fileId, dataType, satellites, interval, validate, table: tableOptions(table) },
      (bytes, records) => {
        const done = staged.bytes > 0 ? bytes / staged.bytes : 1;
        progress.show(from + (to - from) * done, `${name}: ${groupDigits(records)} records`);
      },
    );
    const known = await search;
    if (known) return isKnown(known);
    if (outcome.kind === 'fault') return rejected(name, outcome.fault, archive);
    if (outcome.kind === 'skipped') {
      const { reason, product, satellite } = outcome;
      return { kind: 'outcome', outcome: { status: 'skipped', name, archive, reason, product, satellite } };
    }
    const { file: parsed } = outcome;
    const serious = validate ? seriousFault(parsed.quality) : undefined;
    if (serious) return rejected(name, serious, archive);
    ready = true;
    const report = reports.get(name.replace(/\.[A-Za-z0-9]+$/, '.rpt'));
    return { kind: 'ready', file: { name, fileId, staged, copyPath, parsed, archive, report }, position: to };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    // the stream broke: damaged gzip or tar; a damaged archive is reported once more as a whole if it cannot go on
    return rejected(name, { ...faultOf(error), file: name }, archive);
  } finally {
    if (!ready) await workspace.remove(path, copyPath);
  }
}

function tableOptions(table: IngestRequest['table']) {
  const { kind, ...rest } = table;
  return { ...rest, kind: kind === 'range_rate' ? ('ranging' as const) : kind };
}

async function reportText(stream: AsyncIterable<Uint8Array>, name: string): Promise<string> {
  const bytes = await readAllBytes(stream, name, MAX_REPORT_BYTES);
  return Buffer.from(bytes).toString('latin1').replace(/\0/g, '').trim().slice(0, 2000);
}

/**
 * A file of this very job, stored by an attempt before this one, counts as ingested by it.
 * @param again the content was in this source before
 */
function knownOutcome(
  context: TaskContext,
  name: string,
  archive: string | undefined,
  known: KnownFile,
  staged: { readonly bytes: number; readonly sha256: string },
  again: boolean,
): FileOutcome {
  const own = known.jobId === context.jobId && !again;
  return {
    status: own ? 'ingested' : 'already_ingested',
    name,
    archive,
    product: known.product,
    satellite: known.satellite,
    records: known.records,
    bytes: staged.bytes,
    sha256: staged.sha256,
    fileId: known.id,
    reason: own ? 'stored by an earlier attempt of this job' : 'already ingested',
  };
}

function skipped(name: string, reason: string, archive?: string): Prepared {
  return { kind: 'outcome', outcome: { status: 'skipped', name, archive, reason } };
}

function rejected(name: string, fault: ParseFault, archive?: string): Prepared {
  return { kind: 'outcome', outcome: { status: 'rejected', name, archive, fault } };
}

/** Links could point anywhere; nothing is read through them, and nobody shall wonder where they are. */
function refusedLink(name: string, type: string, archive: string): FileOutcome {
  const message = `${type} entry: links and devices in archives are not read`;
  const fault = { code: 'link_refused', message, file: archive };
  return { status: 'rejected', name: name.slice(0, 255), archive, fault };
}

function faultOf(error: FormatError): ParseFault {
  const { code, message, file, line, field } = error;
  return { code, message, file, line, field };
}
