import { randomBytes } from 'node:crypto';
import {
  checkConsistency,
  closeObjectStore,
  loadConfig,
  openDatabase,
  openObjectStore,
} from '@gravity/server';
import type { Command } from 'commander';
import { print } from '../output.js';
import { formatTable } from '../terminal/table.js';

/**
 * `gravity check`: do database and object store agree? Looks at the services that the environment names, else at the
 * data folder.
 */
export function addCheckCommand(program: Command): void {
  program
    .command('check')
    .description('compare the database with the object store (while no server runs on them)')
    .option('--data-dir <folder>', 'data folder (default: GRAVITY_DATA_DIR or ./data)')
    .option('--json', 'print the report as JSON')
    .action(check);
}

async function check(options: { dataDir?: string; json?: boolean }): Promise<void> {
  // It signs nothing, so it needs no secret of the server.
  const config = loadConfig(process.env, { dataDir: options.dataDir, jwtSecret: randomBytes(32) });
  const db = await openDatabase(config);
  const objects = await openObjectStore(config);
  try {
    const report = await checkConsistency(db, objects);
    const { consistent, examples, ...counts } = report;
    if (options.json) print(JSON.stringify(report, null, 2));
    else {
      const rows = Object.entries(counts).map(([name, count]) => [wordsOf(name), String(count)]);
      print(formatTable(['finding', 'count'], rows, ['left', 'right']));
      for (const example of examples) print(`  ${example}`);
      print(consistent ? 'consistent' : 'NOT consistent');
    }
    if (!consistent) process.exitCode = 1;
  } finally {
    closeObjectStore(objects);
    await db.close();
  }
}

/** orphanObjects → orphan objects */
function wordsOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
