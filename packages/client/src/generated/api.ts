// Generated from openapi.json by `npm run generate:client`; not to be edited.
import type { Bytes, CallOptions, OperationTable } from '../call.js';
import type {
  ApiKeyList,
  ApiKeyRequest,
  AuditList,
  CatalogRequest,
  Coverage,
  CreatedWebhook,
  DataSource,
  DataSourceList,
  DataSourceRequest,
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
  PasswordRequest,
  PlanRequest,
  PresignedUrl,
  ProcessRequest,
  Product,
  ProductList,
  Provenance,
  Quota,
  QuotaRequest,
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
  Webhook,
  WebhookDelivery,
  WebhookDeliveryList,
  WebhookList,
  WebhookPatch,
  WebhookRequest,
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
   * Change your password
   * Ends every login of the user, this one too: the answer holds new tokens. API keys stay; revoke those you no longer trust.
   */
  changePassword(input: {
    readonly body: PasswordRequest;
  }, options?: CallOptions): Promise<Token>;

  /**
   * What two products differ in
   * Bytes, then what they were made from and with (inputs and models by SHA-256, parameters, software, linear algebra), then the numbers of fields and grids. `verdict`: identical, equivalent (1 µm of geoid height; 1e-6 of the largest value of a grid), different, incomparable.
   */
  compareProducts(input: {
    readonly path: {
      readonly product_id: string;
    };
    readonly query: {
      readonly with: string;
    };
  }, options?: CallOptions): Promise<Readonly<Record<string, unknown>>>;

  /**
   * Create an API key
   * The answer is the only place where the key is shown. A key does what its user may do and its scopes allow: `read`; `jobs` (plan, ingest, process, upload, cancel); `products` (catalogue and publish); `admin` (what only admins may do).
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
   * Name an S3 store of your own to ingest from
   * The keys are kept encrypted and are not shown again. The endpoint has to be in the public internet, or allowed by the configuration of the server.
   */
  createDataSource(input: {
    readonly body: DataSourceRequest;
  }, options?: CallOptions): Promise<DataSource>;

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
   * Be told when your jobs end
   * The address gets a POST signed as Standard Webhooks prescribes (webhook-id, webhook-timestamp, webhook-signature: HMAC-SHA256). The secret is in this answer only.
   */
  createWebhook(input: {
    readonly body: WebhookRequest;
  }, options?: CallOptions): Promise<CreatedWebhook>;

  /** Forget a data source and its keys */
  deleteDataSource(input: {
    readonly path: {
      readonly data_source_id: string;
    };
  }, options?: CallOptions): Promise<void>;

  /** Remove a webhook, with its log and what was still to be sent */
  deleteWebhook(input: {
    readonly path: {
      readonly webhook_id: string;
    };
  }, options?: CallOptions): Promise<void>;

  /** Audit trail as a file, with its chain, newest first */
  exportAudit(input?: {
    readonly query?: {
      readonly user_id?: string;
      readonly username?: string;
      readonly action?: string;
      readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
      /** The path begins with this. */
      readonly resource?: string;
      readonly ip?: string;
      readonly request_id?: string;
      readonly status?: number;
      /** 4 for 400 to 499. */
      readonly status_class?: number;
      readonly start_time?: string;
      readonly end_time?: string;
      readonly format?: 'csv' | 'ndjson';
    };
  }, options?: CallOptions): Promise<string>;

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

  /**
   * How a product came to be
   * From the raw files on: as JSON of this API, as W3C PROV-JSON (`format=prov-json` or `Accept: application/provenance+json`), or as a picture (`format=svg` or `Accept: image/svg+xml`).
   */
  getProductProvenance(input: {
    readonly path: {
      readonly product_id: string;
    };
    readonly query?: {
      /** Wins over Accept. */
      readonly format?: 'json' | 'prov-json' | 'svg';
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

  /** What a user may have, and has */
  getUserQuota(input: {
    readonly path: {
      readonly user_id: string;
    };
  }, options?: CallOptions): Promise<Quota>;

  /** One webhook */
  getWebhook(input: {
    readonly path: {
      readonly webhook_id: string;
    };
  }, options?: CallOptions): Promise<Webhook>;

  /** Your API keys */
  listApiKeys(input?: Readonly<Record<string, never>>, options?: CallOptions): Promise<ApiKeyList>;

  /**
   * Audit trail, newest first
   * An admin sees every row, others see their own.
   */
  listAudit(input?: {
    readonly query?: {
      readonly user_id?: string;
      readonly username?: string;
      readonly action?: string;
      readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
      /** The path begins with this. */
      readonly resource?: string;
      readonly ip?: string;
      readonly request_id?: string;
      readonly status?: number;
      /** 4 for 400 to 499. */
      readonly status_class?: number;
      readonly start_time?: string;
      readonly end_time?: string;
      /** next_cursor of the page before. */
      readonly cursor?: string;
      readonly limit?: number;
    };
  }, options?: CallOptions): Promise<AuditList>;

  /** Your data sources */
  listDataSources(input?: Readonly<Record<string, never>>, options?: CallOptions): Promise<DataSourceList>;

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

  /** Users */
  listUsers(input?: {
    readonly query?: {
      readonly role?: 'viewer' | 'operator' | 'admin';
      readonly disabled?: boolean;
      /** Part of name or address. */
      readonly search?: string;
      readonly sort?: 'created_at' | '-created_at' | 'username' | '-username';
      readonly skip?: number;
      readonly limit?: number;
    };
  }, options?: CallOptions): Promise<UserList>;

  /**
   * What was sent, newest first, and what came of it
   * The log of the last 30 days.
   */
  listWebhookDeliveries(input: {
    readonly path: {
      readonly webhook_id: string;
    };
    readonly query?: {
      /** next_cursor of the page before. */
      readonly cursor?: string;
      readonly limit?: number;
    };
  }, options?: CallOptions): Promise<WebhookDeliveryList>;

  /** Your webhooks, newest first */
  listWebhooks(input?: Readonly<Record<string, never>>, options?: CallOptions): Promise<WebhookList>;

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
   * In the embedded default the first registered user becomes admin, all later ones operator. 403 where the server makes accounts by its administrators only.
   */
  registerUser(input: {
    readonly body: RegisterRequest;
  }, options?: CallOptions): Promise<User>;

  /**
   * Compute a product again
   * Makes a job of yours with the parameters of the one that made the product, interval, satellites and arcs as they were then. When it is completed, compare the products of both (`GET /products/{product_id}/comparison?with=`).
   */
  reproduceProduct(input: {
    readonly path: {
      readonly product_id: string;
    };
    readonly headers?: {
      readonly 'idempotency-key'?: string;
    };
  }, options?: CallOptions): Promise<Job>;

  /**
   * Do a failed or cancelled job again
   * Makes a new job with the same parameters, priority, callback and dependencies (as retried, where they were); `retry_of` names the old one, which stays as it ended. 409 for other jobs, and for one that was retried already.
   */
  retryJob(input: {
    readonly path: {
      readonly job_id: string;
    };
  }, options?: CallOptions): Promise<Job>;

  /** Revoke an API key */
  revokeApiKey(input: {
    readonly path: {
      readonly key_id: string;
    };
  }, options?: CallOptions): Promise<void>;

  /** Allow a user other numbers than those of the role */
  setUserQuota(input: {
    readonly path: {
      readonly user_id: string;
    };
    readonly body: QuotaRequest;
  }, options?: CallOptions): Promise<Quota>;

  /**
   * Send a message of type webhook.test
   * What became of it is in the list of deliveries. 409 while the webhook is switched off.
   */
  testWebhook(input: {
    readonly path: {
      readonly webhook_id: string;
    };
  }, options?: CallOptions): Promise<WebhookDelivery>;

  /**
   * Change role or access of a user
   * `locked: false` takes the lock of too many failed logins away.
   */
  updateUser(input: {
    readonly path: {
      readonly user_id: string;
    };
    readonly body: UserPatchRequest;
  }, options?: CallOptions): Promise<User>;

  /** Change a webhook, or switch it on or off */
  updateWebhook(input: {
    readonly path: {
      readonly webhook_id: string;
    };
    readonly body: WebhookPatch;
  }, options?: CallOptions): Promise<Webhook>;
}

export const operations = {
  cancelJob: { method: 'DELETE', path: '/ops/jobs/{job_id}', answer: 'json' },
  changePassword: { method: 'POST', path: '/auth/password', answer: 'json', body: 'json' },
  compareProducts: { method: 'GET', path: '/products/{product_id}/comparison', answer: 'json' },
  createApiKey: { method: 'POST', path: '/auth/api-keys', answer: 'json', body: 'json' },
  createCatalog: { method: 'POST', path: '/ops/catalog', answer: 'json', body: 'json', idempotencyKey: true },
  createDataSource: { method: 'POST', path: '/data-sources', answer: 'json', body: 'json' },
  createIngest: { method: 'POST', path: '/ops/ingest', answer: 'json', body: 'json', idempotencyKey: true },
  createPlan: { method: 'POST', path: '/ops/plan', answer: 'json', body: 'json', idempotencyKey: true },
  createProcess: { method: 'POST', path: '/ops/process', answer: 'json', body: 'json', idempotencyKey: true },
  createUpload: { method: 'POST', path: '/ops/uploads', answer: 'json', body: 'bytes' },
  createWebhook: { method: 'POST', path: '/webhooks', answer: 'json', body: 'json' },
  deleteDataSource: { method: 'DELETE', path: '/data-sources/{data_source_id}', answer: 'none' },
  deleteWebhook: { method: 'DELETE', path: '/webhooks/{webhook_id}', answer: 'none' },
  exportAudit: { method: 'GET', path: '/audit/export', answer: 'json' },
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
  getUserQuota: { method: 'GET', path: '/users/{user_id}/quota', answer: 'json' },
  getWebhook: { method: 'GET', path: '/webhooks/{webhook_id}', answer: 'json' },
  listApiKeys: { method: 'GET', path: '/auth/api-keys', answer: 'json' },
  listAudit: { method: 'GET', path: '/audit', answer: 'json' },
  listDataSources: { method: 'GET', path: '/data-sources', answer: 'json' },
  listFiles: { method: 'GET', path: '/files', answer: 'json' },
  listJobEvents: { method: 'GET', path: '/ops/jobs/{job_id}/events', answer: 'json' },
  listJobLogs: { method: 'GET', path: '/ops/jobs/{job_id}/logs', answer: 'json' },
  listJobs: { method: 'GET', path: '/ops/jobs', answer: 'json' },
  listObservations: { method: 'GET', path: '/observations', answer: 'json' },
  listProducts: { method: 'GET', path: '/products', answer: 'json' },
  listUsers: { method: 'GET', path: '/users', answer: 'json' },
  listWebhookDeliveries: { method: 'GET', path: '/webhooks/{webhook_id}/deliveries', answer: 'json' },
  listWebhooks: { method: 'GET', path: '/webhooks', answer: 'json' },
  login: { method: 'POST', path: '/auth/token', answer: 'json', body: 'form', open: true },
  logout: { method: 'POST', path: '/auth/logout', answer: 'none' },
  putObject: { method: 'PUT', path: '/objects/{bucket}/{key}', answer: 'json', body: 'bytes', open: true },
  refreshToken: { method: 'POST', path: '/auth/refresh', answer: 'json', body: 'json', open: true },
  registerUser: { method: 'POST', path: '/auth/register', answer: 'json', body: 'json', open: true },
  reproduceProduct: { method: 'POST', path: '/products/{product_id}/reproduce', answer: 'json', idempotencyKey: true },
  retryJob: { method: 'POST', path: '/ops/jobs/{job_id}/retry', answer: 'json' },
  revokeApiKey: { method: 'DELETE', path: '/auth/api-keys/{key_id}', answer: 'none' },
  setUserQuota: { method: 'PUT', path: '/users/{user_id}/quota', answer: 'json', body: 'json' },
  testWebhook: { method: 'POST', path: '/webhooks/{webhook_id}/test', answer: 'json' },
  updateUser: { method: 'PATCH', path: '/users/{user_id}', answer: 'json', body: 'json' },
  updateWebhook: { method: 'PATCH', path: '/webhooks/{webhook_id}', answer: 'json', body: 'json' },
} as const satisfies OperationTable;
