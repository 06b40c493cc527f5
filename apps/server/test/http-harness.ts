import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AppOptions,
  buildApp,
  createJobService,
  type Database,
  type DatabaseSchema,
  type EmbeddedObjectStore,
  type JobService,
  loadConfig,
  openDatabase,
  openEmbeddedObjectStore,
  type ServerConfig,
} from '@gravity/server';
import { seedDatabase } from '../../../test/support/database-template.js';
import { temporaryFolder } from './helpers.js';

/** What `inject` gives, as far as the tests look at it. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
  readonly bytes: Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: bodies of answers are looked into field by field
  readonly body: any;
}

export interface RequestOptions {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly payload?: string | Buffer;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';

export interface Harness {
  readonly app: Awaited<ReturnType<typeof buildApp>>;
  readonly config: ServerConfig;
  readonly db: Database;
  readonly objects: EmbeddedObjectStore;
  readonly jobs: JobService;
  /** A folder from which `file:` sources may be read. */
  readonly sources: string;
  readonly logLines: string[];
  request(method: Method, url: string, options?: RequestOptions): Promise<Answer>;
  /** Registers a user and returns its access token and id. */
  addUser(
    name: string,
  ): Promise<{ readonly id: string; readonly token: string; readonly refreshToken: string }>;
  /** Rows of every table but the audit trail, and every stored object: what a refused request must not change. */
  state(): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

const tables: readonly (keyof DatabaseSchema)[] = [
  'users',
  'processing_jobs',
  'job_events',
  'ingested_files',
  'satellite_observations',
  'baseline_vectors',
  'gravity_products',
  'provenance_edges',
  'api_keys',
  'revoked_tokens',
];

export const password = 'correct horse battery';

/** The application over real embedded ports, without a runner: jobs stay pending. */
export async function openHarness(
  overrides: Partial<ServerConfig> = {},
  options: Partial<AppOptions> = {},
): Promise<Harness> {
  const folder = temporaryFolder();
  const sources = join(folder.path, 'sources');
  mkdirSync(join(sources, 'inside'), { recursive: true });
  mkdirSync(join(folder.path, 'outside'), { recursive: true });
  const config = loadConfig(
    {},
    {
      dataDir: join(folder.path, 'data'),
      fileSources: [sources],
      // Cost 4 is the least bcrypt knows: the tests look at logic, not at its slowness.
      bcryptCost: 4,
      logLevel: 'info',
      rateLimitPerMinute: 1_000_000,
      ...overrides,
    },
  );
  if (config.databaseUrl === undefined) seedDatabase(config.dataDir);
  const db = await openDatabase(config);
  const objects = await openEmbeddedObjectStore(config);
  const jobs = createJobService({ db });
  const logLines: string[] = [];
  const app = await buildApp({
    config,
    db,
    objects,
    jobs,
    logStream: { write: (line) => logLines.push(line) },
    ...options,
  });

  const request: Harness['request'] = async (method, url, { token, headers = {}, json, payload } = {}) => {
    const response = await app.inject({
      method,
      url,
      headers: {
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(json !== undefined && { payload: JSON.stringify(json) }),
      ...(payload !== undefined && { payload }),
    });
    const isJson =
      /json/.test(String(response.headers['content-type'])) &&
      response.headers['content-encoding'] === undefined;
    return {
      status: response.statusCode,
      headers: response.headers as Record<string, string | undefined>,
      text: response.body,
      bytes: response.rawPayload,
      body: isJson && response.body !== '' ? JSON.parse(response.body) : undefined,
    };
  };

  return {
    app,
    config,
    db,
    objects,
    jobs,
    sources,
    logLines,
    request,
    async addUser(name) {
      const user = await request('POST', '/auth/register', {
        json: { username: name, email: `${name}@example.org`, password },
      });
      if (user.status !== 201) throw new Error(user.text);
      const token = await request('POST', '/auth/token', { json: { username: name, password } });
      return { id: user.body.id, token: token.body.access_token, refreshToken: token.body.refresh_token };
    },
    async state() {
      const counts: Record<string, unknown> = {};
      for (const table of tables) {
        const { count } = await db.kysely
          .selectFrom(table)
          .select(({ fn }) => fn.countAll<string>().as('count'))
          .executeTakeFirstOrThrow();
        counts[table] = Number(count);
      }
      const stored: string[] = [];
      for (const bucket of ['raw-data', 'processed-data', 'products', 'temp'] as const) {
        for await (const { key, sha256 } of objects.list(bucket, ''))
          stored.push(`${bucket}/${key} ${sha256}`);
      }
      return { ...counts, objects: stored };
    },
    async close() {
      await app.close();
      await db.close();
      folder.remove();
    },
  };
}

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** The bodies printed in the operations manual, as they are printed there. */
export const manual = {
  plan: {
    start_time: '2025-01-01T00:00:00Z',
    end_time: '2025-01-31T23:59:59Z',
    satellites: ['GRACE-A', 'GRACE-B'],
    time_step: 60,
    processing_mode: 'standard',
    output_format: 'spherical_harmonic',
    degree_max: 60,
  },
  ingest: {
    data_source: 's3://gravity-data/raw/2025-01/',
    data_type: 'l1b',
    satellites: ['GRACE-A', 'GRACE-B'],
    start_time: '2025-01-01T00:00:00Z',
    end_time: '2025-01-31T23:59:59Z',
    validate_data: true,
  },
  process: {
    algorithm: 'variational',
    degree_max: 60,
    regularization: { kaula: 1e-5, tikhonov: 0.0 },
    output_products: ['coefficients', 'grids', 'uncertainties'],
  },
  catalog: {
    product_ids: ['550e8400-e29b-41d4-a716-446655440000'],
    metadata: { mission: 'GRACE-FO', processing_center: 'CSR', version: 'RL06.1' },
    publish: false,
    archive: true,
  },
} as const;
