import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createTransport, type RequestOptions, type Transport, type TransportOptions } from '@gravity/client';
import type {
  CatalogRequest,
  IngestRequest,
  Job,
  JobStatus,
  PlanRequest,
  ProcessRequest,
  Product,
  Token,
  Upload,
  User,
} from './types.js';

/** The API, one function per route the commands use. */
export interface GravityClient {
  readonly transport: Transport;
  register(user: { username: string; email: string; password: string }): Promise<User>;
  me(): Promise<User>;
  plan(request: PlanRequest): Promise<Job>;
  ingest(request: IngestRequest): Promise<Job>;
  process(request: ProcessRequest): Promise<Job>;
  catalog(request: CatalogRequest): Promise<Job>;
  job(id: string): Promise<Job>;
  jobs(filter?: {
    status?: JobStatus;
    type?: string;
    skip?: number;
    limit?: number;
  }): Promise<readonly Job[]>;
  cancel(id: string): Promise<Job>;
  /** Sends one file; the answer's data source names it in `ingest`. */
  upload(path: string): Promise<Upload>;
  products(filter?: { job_id?: string; kind?: string; limit?: number }): Promise<readonly Product[]>;
  product(id: string): Promise<Product>;
  /** Streams a product into a folder, checks its SHA-256 and returns the path. @throws Error when it differs */
  download(product: Product, folder: string): Promise<string>;
}

/** Gets a token for a user name and password (OAuth2 password grant). */
export function login(transport: Transport, username: string, password: string): Promise<Token> {
  return transport.json<Token>('/auth/token', { method: 'POST', form: { username, password } });
}

/** Trades a refresh token, which works once, for new tokens. */
export function refresh(transport: Transport, refreshToken: string): Promise<Token> {
  return transport.json<Token>('/auth/refresh', { method: 'POST', json: { refresh_token: refreshToken } });
}

export function createGravityClient(options: TransportOptions): GravityClient {
  const transport = createTransport(options);
  const { json } = transport;

  /** The key makes the request safe to repeat: the server answers a second one with the first one's job. */
  const start = (operation: string, body: unknown): Promise<Job> =>
    json<Job>(`/ops/${operation}`, {
      method: 'POST',
      json: body,
      headers: { 'idempotency-key': randomUUID() },
      repeatable: true,
    });

  return {
    transport,
    register: (user) => json<User>('/auth/register', { method: 'POST', json: user }),
    me: () => json<User>('/auth/me'),
    plan: (request) => start('plan', request),
    ingest: (request) => start('ingest', request),
    process: (request) => start('process', request),
    catalog: (request) => start('catalog', request),
    job: (id) => json<Job>(`/ops/jobs/${encodeURIComponent(id)}`),
    jobs: async (filter = {}) => (await json<{ jobs: Job[] }>('/ops/jobs', { query: filter })).jobs,
    cancel: (id) => json<Job>(`/ops/jobs/${encodeURIComponent(id)}`, { method: 'DELETE' }),
    upload: (path) => upload(transport, path),
    products: async (filter = {}) => (await json<{ items: Product[] }>('/products', { query: filter })).items,
    product: (id) => json<Product>(`/products/${encodeURIComponent(id)}`),
    download: (product, folder) => download(transport, product, folder),
  };
}

async function upload(transport: Transport, path: string): Promise<Upload> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const request: RequestOptions = {
      method: 'POST',
      body: Readable.toWeb(file.createReadStream({ autoClose: false })) as ReadableStream<Uint8Array>,
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
      query: { name: basename(path) },
      timeoutSeconds: 0,
    };
    return await transport.json<Upload>('/ops/uploads', request);
  } finally {
    await file.close();
  }
}

async function download(transport: Transport, product: Product, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  // the name comes from the server: never let it leave the folder
  const path = join(folder, basename(product.file_name));
  const response = await transport.send(`/products/${encodeURIComponent(product.id)}/content`, {
    headers: { accept: '*/*' },
  });
  if (!response.body) throw new Error(`${product.file_name}: the answer has no content`);
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk: Uint8Array, _encoding, callback) {
      hash.update(chunk);
      callback(null, chunk);
    },
  });
  await pipeline(Readable.fromWeb(response.body as never), hashing, createWriteStream(`${path}.part`));
  const sha256 = hash.digest('hex');
  if (sha256 !== product.sha256) {
    throw new Error(`${product.file_name}: SHA-256 is ${sha256}, the catalogue says ${product.sha256}`);
  }
  await rename(`${path}.part`, path);
  return path;
}
