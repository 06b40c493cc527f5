// A PostgreSQL server of its own in a temporary folder (PG_BIN, or Debian's layout), gone afterwards.
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export async function startPostgres(settings) {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).map((v) => join(debian, v, 'bin')) : [];
  const bin = [process.env.PG_BIN, ...versions].find((path) => path && existsSync(join(path, 'initdb')));
  if (bin === undefined) throw new Error('no PostgreSQL found: set PG_BIN or DATABASE_URL');
  const folder = mkdtempSync(join(tmpdir(), 'gravity-bench-'));
  // initdb and postgres refuse to run as root
  const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
  const run = (program, parameters) => {
    const result = spawnSync(join(bin, program), parameters, { ...user, cwd: folder, stdio: 'ignore' });
    if (result.status !== 0) throw new Error(`${program} failed`);
  };
  const data = join(folder, 'data');
  run('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C']);
  const port = await freePort();
  const options = [`unix_socket_directories=${folder}`, 'listen_addresses=127.0.0.1', ...settings]
    .map((text) => `-c ${text}`)
    .join(' ');
  const log = join(folder, 'log');
  const start = () =>
    run('pg_ctl', ['-D', data, '-l', log, '-o', `-p ${port} ${options}`, '-w', '-t', '300', 'start']);
  const stop = () => run('pg_ctl', ['-D', data, '-m', 'fast', '-w', '-t', '300', 'stop']);
  start();
  return {
    url: `postgresql://postgres@127.0.0.1:${port}/postgres`,
    restart() {
      stop();
      start();
    },
    remove() {
      stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
