import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { temporaryFolder } from '../helpers.js';
import { type Daemon, freePort, startDaemon } from './process.js';

/** Folder of the programs of a PostgreSQL installation (PG_BIN, or Debian's layout); undefined when there is none. */
export function findPostgres(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian)
    ? readdirSync(debian).map((version) => join(debian, version, 'bin'))
    : [];
  return [process.env.PG_BIN, ...versions].find(
    (folder) => folder !== undefined && existsSync(join(folder, 'initdb')),
  );
}

export interface PostgresServer {
  readonly port: number;
  /** Address of a new, empty database. */
  createDatabase(): Promise<string>;
  /** Runs statements as superuser in the database `postgres`. */
  execute(sql: string): Promise<void>;
  /** As after a power cut: no shutdown checkpoint, open connections die. */
  kill(): Promise<void>;
  /** Starts again on the same port and folder after `kill`. */
  start(): Promise<void>;
  /** A streaming replica of this server, in hot standby. */
  startReplica(): Promise<PostgresReplica>;
  remove(): Promise<void>;
}

export interface PostgresReplica {
  readonly port: number;
  /** Runs statements as superuser in the database `postgres`. */
  execute(sql: string): Promise<void>;
  remove(): Promise<void>;
}

/** A PostgreSQL server of its own, with synchronous commits as in production. */
export async function startPostgres(settings: readonly string[] = []): Promise<PostgresServer> {
  const bin = findPostgres();
  if (bin === undefined) throw new Error('no PostgreSQL installation found; set PG_BIN');
  const folder = temporaryFolder();
  const data = join(folder.path, 'data');
  // initdb and postgres refuse to run as root.
  const asUser = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  chmodSync(folder.path, 0o777);
  if (asUser.uid !== undefined) chownSync(folder.path, asUser.uid, asUser.gid);
  const init = spawnSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C'],
    { ...asUser, cwd: folder.path, encoding: 'utf8' },
  );
  if (init.status !== 0) throw new Error(`initdb: ${init.stderr}`);
  const port = await freePort();
  const url = (database: string, serverPort = port): string =>
    `postgresql://postgres@127.0.0.1:${serverPort}/${database}`;
  let daemon: Daemon | undefined;
  let databases = 0;
  const replicas: Daemon[] = [];

  const connect = async (serverPort = port): Promise<pg.Client> => {
    const end = Date.now() + 60_000;
    for (;;) {
      const client = new pg.Client({ connectionString: url('postgres', serverPort) });
      client.on('error', () => {});
      try {
        await client.connect();
        return client;
      } catch (error) {
        if (Date.now() > end) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  };
  const execute = async (statement: string, serverPort = port): Promise<void> => {
    const client = await connect(serverPort);
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  };
  const launch = async (dataFolder: string, serverPort: number, log: string): Promise<Daemon> => {
    const options = [
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=${folder.path}`,
      'max_connections=200',
      'timezone=UTC',
      ...settings,
    ];
    const parameters = [
      '-D',
      dataFolder,
      '-p',
      String(serverPort),
      ...options.flatMap((option) => ['-c', option]),
    ];
    const started = startDaemon(join(bin, 'postgres'), parameters, {
      ...asUser,
      cwd: folder.path,
      logPath: join(folder.path, log),
    });
    await (await connect(serverPort)).end();
    return started;
  };
  const start = async (): Promise<void> => {
    daemon = await launch(data, port, 'postgres.log');
  };
  const startReplica = async (): Promise<PostgresReplica> => {
    const replicaPort = await freePort();
    const replicaData = join(folder.path, `replica-${replicaPort}`);
    const backup = spawnSync(
      join(bin, 'pg_basebackup'),
      ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', '-D', replicaData]
        // -R writes the connection to the primary and the standby mark
        .concat(['-R', '-X', 'stream', '-c', 'fast', '--no-sync']),
      { ...asUser, cwd: folder.path, encoding: 'utf8' },
    );
    if (backup.status !== 0) throw new Error(`pg_basebackup: ${backup.stderr}`);
    const replica = await launch(replicaData, replicaPort, 'replica.log');
    replicas.push(replica);
    return {
      port: replicaPort,
      execute: (statement) => execute(statement, replicaPort),
      remove: () => replica.end('SIGQUIT'),
    };
  };
  await start();
  return {
    port,
    execute: (statement) => execute(statement),
    start,
    startReplica,
    createDatabase: async () => {
      databases += 1;
      const name = `gravity_${process.pid}_${databases}`;
      await execute(`create database ${name}`);
      return url(name);
    },
    kill: async () => {
      // SIGQUIT is the immediate shutdown: all processes at once, recovery at the next start.
      await daemon?.end('SIGQUIT');
    },
    remove: async () => {
      await Promise.all(replicas.map((replica) => replica.end('SIGQUIT')));
      await daemon?.end('SIGQUIT');
      folder.remove();
    },
  };
}
