import { Type } from 'typebox';
import {
  createDataSource,
  type DataSourceRecord,
  deleteDataSource,
  listDataSources,
  maxDataSourcesPerUser,
} from '../../data-sources/store.js';
import { assertPublicHttpTarget, ForbiddenTargetError } from '../../net/public-target.js';
import { type Api, type AppContext, principalOf } from '../context.js';
import { HttpError, invalidField, notFound } from '../errors.js';
import { iso, strict, Timestamp, Uuid } from '../schemas/common.js';

const tags = ['data-sources'];
const bucketPattern = '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$';
/** The buckets of this server itself keep their meaning. */
const reserved = ['raw-data', 'processed-data', 'products', 'temp'];

const Body = Type.Object(
  {
    name: Type.String({ pattern: bucketPattern, description: 'Then `s3://name/prefix/` reads from it.' }),
    endpoint: Type.String({ minLength: 8, maxLength: 255, description: 'https://host or https://host:port' }),
    bucket: Type.String({ pattern: bucketPattern }),
    region: Type.Optional(Type.String({ pattern: '^[a-z0-9-]{1,40}$', default: 'us-east-1' })),
    access_key: Type.String({ minLength: 1, maxLength: 256, pattern: '^[\\x21-\\x7e]+$' }),
    secret_key: Type.String({ minLength: 1, maxLength: 1024, pattern: '^[\\x21-\\x7e]+$' }),
  },
  {
    ...strict,
    title: 'DataSourceRequest',
    examples: [
      {
        name: 'my-archive',
        endpoint: 'https://s3.example.org',
        bucket: 'grace-l1b',
        region: 'us-east-1',
        access_key: 'AKIAIOSFODNN7EXAMPLE',
        secret_key: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      },
    ],
  },
);

const DataSourceSchema = Type.Object(
  {
    id: Uuid,
    name: Type.String(),
    endpoint: Type.String(),
    bucket: Type.String(),
    region: Type.String(),
    data_source: Type.String({ description: 'For POST /ops/ingest; a prefix may follow.' }),
    created_at: Timestamp,
  },
  { title: 'DataSource' },
);

function present({ id, name, endpoint, bucket, region, created_at }: DataSourceRecord) {
  return { id, name, endpoint, bucket, region, data_source: `s3://${name}/`, created_at: iso(created_at) };
}

/** Object stores of the caller's own. Their keys go in and never come out again. */
export function dataSourceRoutes(api: Api, { config, db, secrets, outbound }: AppContext): void {
  api.post(
    '/data-sources',
    {
      schema: {
        operationId: 'createDataSource',
        tags,
        summary: 'Name an S3 store of your own to ingest from',
        description:
          'The keys are kept encrypted and are not shown again. The endpoint has to be in the public internet, or allowed by the configuration of the server.',
        body: Body,
        response: { 201: DataSourceSchema },
      },
    },
    async (request, reply) => {
      const { name, endpoint, bucket, region = 'us-east-1', access_key, secret_key } = request.body;
      if (reserved.includes(name) || config.s3?.sourceBuckets.includes(name)) {
        throw invalidField('name', 'is the name of a bucket of this server');
      }
      const { url } = await assertPublicHttpTarget(endpoint, outbound).catch((error: Error) => {
        throw error instanceof ForbiddenTargetError ? invalidField('endpoint', error.message) : error;
      });
      if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
        throw invalidField('endpoint', 'must be scheme, host and port only');
      }
      const created = await createDataSource(db, secrets, principalOf(request).id, {
        name,
        endpoint: url.origin,
        bucket,
        region,
        accessKey: access_key,
        secretKey: secret_key,
      });
      if (created === 'taken') {
        throw new HttpError(409, 'You have a data source of this name', [
          { field: 'name', message: 'is taken' },
        ]);
      }
      if (created === 'full') {
        throw new HttpError(409, `There are ${maxDataSourcesPerUser} data sources already; delete one first`);
      }
      return reply.code(201).header('location', '/data-sources').send(present(created));
    },
  );

  api.get(
    '/data-sources',
    {
      schema: {
        operationId: 'listDataSources',
        tags,
        summary: 'Your data sources',
        response: { 200: Type.Object({ items: Type.Array(DataSourceSchema) }, { title: 'DataSourceList' }) },
      },
    },
    async (request) => ({ items: (await listDataSources(db, principalOf(request).id)).map(present) }),
  );

  api.delete(
    '/data-sources/:data_source_id',
    {
      schema: {
        operationId: 'deleteDataSource',
        tags,
        summary: 'Forget a data source and its keys',
        params: Type.Object({ data_source_id: Uuid }),
        response: { 204: Type.Null({ description: 'Deleted.' }) },
      },
    },
    async (request, reply) => {
      const removed = await deleteDataSource(db, principalOf(request).id, request.params.data_source_id);
      if (!removed) throw notFound('Data source');
      return reply.code(204).send(null);
    },
  );
}
