import type { ServerConfig } from '../config.js';
import type { SlowQuery } from './query-meter.js';

export type DatabaseConfig = Pick<ServerConfig, 'dataDir'> &
  Partial<
    Pick<
      ServerConfig,
      | 'databaseUrl'
      | 'databaseReplicaUrl'
      | 'databasePoolSize'
      | 'statementTimeoutSeconds'
      | 'slowQueryMilliseconds'
      | 'encryptionKeys'
    >
  >;

export interface DatabaseOptions {
  /** Longest wait for a session or connection. */
  readonly acquireTimeoutMs?: number;
  /** A transaction that sends nothing for so long is rolled back. */
  readonly idleTimeoutMs?: number;
  /** Default: config.statementTimeoutSeconds, else 15 minutes. */
  readonly statementTimeoutMs?: number;
  /** How long opening waits for a server that is not up yet. */
  readonly connectTimeoutMs?: number;
  /** A replica further behind than this is not read. */
  readonly replicaLagSeconds?: number;
  /** Time between two looks at the replica. */
  readonly replicaCheckMs?: number;
  /** Told about lost connections, a reopened session and failed maintenance. */
  readonly onWarning?: (message: string, error: unknown) => void;
  /** Told about statements over config.slowQueryMilliseconds. */
  readonly onSlowQuery?: (query: SlowQuery) => void;
}
