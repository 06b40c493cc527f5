// A server for bench/soak.mjs: tells its parent the address, and on request what it holds after a garbage collection.
import { readdirSync, readlinkSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { loadConfig, startServer } from '@gravity/server';

const [dataDir, fileSource] = process.argv.slice(2);
const config = loadConfig(
  {
    JWT_SECRET_KEY: 's'.repeat(64),
    GRAVITY_THREADS: '1',
    GRAVITY_BCRYPT_COST: '8',
    GRAVITY_LOG_LEVEL: 'error',
  },
  {
    dataDir,
    port: 0,
    fileSources: [fileSource],
    rateLimitPerMinute: 1_000_000,
    userRateLimitPerMinute: 1_000_000,
  },
);
const errors = [];
const server = await startServer(config, {
  logStream: { write: (line) => errors.push(line.trim().slice(0, 2000)) },
});
const delay = monitorEventLoopDelay({ resolution: 20 });
delay.enable();
/** Open files by what they are: the embedded database keeps its tables open, as many as its own limit allows. */
function descriptors() {
  const kinds = { database: 0, socket: 0, other: 0 };
  const others = {};
  for (const fd of readdirSync('/proc/self/fd')) {
    let target = '';
    try {
      target = readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      continue;
    }
    const kind = /\/base\/|\/global\/|pg_/.test(target)
      ? 'database'
      : target.startsWith('socket:')
        ? 'socket'
        : 'other';
    kinds[kind] += 1;
    if (kind === 'other') {
      const name = target.replace(dataDir, '').replace(/\[?\d+\]?|[0-9a-f-]{12,}/g, '#');
      others[name] = (others[name] ?? 0) + 1;
    }
  }
  return { ...kinds, others };
}

process.on('message', async (message) => {
  if (message === 'stop') {
    await server.close();
    process.send({ stopped: true, errors }, () => process.exit(0));
    return;
  }
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, rss, external } = process.memoryUsage();
  const handles = {};
  for (const kind of process.getActiveResourcesInfo()) handles[kind] = (handles[kind] ?? 0) + 1;
  const loopDelayMs = { mean: delay.mean / 1e6 - 20, p99: delay.percentile(99) / 1e6 - 20 };
  delay.reset();
  process.send({
    heapUsed,
    rss,
    external,
    handles,
    handleCount: Object.values(handles).reduce((a, b) => a + b, 0),
    descriptors: descriptors(),
    loopDelayMs,
    errors: errors.length,
  });
});
process.send({ url: server.url });
