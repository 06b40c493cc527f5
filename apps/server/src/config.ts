/** Settings read once at start. Missing services choose the embedded default. */
export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  /** Folder of the embedded database, object store and secrets. */
  readonly dataDir: string;
  readonly production: boolean;
  readonly jwtSecret: Uint8Array;
  readonly corsOrigins: readonly string[];
  /** Public address for links, e.g. http://127.0.0.1:8000 */
  readonly baseUrl: string;
  /** Folders from which `file:` data sources may be read. */
  readonly fileSources: readonly string[];
  readonly bodyLimitBytes: number;
  readonly uploadLimitBytes: number;
  readonly rateLimitPerMinute: number;
  /** Jobs run at once in this process. */
  readonly jobConcurrency: number;
  readonly leaseSeconds: number;
  readonly bcryptCost: number;
  readonly logLevel: string;
  /** Threads of the numerical core. */
  readonly threads: number;
  readonly linearAlgebraBackend: 'auto' | 'openblas' | 'wasm';
  readonly databaseUrl?: string;
  readonly redisUrl?: string;
  readonly minioEndpoint?: string;
}
