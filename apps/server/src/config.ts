import type { KeyRing } from './auth/key-ring.js';
import type { Role } from './db/schema.js';

/** Connection to an S3-compatible object store. */
export interface S3Settings {
  /** With scheme, e.g. http://minio:9000 */
  readonly endpoint: string;
  /** Address under which browsers and clients reach the same store, for presigned links. */
  readonly publicEndpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
  /** Put before the four bucket names, e.g. "gravity-": several installations in one store. */
  readonly bucketPrefix: string;
  readonly serverSideEncryption?: 'AES256' | 'aws:kms';
  /** Key of the key service, with 'aws:kms'. */
  readonly kmsKeyId?: string;
  /** Further buckets of the store that `s3://` data sources may name. */
  readonly sourceBuckets: readonly string[];
  /** How long calls go on trying while the store does not answer; default 120. */
  readonly retrySeconds?: number;
}

/** Types of jobs and, apart from them, the arcs of process jobs. */
export type QueueName = 'plan' | 'ingest' | 'process' | 'catalog' | 'arcs';

/** What a user may have at once; null: any number. */
export interface QuotaLimits {
  readonly pendingJobs: number | null;
  readonly runningJobs: number | null;
  /** Bytes of ingested files and products. */
  readonly storageBytes: number | null;
}

/** Settings read once at start. Missing services choose the embedded default. */
export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  /** Folder of the embedded database, object store and secrets. */
  readonly dataDir: string;
  readonly production: boolean;
  readonly jwtSecret: Uint8Array;
  /** Replaced secrets whose tokens and links still count. */
  readonly jwtPreviousSecrets?: readonly Uint8Array[];
  /** Folder of the secrets, when they may be rotated while the server runs. */
  readonly jwtSecretFolder?: string;
  /** Seal secrets of users and key the audit chain: the first one writes, all of them read. None: nothing is sealed. */
  readonly encryptionKeys: KeyRing;
  readonly corsOrigins: readonly string[];
  /** Public address for links, e.g. http://127.0.0.1:8000 */
  readonly baseUrl: string;
  /**
   * Whose X-Forwarded-For is believed: true for anyone's, the number of proxies in front, or their addresses.
   * Without it the address of the connection counts.
   */
  readonly trustProxy?: boolean | number | readonly string[];
  /** Folders from which `file:` data sources may be read. */
  readonly fileSources: readonly string[];
  readonly bodyLimitBytes: number;
  readonly uploadLimitBytes: number;
  /** Requests of one address. */
  readonly rateLimitPerMinute: number;
  /** Requests of one user, from whatever addresses. */
  readonly userRateLimitPerMinute: number;
  /** closed: users are made by admins only (`gravity admin create`). */
  readonly registration: 'open' | 'closed';
  /** Role of whoever registers while there is no user. */
  readonly firstUserRole: Role;
  /** Role of whoever registers later. */
  readonly newUserRole: Role;
  /** Failed logins in a row, from whatever addresses, that lock a name. */
  readonly lockoutFailures: number;
  readonly lockoutMinutes: number;
  /** Above this, and above that delay of the event loop, requests are answered with 503. */
  readonly maxRequestsInFlight: number;
  readonly maxEventLoopDelayMilliseconds: number;
  /** Time for the body of a request that is no upload. */
  readonly bodyTimeoutSeconds: number;
  /** Hosts, addresses and networks that are not public and that webhooks and data sources may reach all the same. */
  readonly outboundAllow: readonly string[];
  /** Jobs run at once in this process. */
  readonly jobConcurrency: number;
  /** Arcs of process jobs computed at once in this process, each with `threads`. */
  readonly arcConcurrency: number;
  /** Memory that one process job may take; a request that needs more is refused before it starts. */
  readonly memoryLimitBytes: number;
  /** Least time between two checkpoints of the arcs of a process job; 0: after every arc. */
  readonly checkpointSeconds: number;
  readonly leaseSeconds: number;
  readonly bcryptCost: number;
  readonly logLevel: string;
  /** Threads of the numerical core. */
  readonly threads: number;
  readonly linearAlgebraBackend: 'auto' | 'openblas' | 'wasm';
  /** PostgreSQL server; without it the embedded database. */
  readonly databaseUrl?: string;
  /** A streaming replica that answers reads which may lag. */
  readonly databaseReplicaUrl?: string;
  readonly databasePoolSize: number;
  readonly statementTimeoutSeconds: number;
  /** Statements that take longer are logged. */
  readonly slowQueryMilliseconds: number;
  /** Redis for queues, notifications and shared limits; needs databaseUrl. */
  readonly redisUrl?: string;
  /** First part of every key in Redis. */
  readonly redisPrefix: string;
  /** At most `max` jobs of a queue are started within `seconds`, by all workers together. */
  readonly queueLimits?: Readonly<
    Partial<Record<QueueName, { readonly max: number; readonly seconds: number }>>
  >;
  /** By role; an admin may allow single users other numbers. */
  readonly quotas: Readonly<Record<'viewer' | 'operator' | 'admin', QuotaLimits>>;
  /** S3 / MinIO; without it the folder `dataDir`/objects. */
  readonly s3?: S3Settings;
  /** Queues this process works on; none: it only serves HTTP. */
  readonly queues: readonly QueueName[];
  /** Port of the task monitor (Bull Board), with redisUrl only; undefined: not served. */
  readonly monitorPort?: number;
}
