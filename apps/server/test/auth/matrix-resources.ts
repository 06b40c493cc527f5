import { randomUUID } from 'node:crypto';
import type { Harness } from '../http-harness.js';
import { manual, password, sha256 } from '../http-harness.js';

/** Whose thing it is, and whether it is one that was published. */
export interface Owner {
  readonly userId: string;
  readonly published?: boolean;
}

type Factory = (harness: Harness, owner: Owner, operationId: string) => Promise<string>;

const content = 'a product';
const objectKey = `matrix/${sha256(content)}`;

async function addJob({ db }: Harness, { userId }: Owner, operationId: string): Promise<string> {
  const id = randomUUID();
  const done = operationId === 'retryJob';
  await db.kysely
    .insertInto('processing_jobs')
    .values({
      id,
      user_id: userId,
      type: operationId === 'reproduceProduct' ? 'process' : 'plan',
      status: done ? 'failed' : 'pending',
      parameters: JSON.stringify(manual.plan),
      updated_at: new Date(),
      ...(done && { completed_at: new Date() }),
    })
    .execute();
  return id;
}

async function addProduct(harness: Harness, owner: Owner, operationId = ''): Promise<string> {
  const id = randomUUID();
  const jobId = await addJob(harness, owner, operationId);
  await harness.objects.put('products', objectKey, Buffer.from(content));
  await harness.db.kysely
    .insertInto('gravity_products')
    .values({
      id,
      job_id: jobId,
      user_id: owner.userId,
      kind: 'coefficients',
      file_name: 'a.gfc',
      media_type: 'text/plain',
      object_key: objectKey,
      bytes: content.length,
      sha256: sha256(content),
      recipe_hash: sha256('recipe'),
      satellites: ['GRACE-C'],
      status: owner.published ? 'published' : 'draft',
      metadata: '{}',
      quality: '{}',
      stac: '{"type":"Feature"}',
    })
    .execute();
  return id;
}

/** One thing of an owner for every path parameter there is. A route with another parameter needs a line here. */
export const resources: Readonly<Record<string, Factory>> = {
  job_id: addJob,
  product_id: addProduct,
  async key_id({ db }, { userId }) {
    const id = randomUUID();
    await db.kysely
      .insertInto('api_keys')
      .values({
        id,
        user_id: userId,
        name: 'k',
        prefix: '000000000000',
        key_hash: sha256(id),
        scopes: ['read'],
      })
      .execute();
    return id;
  },
  async data_source_id({ db }, { userId }) {
    const id = randomUUID();
    const sealed = { access_key_sealed: 'v1.x', secret_key_sealed: 'v1.x' };
    const source = {
      name: `s-${id.slice(0, 8)}`,
      endpoint: 'https://s3.example.org',
      region: 'r',
      bucket: 'abc',
    };
    await db.kysely
      .insertInto('data_sources')
      .values({ id, user_id: userId, ...source, ...sealed })
      .execute();
    return id;
  },
  async webhook_id({ db }, { userId }) {
    const id = randomUUID();
    await db.kysely
      .insertInto('webhooks')
      .values({ id, user_id: userId, url: 'https://8.8.8.8/', events: ['job.failed'], sealed_secret: 'v1.x' })
      .execute();
    return id;
  },
  async user_id({ db }) {
    const id = randomUUID();
    const user = {
      id,
      username: id,
      email: `${id}@example.org`,
      password_hash: 'x',
      role: 'viewer' as const,
    };
    await db.kysely.insertInto('users').values(user).execute();
    return id;
  },
  async file_id({ db }, { userId }) {
    const id = randomUUID();
    await db.kysely
      .insertInto('ingested_files')
      .values({
        id,
        sha256: sha256(id),
        file_name: 'f',
        product: 'GNV1B',
        satellite: 'GRACE-C',
        records: 0,
        bytes: 0,
        object_key: 'k',
        columns: '[]',
        quality: '{}',
        metadata: '{}',
        user_id: userId,
      })
      .execute();
    return id;
  },
  bucket: async () => 'temp',
  '*': async () => 'matrix/unsigned',
};

/** Bodies that name things of an owner, and what a body with somebody else's things is answered with. */
interface Sample {
  body(harness: Harness, owner: Owner): Promise<Record<string, unknown>>;
  /** Status when the things are foreign and the caller no admin; without it the body names nobody's things. */
  readonly foreign?: number;
}

const plain = (body: () => Record<string, unknown>): Sample => ({ body: async () => body() });
const name = () => `m${randomUUID().slice(0, 8)}`;

/** A body for every operation that takes one. */
export const samples: Readonly<Record<string, Sample>> = {
  registerUser: plain(() => {
    const username = name();
    return { username, email: `${username}@example.org`, password };
  }),
  login: plain(() => ({ username: 'viewer', password })),
  refreshToken: plain(() => ({ refresh_token: 'none' })),
  changePassword: plain(() => ({ current_password: password, new_password: `${password} ${name()}` })),
  createApiKey: plain(() => ({ name: 'k', scopes: ['read'], expires_in_days: 1 })),
  updateUser: plain(() => ({ role: 'viewer' })),
  setUserQuota: plain(() => ({ pending_jobs: 5 })),
  createWebhook: plain(() => ({ url: 'https://8.8.8.8/hook' })),
  updateWebhook: plain(() => ({ description: 'x' })),
  createDataSource: plain(() => ({
    name: name(),
    endpoint: 'https://8.8.8.8',
    bucket: 'archive',
    access_key: 'a',
    secret_key: 'b',
  })),
  createPlan: plain(() => ({ ...manual.plan })),
  createIngest: {
    async body(harness, { userId }) {
      const { createUploadId, uploadKey } = await import('@gravity/server');
      const id = createUploadId(userId);
      await harness.objects.put('temp', uploadKey(id, 'a.txt'), Buffer.from('x'));
      return { ...manual.ingest, data_source: `upload:${id}` };
    },
    foreign: 422,
  },
  createProcess: {
    async body(harness, owner) {
      const id = await addJob(harness, owner, '');
      await harness.db.kysely
        .updateTable('processing_jobs')
        .set({ status: 'running', worker_id: 'w', lease_until: new Date() })
        .where('id', '=', id)
        .execute();
      await harness.db.kysely
        .updateTable('processing_jobs')
        .set({ status: 'completed', completed_at: new Date() })
        .where('id', '=', id)
        .execute();
      return { ...manual.process, plan_id: id };
    },
    foreign: 422,
  },
  createUpload: plain(() => ({ file_name: 'a.txt', bytes: 1 })),
  // Products are looked for when the job runs: test/catalog shows that those of others are not found.
  createCatalog: {
    body: async (harness, owner) => ({ ...manual.catalog, product_ids: [await addProduct(harness, owner)] }),
  },
};

/** What has to stand in the address of an operation. */
export const queries: Readonly<Record<string, string>> = {
  // another product as well visible as the one in the path: itself
  compareProducts: '?with={id}',
  listObservations: '?satellite=GRACE-C&product=GNV1B',
};
