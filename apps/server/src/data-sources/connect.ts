import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { ServerConfig } from '../config.js';
import { assertPublicHttpTarget, createOutboundPolicy, guardedLookup } from '../net/public-target.js';
import type { SourceBuckets } from '../storage/object-store.js';
import { connectS3 } from '../storage/s3/connection.js';
import { createSourceBuckets } from '../storage/s3/source-buckets.js';
import type { OpenedDataSource } from './store.js';

const RETRY_SECONDS = 30;
const MAX_SOCKETS = 8;

export interface ConnectedSource {
  readonly bucket: string;
  readonly buckets: SourceBuckets;
  close(): void;
}

/**
 * Connects to the store of a data source. Its address is checked now and at every connection, which goes to the address
 * checked.
 *
 * @throws ForbiddenTargetError
 */
export async function connectDataSource(
  source: OpenedDataSource,
  config: Pick<ServerConfig, 'outboundAllow'>,
  signal?: AbortSignal,
): Promise<ConnectedSource> {
  const policy = createOutboundPolicy(config.outboundAllow);
  const { url } = await assertPublicHttpTarget(source.endpoint, policy);
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  const pool = { keepAlive: true, maxSockets: MAX_SOCKETS, lookup: guardedLookup(port, policy) };
  const agents = { httpAgent: new HttpAgent(pool), httpsAgent: new HttpsAgent(pool) };
  const { endpoint, accessKey, secretKey, region, bucket } = source;
  const connection = connectS3(
    {
      endpoint,
      publicEndpoint: endpoint,
      accessKey,
      secretKey,
      region,
      bucketPrefix: '',
      sourceBuckets: [bucket],
    },
    agents,
  );
  const patience = { endpoint, seconds: RETRY_SECONDS, ...(signal !== undefined && { signal }) };
  return {
    bucket,
    buckets: createSourceBuckets(connection, patience),
    close() {
      connection.close();
      agents.httpAgent.destroy();
      agents.httpsAgent.destroy();
    },
  };
}
