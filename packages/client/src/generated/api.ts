// Generated from openapi.json by `npm run generate:client`; not to be edited.
import type { Bytes, CallOptions, OperationTable } from '../call.js';
import type {
  ApiKeyList,
  ApiKeyRequest,
  AuditList,
  CatalogRequest,
  Coverage,
  Health,
  IngestRequest,
  IngestedFile,
  IngestedFileList,
  Job,
  JobEventList,
  JobList,
  JobLogList,
  Live,
  NewApiKey,
  ObservationList,
  PlanRequest,
  PresignedUrl,
  ProcessRequest,
  Product,
  ProductList,
  Provenance,
  Ready,
  RefreshRequest,
  RegisterRequest,
  StoredObject,
  Token,
  TokenRequest,
  Upload,
  UploadLink,
  UploadLinkRequest,
  User,
  UserList,
  UserPatchRequest,
} from './types.js';

/** Version of the document this was generated from. */
export const apiVersion = '0.1.0';

/** One method per operation of the API. */
export interface Api {
  /**
   * Cancel a job
   * A waiting job is cancelled at once; a running one is told to stop and ends within seconds. A finished job gives 409.
   */
  cancelJob(input: {
    readonly path: {
      readonly job_id: string;
    };
  }, options?: CallOptions): Promise<Job>;

  /**
   * Create an API key
   * The answer is the only place where the key is shown.
   */
  createApiKey(input: {
    readonly body: ApiKeyRequest;
  }, options?: CallOptions): Promise<NewApiKey>;

  /**
   * Catalogue products
   * Adds metadata and a STAC item to products; publishes and archives them when asked to.
   */
  createCatalog(input: {
    readonly headers?: {
      /** Sending the same request again with the same key gives the same job. */
      readonly 'idempotency-key'?: string;
    };
    readonly body: CatalogRequest;
  }, options?: CallOptions): Promise<Job>;

  /**
   * Ingest data
   * Reads Level-1B files or tables, checks them and stores their records.
   */
  createIngest(input: {
    readonly headers?: {
      /** Sending the same request again with the same key gives the same job. */
      readonly 'idempotency-key'?: string;
    };
    readonly body: IngestRequest;
  }, options?: CallOptions): Promise<Job>;

  /**
   * Plan a processing run
   * Finds the data available for an interval and lays out arcs and products.
   */
  createPlan(input: {
    readonly headers?: {
      /** Sending the same request again with the same key gives the same job. */
      readonly 'idempotency-key'?: string;
    };
    readonly body: PlanRequest;
  }, options?: CallOptions): Promise<Job>;

  /**
   * Compute a gravity field
   * Without plan_id, interval and satellites, your latest completed plan is used.
   */
  createProcess(input: {
    readonly headers?: {
      /** Sending the same request again with the same key gives the same job. */
      readonly 'idempotency-key'?: string;
    };
    readonly body: ProcessRequest;
  }, options?: CallOptions): Promise<Job>;

  /**
   * Upload a file, or ask for a link to send it by
   * As multipart/form-data with one file, or as the bare body with `?name=`. Give data_source of the answer to POST /ops/ingest. `?sha256=` is checked when given. With `application/json` {file_name, bytes, sha256?} and no `?name=` the answer is a signed link: send the bytes with the `method` and `headers` given to `url` before `expires_at`.
   */
  createUpload(input: {
    readonly query?: {
      readonly name?: string;
      /** 64 hex digits */
      readonly sha256?: string;
    };
    readonly body: Bytes | FormData | UploadLinkRequest;
  }, options?: CallOptions): Promise<Upload | UploadLink>;

  /**
   * Records per hour or day, satellite and product
   * Without an interval: the last 31 days there are data for.
   */
  getCoverage(input?: {
    readonly query?: {
      readonly start_time?: string;
      readonly end_time?: string;
      readonly bucket?: 'hour' | 'day';
      readonly satellite?: string;
      readonly product?: string;
    };
  }, options?: CallOptions): Promise<Coverage>;

  /** The user of this token or API key */
  getCurrentUser(input?: Readonly<Record<string, never>>, options?: CallOptions): Promise<User>;

  /** One ingested file */
  getFile(input: {
    readonly path: {
      readonly file_id: string;
    };
  }, options?: CallOptions): Promise<IngestedFile>;

  /**
   * How this server and its parts are
   * 200 as long as requests can be served, `degraded` when a part of less weight is missing; 503 with the same body when the database is down or the only job runner stands still. Runner `external`: jobs run elsewhere.
   */
  getHealth(input?: Readonly<Record<string, never>>, options?: CallOptions): Promise<Health>;

  /** One job */
  getJob(input: {
    readonly path: {
      readonly job_id: string;
    };
  }, options?: CallOptions): Promise<Job>;

  /** Limits, supported values and the queue */
  getLimits(input?: Readonly<Record<string, never>>, options?: CallOptions): Promise<Readonly<Record<string, unknown>>>;

  /**
   * Whether this process answers at all
   * Looks at nothing else: a process must not be restarted because its database is away.
   */
  getLiveness(input?: Readonly<Record<string, never>>, options?: CallOptions): Promise<Live>;

  /** Metrics for Prometheus */
  getMetrics(input?: Readonly<Record<string, never>>, options?: CallOptions): Promise<Response>;

  /** Download by a signed link */
  getObject(input: {
    readonly path: {
      readonly bucket: string;
      readonly key: string;
    };
    readonly query?: {
      readonly expires?: string;
      readonly method?: string;
      readonly signature?: string;
      /** Size the link was made for. */
      readonly bytes?: string;
      /** SHA-256 the link was made for. */
      readonly sha256?: string;
    };
  }, options?: CallOptions): Promise<Response>;

  /** One product */
  getProduct(input: {
    readonly path: {
      readonly product_id: string;
    };
  }, options?: CallOptions): Promise<Product>;

  /**
   * The file of a product
   * Supports Range and If-None-Match; the SHA-256 is in X-Checksum-SHA256 and Repr-Digest.
   */
  getProductContent(input: {
    readonly path: {
      readonly product_id: string;
    };
  }, options?: CallOptions): Promise<Response>;

  /** How a product came to be */
  getProductProvenance(input: {
    readonly path: {
      readonly product_id: string;
    };
  }, options?: CallOptions): Promise<Provenance>;

  /** The STAC item of a catalogued product */
  getProductStac(input: {
    readonly path: {
      readonly product_id: string;
    };
  }, options?: CallOptions): Promise<Readonly<Record<string, unknown>>>;

  /** A link to the file that needs no token */
  getProductUrl(input: {
    readonly path: {
      readonly product_id: string;
    };
    readonly query?: {
      readonly expires?: number;
    };
  }, options?: CallOptions): Promise<PresignedUrl>;

  /**
   * Whether requests should be sent to this process
   * 503 while it starts or stops, and while its database does not answer.
   */
  getReadiness(input?: Readonly<Record<string, never>>, options?: CallOptions): Promise<Ready>;

  /** Your API keys */
  listApiKeys(input?: Readonly<Record<string, never>>, options?: CallOptions): Promise<ApiKeyList>;

  /**
   * Audit trail, newest first
   * An admin sees every row, others see their own.
   */
  listAudit(input?: {
    readonly query?: {
      readonly user_id?: string;
      readonly action?: string;
      readonly status?: number;
      readonly start_time?: string;
      readonly end_time?: string;
      /** next_cursor of the page before. */
      readonly cursor?: string;
      readonly limit?: number;
    };
  }, options?: CallOptions): Promise<AuditList>;

  /** Ingested files and their quality, newest first */
  listFiles(input?: {
    readonly query?: {
      readonly product?: string;
      readonly satellite?: string;
      readonly job_id?: string;
      /** next_cursor of the page before. */
      readonly cursor?: string;
      readonly limit?: number;
    };
  }, options?: CallOptions): Promise<IngestedFileList>;

  /**
   * Events of a job, as a page or as a stream
   * With `Accept: text/event-stream`: server-sent events until the job ends (last event `end`); `Last-Event-ID` resumes. Otherwise a JSON page after `after`. 204 when the job has ended and nothing is left to send.
   */
  listJobEvents(input: {
    readonly path: {
      readonly job_id: string;
    };
    readonly query?: {
      /** an event id */
      readonly after?: string;
      readonly limit?: number;
    };
    readonly headers?: {
      readonly 'last-event-id'?: string;
    };
  }, options?: CallOptions): Promise<JobEventList>;

  /** Log of a job, also while it runs */
  listJobLogs(input: {
    readonly path: {
      readonly job_id: string;
    };
    readonly query?: {
      /** an event id */
      readonly after?: string;
      readonly limit?: number;
      /** This level and above. */
      readonly level?: 'debug' | 'info' | 'warning' | 'error';
    };
  }, options?: CallOptions): Promise<JobLogList>;

  /**
   * Your jobs, newest first
   * An admin sees the jobs of all users.
   */
  listJobs(input?: {
    readonly query?: {
      readonly status?: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
      readonly type?: 'plan' | 'ingest' | 'process' | 'catalog';
      readonly skip?: number;
      readonly limit?: number;
    };
  }, options?: CallOptions): Promise<JobList>;

  /** Records of one satellite or pair and one product, in time order */
  listObservations(input: {
    readonly query: {
      /** Name, or pair such as GRACE-C/GRACE-D. */
      readonly satellite: string;
      /** GNV1B, ACT1B, KBR1B, … */
      readonly product: string;
      readonly start_time?: string;
      readonly end_time?: string;
      /** next_cursor of the page before. */
      readonly cursor?: string;
      readonly limit?: number;
    };
  }, options?: CallOptions): Promise<ObservationList>;

  /**
   * Products, newest first
   * Published ones and your own drafts; an admin sees all.
   */
  listProducts(input?: {
    readonly query?: {
      readonly kind?: string;
      readonly status?: 'draft' | 'published';
      readonly satellite?: string;
      readonly degree_max?: number;
      readonly job_id?: string;
      /** next_cursor of the page before. */
      readonly cursor?: string;
      readonly limit?: number;
    };
  }, options?: CallOptions): Promise<ProductList>;

  /** All users */
  listUsers(input?: Readonly<Record<string, never>>, options?: CallOptions): Promise<UserList>;

  /**
   * Log in
   * Form-encoded OAuth2 password grant; JSON is accepted too. The access token is valid for 30 minutes.
   */
  login(input: {
    readonly body: TokenRequest;
  }, options?: CallOptions): Promise<Token>;

  /**
   * End this login
   * Revokes the access token used and every token of the same login.
   */
  logout(input?: Readonly<Record<string, never>>, options?: CallOptions): Promise<void>;

  /** Upload by a signed link */
  putObject(input: {
    readonly path: {
      readonly bucket: string;
      readonly key: string;
    };
    readonly query?: {
      readonly expires?: string;
      readonly method?: string;
      readonly signature?: string;
      /** Size the link was made for. */
      readonly bytes?: string;
      /** SHA-256 the link was made for. */
      readonly sha256?: string;
    };
    readonly body: Bytes;
  }, options?: CallOptions): Promise<StoredObject>;

  /**
   * Exchange a refresh token
   * A refresh token works once. A second use ends the login it belongs to.
   */
  refreshToken(input: {
    readonly body: RefreshRequest;
  }, options?: CallOptions): Promise<Token>;

  /**
   * Register a user
   * The first registered user becomes admin, all later ones operator.
   */
  registerUser(input: {
    readonly body: RegisterRequest;
  }, options?: CallOptions): Promise<User>;

  /** Revoke an API key */
  revokeApiKey(input: {
    readonly path: {
      readonly key_id: string;
    };
  }, options?: CallOptions): Promise<void>;

  /** Change role or access of a user */
  updateUser(input: {
    readonly path: {
      readonly user_id: string;
    };
    readonly body: UserPatchRequest;
  }, options?: CallOptions): Promise<User>;
}

export const operations = {
  cancelJob: { method: 'DELETE', path: '/ops/jobs/{job_id}', answer: 'json' },
  createApiKey: { method: 'POST', path: '/auth/api-keys', answer: 'json', body: 'json' },
  createCatalog: { method: 'POST', path: '/ops/catalog', answer: 'json', body: 'json', idempotencyKey: true },
  createIngest: { method: 'POST', path: '/ops/ingest', answer: 'json', body: 'json', idempotencyKey: true },
  createPlan: { method: 'POST', path: '/ops/plan', answer: 'json', body: 'json', idempotencyKey: true },
  createProcess: { method: 'POST', path: '/ops/process', answer: 'json', body: 'json', idempotencyKey: true },
  createUpload: { method: 'POST', path: '/ops/uploads', answer: 'json', body: 'bytes' },
  getCoverage: { method: 'GET', path: '/observations/coverage', answer: 'json' },
  getCurrentUser: { method: 'GET', path: '/auth/me', answer: 'json' },
  getFile: { method: 'GET', path: '/files/{file_id}', answer: 'json' },
  getHealth: { method: 'GET', path: '/health', answer: 'json', open: true },
  getJob: { method: 'GET', path: '/ops/jobs/{job_id}', answer: 'json' },
  getLimits: { method: 'GET', path: '/limits', answer: 'json' },
  getLiveness: { method: 'GET', path: '/health/live', answer: 'json', open: true },
  getMetrics: { method: 'GET', path: '/metrics', answer: 'response', open: true },
  getObject: { method: 'GET', path: '/objects/{bucket}/{key}', answer: 'response', open: true },
  getProduct: { method: 'GET', path: '/products/{product_id}', answer: 'json' },
  getProductContent: { method: 'GET', path: '/products/{product_id}/content', answer: 'response' },
  getProductProvenance: { method: 'GET', path: '/products/{product_id}/provenance', answer: 'json' },
  getProductStac: { method: 'GET', path: '/products/{product_id}/stac', answer: 'json' },
  getProductUrl: { method: 'GET', path: '/products/{product_id}/url', answer: 'json' },
  getReadiness: { method: 'GET', path: '/health/ready', answer: 'json', open: true },
  listApiKeys: { method: 'GET', path: '/auth/api-keys', answer: 'json' },
  listAudit: { method: 'GET', path: '/audit', answer: 'json' },
  listFiles: { method: 'GET', path: '/files', answer: 'json' },
  listJobEvents: { method: 'GET', path: '/ops/jobs/{job_id}/events', answer: 'json' },
  listJobLogs: { method: 'GET', path: '/ops/jobs/{job_id}/logs', answer: 'json' },
  listJobs: { method: 'GET', path: '/ops/jobs', answer: 'json' },
  listObservations: { method: 'GET', path: '/observations', answer: 'json' },
  listProducts: { method: 'GET', path: '/products', answer: 'json' },
  listUsers: { method: 'GET', path: '/users', answer: 'json' },
  login: { method: 'POST', path: '/auth/token', answer: 'json', body: 'form', open: true },
  logout: { method: 'POST', path: '/auth/logout', answer: 'none' },
  putObject: { method: 'PUT', path: '/objects/{bucket}/{key}', answer: 'json', body: 'bytes', open: true },
  refreshToken: { method: 'POST', path: '/auth/refresh', answer: 'json', body: 'json', open: true },
  registerUser: { method: 'POST', path: '/auth/register', answer: 'json', body: 'json', open: true },
  revokeApiKey: { method: 'DELETE', path: '/auth/api-keys/{key_id}', answer: 'none' },
  updateUser: { method: 'PATCH', path: '/users/{user_id}', answer: 'json', body: 'json' },
} as const satisfies OperationTable;
