import { statfs } from 'node:fs/promises';
import type { SharedState } from '../cache/shared-state.js';
import type { ServerConfig } from '../config.js';
import type { Database } from '../db/database.js';
import type { ObjectStore } from '../storage/object-store.js';

/** What the runner tells about itself. */
export interface RunnerStatus {
  readonly running: boolean;
}

export type ComponentStatus = 'ok' | 'degraded' | 'down';

/** One part of the installation, as this process sees it. */
export interface ComponentHealth {
  readonly status: ComponentStatus;
  /** Time its answer took. */
  readonly milliseconds?: number;
  readonly [figure: string]: string | number | undefined;
}

export interface HealthReport {
  readonly status: ComponentStatus;
  /** Whether requests are worth sending here. */
  readonly serves: boolean;
  readonly components: Readonly<Record<string, ComponentHealth>>;
}

/** Rejects when the part is down; may return figures for /health, among them a status other than ok. */
export type Probe = () => Promise<Partial<ComponentHealth> | undefined>;

export interface HealthOptions {
  readonly config: Pick<ServerConfig, 'dataDir'>;
  readonly db: Database;
  readonly objects: ObjectStore;
  readonly shared: SharedState;
  readonly runner?: { status(): RunnerStatus };
  /** Further parts, by name. */
  readonly probes?: Readonly<Record<string, Probe>>;
  /** Told when a part changes its state. */
  readonly onChange?: (component: string, health: ComponentHealth, cause: unknown) => void;
}

export interface Health {
  /** Looks at all parts at once; an answer of the last second is given again. */
  read(): Promise<HealthReport>;
}

const probeMilliseconds = 2000;
const keptMilliseconds = 1000;
const leastFreeBytes = 1024 ** 3;
/** A replica this far behind still answers, with old figures. */
const mostLagSeconds = 60;

function databaseProbe({ db }: HealthOptions): Probe {
  return async () => {
    await db.ping();
    const { kind, version, timescale } = db.engine;
    return { engine: kind, version, ...(timescale !== undefined && { timescale }) };
  };
}

function replicaProbe({ db }: HealthOptions): Probe {
  return async () => {
    const { replica } = db.statistics();
    if (replica?.usable !== true)
      throw new Error('the replica is away or too far behind; the primary is read');
    const { lagSeconds = 0 } = replica;
    return { lag_seconds: lagSeconds, ...(lagSeconds > mostLagSeconds && { status: 'degraded' as const }) };
  };
}

function diskProbe({ config }: HealthOptions): Probe {
  return async () => {
    const { bavail, blocks, bsize } = await statfs(config.dataDir);
    const free = bavail * bsize;
    return {
      free_bytes: free,
      size_bytes: blocks * bsize,
      ...(free < leastFreeBytes && { status: 'degraded' as const }),
    };
  };
}

function jobsProbe({ runner }: HealthOptions): Probe {
  return async () => {
    if (runner === undefined) return { runner: 'external' };
    if (!runner.status().running) throw new Error('the job runner stands still');
    return { runner: 'this process' };
  };
}

async function look(probe: Probe): Promise<{ readonly health: ComponentHealth; readonly cause?: unknown }> {
  const start = performance.now();
  const elapsed = () => Math.round((performance.now() - start) * 10) / 10;
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no answer within ${probeMilliseconds} ms`)),
      probeMilliseconds,
    );
  });
  try {
    const figures = await Promise.race([probe(), timeout]);
    return { health: { status: 'ok', milliseconds: elapsed(), ...figures } };
  } catch (cause) {
    // The cause goes to the log: it may name addresses, and this report is open to all.
    return { health: { status: 'down', milliseconds: elapsed() }, cause };
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Looks at the parts of the installation. Without the database nothing can be served, and without the only job runner
 * of an embedded server nothing is worked on; without any other part most requests still get their answer.
 */
export function createHealth(options: HealthOptions): Health {
  const { db, objects, shared, runner, onChange } = options;
  const probes: Record<string, Probe> = {
    database: databaseProbe(options),
    ...(db.statistics().replica !== undefined && { database_replica: replicaProbe(options) }),
    object_store: () => objects.ping().then(() => undefined),
    ...(shared.kind === 'redis' && { redis: () => shared.ping().then(() => undefined) }),
    jobs: jobsProbe(options),
    disk: diskProbe(options),
    ...options.probes,
  };
  const last = new Map<string, ComponentStatus>();

  const readNow = async (): Promise<HealthReport> => {
    const looks = await Promise.all(
      Object.entries(probes).map(async ([name, probe]) => ({ name, ...(await look(probe)) })),
    );
    for (const { name, health, cause } of looks) {
      if (health.status !== (last.get(name) ?? 'ok')) onChange?.(name, health, cause);
      last.set(name, health.status);
    }
    const components = Object.fromEntries(looks.map(({ name, health }) => [name, health]));
    const databaseUp = components.database?.status !== 'down';
    const standsStill = runner !== undefined && !db.engine.shared && components.jobs?.status === 'down';
    const allOk = looks.every(({ health }) => health.status === 'ok');
    return {
      status: !databaseUp ? 'down' : allOk ? 'ok' : 'degraded',
      serves: databaseUp && !standsStill,
      components,
    };
  };

  let kept: Promise<HealthReport> | undefined;
  let readAt = 0;
  return {
    read() {
      const now = performance.now();
      if (kept === undefined || now - readAt > keptMilliseconds) {
        readAt = now;
        kept = readNow();
      }
      return kept;
    },
  };
}
