// Writes audit rows as a server does, one line of output for each "answer", until it is killed.
// Parameters: data folder, database address, rows in all (0: no end), flush interval in ms.
import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openAuditWriter, openDatabase } from '@gravity/server';

const [dataDir, databaseUrl, rows, flushMilliseconds] = process.argv.slice(2);
const db = await openDatabase({ dataDir, databaseUrl, databasePoolSize: 2 });
const writer = await openAuditWriter(db, {
  dataDir,
  flushMilliseconds: Number(flushMilliseconds),
  recoverMilliseconds: 200,
});
writeSync(1, 'open\n');
for (let i = 0; Number(rows) === 0 || i < Number(rows); i++) {
  const row = {
    time: new Date().toISOString(),
    request_id: randomUUID(),
    user_id: null,
    username: null,
    action: 'test',
    method: 'POST',
    resource: '/',
    ip: '127.0.0.1',
    status: 201,
    duration_ms: 1,
  };
  writer.announce(row);
  // The answer is out before the row is recorded: a kill between the two is the hard case.
  writeSync(1, `${row.request_id}\n`);
  if (i % 3 === 0) await nextTurn();
  writer.record({ ...row, duration_ms: 2 });
  if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}
writeSync(1, 'done\n');
setInterval(() => {}, 1000);
