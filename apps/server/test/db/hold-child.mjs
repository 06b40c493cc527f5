// Opens the database, says so, and stays.
import { loadConfig, openDatabase } from '@gravity/server';

await openDatabase(loadConfig({}, { dataDir: process.argv[2] }));
process.stdout.write('open\n');
setInterval(() => {}, 1000);
