import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { type AuditAnchor, type AuditVerification, exportAudit, verifyAudit } from '@gravity/server';
import { type Command, Option } from 'commander';
import { note, print } from '../output.js';
import { withDatabase } from './admin.js';

interface AuditOptions {
  readonly dataDir?: string;
  readonly json?: boolean;
  readonly anchor?: string;
  readonly format: 'csv' | 'ndjson';
  readonly from?: string;
  readonly to?: string;
}

const dataDirText = 'data folder (default: GRAVITY_DATA_DIR or ./data)';

/** `gravity audit …`: is the trail whole, and the trail itself. */
export function addAuditCommand(program: Command): void {
  const audit = program.command('audit').description('audit trail: verify its chains, export it');
  audit
    .command('verify')
    .description('follow every hash chain of the audit trail; names rows changed, deleted or inserted')
    .option('--anchor <file>', 'compare with the heads of the last time, kept here, and write those of now')
    .option('--json', 'print the report as JSON')
    .option('--data-dir <folder>', dataDirText)
    .action(verify);
  audit
    .command('export')
    .description('all rows with their chain, newest first, to standard output')
    .addOption(
      new Option('--format <format>', 'form of the lines').choices(['ndjson', 'csv']).default('ndjson'),
    )
    .option('--from <time>', 'from this time on, ISO 8601')
    .option('--to <time>', 'before this time, ISO 8601')
    .option('--data-dir <folder>', dataDirText)
    .action((options: AuditOptions) =>
      withDatabase(options, async (db) => {
        const filter = {
          ...(options.from !== undefined && { start_time: options.from }),
          ...(options.to !== undefined && { end_time: options.to }),
        };
        await pipeline(exportAudit(db, filter, options.format), process.stdout, { end: false });
      }),
    );
}

async function verify(options: AuditOptions): Promise<void> {
  await withDatabase(options, async (db, config) => {
    const { anchor: path } = options;
    const anchor =
      path !== undefined && existsSync(path)
        ? (JSON.parse(readFileSync(path, 'utf8')) as AuditAnchor)
        : undefined;
    const report = await verifyAudit(db.kysely, config.encryptionKeys, anchor);
    if (options.json) print(JSON.stringify(report, null, 2));
    else describe(report, anchor);
    if (!report.intact) process.exitCode = 1;
    // The heads of a trail that was tampered with must not replace the good ones.
    else if (path !== undefined) writeFileSync(path, `${JSON.stringify(report.anchor, null, 2)}\n`);
  });
}

function describe(report: AuditVerification, anchor: AuditAnchor | undefined): void {
  const {
    rows,
    chains,
    removed,
    unchained,
    unkeyed_chains: unkeyed,
    findings,
    finding_count: count,
  } = report;
  for (const { message, chain_id: chain } of findings)
    print(`${message}${chain === null ? '' : ` [${chain}]`}`);
  if (count > findings.length) print(`… and ${count - findings.length} more`);
  print(`${rows} rows in ${chains} chains, ${removed} more removed by retention`);
  if (anchor !== undefined) print(`compared with the heads of ${anchor.time}`);
  if (unchained > 0) note(`${unchained} rows are older than the chains: nothing can be said about them`);
  if (unkeyed > 0)
    note(`${unkeyed} chains have no key (GRAVITY_ENCRYPTION_KEY): they show accidents, not forgers`);
  print(report.intact ? 'intact' : `NOT intact: ${count} findings`);
}
