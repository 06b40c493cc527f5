// A worker for arcs in a process of its own: the test kills it, or watches what it does.
import {
  createArcComputer,
  createArcRunner,
  loadConfig,
  openBullTransport,
  openDatabase,
  openObjectStore,
} from '@gravity/server';
import { stubSource } from './stub-source.mjs';

const { dataDir, databaseUrl, redisUrl, marks, leaseSeconds } = JSON.parse(process.argv[2]);
const config = loadConfig(
  {},
  { dataDir, databaseUrl, redisUrl, leaseSeconds, threads: 1, linearAlgebraBackend: 'wasm' },
);
const db = await openDatabase(config);
const objects = await openObjectStore(config);
const transport = await openBullTransport(config);
const engineModule = new URL('../process/stub-engine.mjs', import.meta.url).href;
const computer = { config, db, objects, engineModule, arcSource: stubSource(marks) };
const runner = createArcRunner({
  config,
  db,
  objects,
  transport,
  createComputer: () => createArcComputer(computer),
});
runner.start();
process.stdout.write(`worker ${runner.workerId}\n`);
let shown = '';
setInterval(() => {
  const text = `at work ${runner.running.map(({ arc }) => arc).join(' ')}`;
  if (text !== shown) process.stdout.write(`${text}\n`);
  shown = text;
}, 20);
