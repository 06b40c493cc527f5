// Generated from openapi.json by `npm run generate:client`; not to be edited.
import type { Bytes } from '../call.js';

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  /** Start of the key, to tell keys apart. */
  readonly prefix: string;
  /** What the key is for. */
  readonly scopes: readonly string[];
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
}

export interface ApiKeyList {
  readonly items: readonly ApiKey[];
}

export interface ApiKeyRequest {
  readonly name: string;
  /** Default: read, jobs, products. */
  readonly scopes?: readonly ('read' | 'jobs' | 'products' | 'admin')[];
  readonly expires_in_days?: number;
}

export interface AuditList {
  readonly items: readonly {
    readonly time: string;
    readonly request_id: string;
    readonly user_id: string | null;
    readonly username: string | null;
    readonly action: string;
    readonly method: string;
    readonly resource: string;
    readonly ip: string;
    readonly status: number;
    readonly duration_ms: number;
  }[];
  /** Hand this back as `cursor` for the next page; null on the last one. */
  readonly next_cursor: string | null;
}

export interface CatalogRequest {
  readonly product_ids: readonly string[];
  readonly metadata: {
    readonly mission: string;
    readonly processing_center: string;
    readonly version: string;
  };
  readonly publish: boolean;
  readonly archive: boolean;
  /** Which jobs are started first: 1 (first) to 10, default 5; 1 to 4 for admins. It changes nothing in the result. */
  readonly priority?: number;
  /** Jobs of yours that have to complete before this one starts. When one of them fails or is cancelled, this one is cancelled. */
  readonly depends_on?: readonly string[];
  /** Told once the job has ended; signed and repeated as for webhooks. */
  readonly callback?: {
    /** http or https, a public address. */
    readonly url: string;
    /** Signs the message: `whsec_` and 24 to 64 random bytes in base64. It is kept sealed and not shown again. */
    readonly secret: string;
  };
}

export interface Coverage {
  readonly bucket: 'hour' | 'day';
  readonly start_time?: string;
  readonly end_time?: string;
  /** true: there is more; ask for a shorter interval. */
  readonly truncated: boolean;
  readonly items: readonly {
    readonly time: string;
    /** Name, or pair such as GRACE-C/GRACE-D. */
    readonly satellite: string;
    readonly product: string;
    readonly count: number;
  }[];
}

export interface CreatedWebhook {
  readonly id: string;
  readonly user_id: string;
  readonly url: string;
  readonly events: readonly ('job.completed' | 'job.failed' | 'job.cancelled')[];
  readonly job_types: readonly ('plan' | 'ingest' | 'process' | 'catalog')[] | null;
  readonly description: string | null;
  readonly active: boolean;
  readonly disabled_reason: string | null;
  /** Attempts that failed since the last one that did not. */
  readonly failures: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly last_success_at: string | null;
  /** Verifies the signatures; shown this once. */
  readonly secret: string;
}

export interface DataSource {
  readonly id: string;
  readonly name: string;
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  /** For POST /ops/ingest; a prefix may follow. */
  readonly data_source: string;
  readonly created_at: string;
}

export interface DataSourceList {
  readonly items: readonly DataSource[];
}

export interface DataSourceRequest {
  /** Then `s3://name/prefix/` reads from it. */
  readonly name: string;
  /** https://host or https://host:port */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region?: string;
  readonly access_key: string;
  readonly secret_key: string;
}

export interface FieldError {
  /** Path of the field, such as regularization.kaula or satellites[1]. */
  readonly field: string;
  readonly message: string;
}

export interface Health {
  readonly status: 'ok' | 'degraded' | 'down';
  readonly version: string;
  readonly uptime_seconds: number;
  readonly checks: {
    readonly database: {
      readonly status: 'up' | 'down' | 'external';
      readonly milliseconds?: number;
    };
    readonly object_store: {
      readonly status: 'up' | 'down' | 'external';
      readonly milliseconds?: number;
    };
    readonly runner: {
      readonly status: 'up' | 'down' | 'external';
      readonly milliseconds?: number;
    };
  };
  /** Every part with its figures, such as engine, version, lag_seconds, free_bytes. */
  readonly components: Readonly<Record<string, {
    readonly status: 'ok' | 'degraded' | 'down';
    readonly milliseconds?: number;
  }>>;
}

export interface IngestedFile {
  readonly id: string;
  readonly sha256: string;
  readonly file_name: string;
  readonly product: string;
  readonly satellite: string;
  readonly release: string | null;
  readonly gps_start: number | null;
  readonly gps_end: number | null;
  readonly records: number;
  readonly header_records: number | null;
  readonly bytes: number;
  readonly columns: readonly (Readonly<Record<string, unknown>>)[];
  readonly quality: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly job_id: string | null;
  readonly created_at: string;
}

export interface IngestedFileList {
  readonly items: readonly IngestedFile[];
  /** Hand this back as `cursor` for the next page; null on the last one. */
  readonly next_cursor: string | null;
}

export interface IngestRequest {
  /** s3://bucket/prefix/, file:/folder-or-file (inside a folder the server allows), or upload:{upload_id} (see POST /ops/uploads). */
  readonly data_source: string;
  readonly data_type: 'l1b' | 'table';
  /** Satellites by name or alias: GRACE-A (GRACEA, GRACE-1); GRACE-B (GRACEB, GRACE-2); GRACE-C (GRACEC, GRACE-FO-1, GRACEFO-1, GRACE-FO-C); GRACE-D (GRACED, GRACE-FO-2, GRACEFO-2, GRACE-FO-D); SWARM-A (SWARMA, SWARM-ALPHA); SWARM-B (SWARMB, SWARM-BRAVO); SWARM-C (SWARMC, SWARM-CHARLIE); simulated: SIM-A, SIM-B and any other name SIM-…; more as GET /limits lists. */
  readonly satellites: readonly string[];
  readonly start_time?: string;
  readonly end_time?: string;
  readonly validate_data?: boolean;
  /** Level-1B products taken from folders and archives, such as ["GNV1B", "MAS1B"], or ["all"]. Default: those that processing uses. */
  readonly products?: readonly string[];
  /** What a table does not say itself; for data_type table. */
  readonly table?: {
    readonly satellite?: string;
    readonly frame?: 'celestial' | 'inertial' | 'terrestrial';
    readonly time_scale?: 'GPS' | 'UTC' | 'TT' | 'TAI';
    readonly kind?: 'orbit' | 'range_rate' | 'accelerometer' | 'attitude';
    readonly epoch_format?: 'gps_seconds' | 'mjd' | 'mjd+seconds' | 'iso' | 'decimal_year';
    /** Names of the columns of a table without a heading. */
    readonly columns?: readonly string[];
  };
  /** Which jobs are started first: 1 (first) to 10, default 5; 1 to 4 for admins. It changes nothing in the result. */
  readonly priority?: number;
  /** Jobs of yours that have to complete before this one starts. When one of them fails or is cancelled, this one is cancelled. */
  readonly depends_on?: readonly string[];
  /** Told once the job has ended; signed and repeated as for webhooks. */
  readonly callback?: {
    /** http or https, a public address. */
    readonly url: string;
    /** Signs the message: `whsec_` and 24 to 64 random bytes in base64. It is kept sealed and not shown again. */
    readonly secret: string;
  };
}

export interface Job {
  readonly id: string;
  /** Same as id. */
  readonly job_id: string;
  readonly user_id: string;
  readonly type: 'plan' | 'ingest' | 'process' | 'catalog';
  readonly status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
  /** 1 is started first. */
  readonly priority: number;
  /** Fraction done, 0 to 1. */
  readonly progress: number;
  readonly progress_message: string | null;
  readonly cancel_requested: boolean;
  /** Jobs that have to complete first. */
  readonly depends_on: readonly string[];
  /** Those of depends_on that are not yet completed. */
  readonly waiting_for: readonly string[];
  /** Waits because you have as many jobs running as your quota allows. */
  readonly held: boolean;
  readonly retry_of: string | null;
  /** The product that this job computes again. */
  readonly reproduces: string | null;
  readonly callback_url: string | null;
  /** {name, version, commit} of what ran the latest attempt. */
  readonly software: Readonly<Record<string, unknown>> | null;
  /** Number of times work on it was started. */
  readonly attempt: number;
  /** The request as validated, defaults filled in. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly result: Readonly<Record<string, unknown>> | null;
  /** {code, message, errors: [{field, message, file, line}]} of a failed job. */
  readonly error: Readonly<Record<string, unknown>> | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly started_at: string | null;
  readonly completed_at: string | null;
  readonly links: {
    readonly self: string;
    readonly events: string;
    readonly logs: string;
  };
}

export interface JobEvent {
  /** Grows with time; hand it back as `after` or Last-Event-ID. */
  readonly id: string;
  readonly time: string;
  readonly kind: 'status' | 'progress' | 'log';
  readonly level: 'debug' | 'info' | 'warning' | 'error';
  readonly message: string;
  readonly data: Readonly<Record<string, unknown>> | null;
}

export interface JobEventList {
  readonly events: readonly JobEvent[];
  readonly next_after: string | null;
}

export interface JobList {
  readonly jobs: readonly Job[];
  readonly total: number;
  readonly skip: number;
  readonly limit: number;
}

export interface JobLogList {
  readonly logs: readonly JobEvent[];
  readonly next_after: string | null;
}

export interface Live {
  readonly status: 'ok';
}

export interface NewApiKey {
  readonly id: string;
  readonly name: string;
  /** Start of the key, to tell keys apart. */
  readonly prefix: string;
  /** What the key is for. */
  readonly scopes: readonly string[];
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
  /** The key itself, shown this once. Send it as header X-API-Key. */
  readonly key: string;
}

export interface ObservationList {
  readonly items: readonly {
    /** UTC. */
    readonly time: string;
    /** Seconds past 2000-01-01T12:00:00 GPS. */
    readonly gps_seconds: number;
    readonly product: string;
    readonly file_id: string;
    readonly quality_flag: string | null;
    readonly data: Readonly<Record<string, unknown>>;
  }[];
  /** Names and units of the columns in data, by file. */
  readonly files: readonly {
    readonly id: string;
    readonly file_name: string;
    readonly columns: readonly (Readonly<Record<string, unknown>>)[];
  }[];
  /** Hand this back as `cursor` for the next page; null on the last one. */
  readonly next_cursor: string | null;
}

export interface PasswordRequest {
  readonly current_password: string;
  /** 8 to 72 bytes in UTF-8 (bcrypt reads no more). */
  readonly new_password: string;
}

export interface PlanRequest {
  readonly start_time: string;
  readonly end_time: string;
  /** Satellites by name or alias: GRACE-A (GRACEA, GRACE-1); GRACE-B (GRACEB, GRACE-2); GRACE-C (GRACEC, GRACE-FO-1, GRACEFO-1, GRACE-FO-C); GRACE-D (GRACED, GRACE-FO-2, GRACEFO-2, GRACE-FO-D); SWARM-A (SWARMA, SWARM-ALPHA); SWARM-B (SWARMB, SWARM-BRAVO); SWARM-C (SWARMC, SWARM-CHARLIE); simulated: SIM-A, SIM-B and any other name SIM-…; more as GET /limits lists. */
  readonly satellites: readonly string[];
  /** Step of the solution, s. */
  readonly time_step?: number;
  readonly processing_mode?: 'standard' | 'quick' | 'precise';
  readonly output_format?: 'spherical_harmonic' | 'grid' | 'netcdf';
  readonly degree_max: number;
  readonly arc_length_hours?: number;
  /** Which jobs are started first: 1 (first) to 10, default 5; 1 to 4 for admins. It changes nothing in the result. */
  readonly priority?: number;
  /** Jobs of yours that have to complete before this one starts. When one of them fails or is cancelled, this one is cancelled. */
  readonly depends_on?: readonly string[];
  /** Told once the job has ended; signed and repeated as for webhooks. */
  readonly callback?: {
    /** http or https, a public address. */
    readonly url: string;
    /** Signs the message: `whsec_` and 24 to 64 random bytes in base64. It is kept sealed and not shown again. */
    readonly secret: string;
  };
}

export interface PresignedUrl {
  readonly url: string;
  readonly expires_at: string;
}

/** Every error has this form; it is valid problem details (RFC 9457). */
export interface Problem {
  readonly detail: string;
  readonly status_code: number;
  readonly errors: readonly FieldError[];
  /** Kind of problem (RFC 9457). */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly instance: string;
  readonly request_id: string;
}

export interface ProcessRequest {
  /** variational: the most accurate. short_arc: arcs of half an hour by integral equations, robust where forces are badly known. acceleration: line-of-sight accelerations, quick and rough; needs a pair. orbit: no field, but the orbit of each satellite fitted to its positions over the static field of degree_max. */
  readonly algorithm: 'variational' | 'short_arc' | 'acceleration' | 'orbit';
  readonly degree_max: number;
  readonly regularization: {
    /** A-priori sigma kaula/n² of every coefficient; 0: none. */
    readonly kaula: number;
    /** Zeroth-order Tikhonov, in units of the mean diagonal of the normals; 0: none. */
    readonly tikhonov: number;
    /** given (default): as stated. vce: weight by variance components, l_curve: at the corner of the L-curve; kaula and tikhonov then say only in which proportion. */
    readonly weight?: 'given' | 'vce' | 'l_curve';
    /** Field it pulls towards: a registered field, or object:products/… or upload:{upload_id} of an ICGEM gfc file; default: the static field. */
    readonly reference?: string;
  };
  /** orbit and residuals are for algorithm orbit, the others but report for fields. The report is always made. normals: normal equations in binary, to degree 150; normals_sinex: as SINEX text, to degree 60; contributions: shares of data and regularization per degree and coefficient. */
  readonly output_products: readonly ('coefficients' | 'grids' | 'uncertainties' | 'covariance' | 'maps' | 'contributions' | 'normals' | 'normals_sinex' | 'orbit' | 'residuals' | 'report')[];
  /** Default: your latest completed plan. */
  readonly plan_id?: string;
  readonly start_time?: string;
  readonly end_time?: string;
  /** Satellites by name or alias: GRACE-A (GRACEA, GRACE-1); GRACE-B (GRACEB, GRACE-2); GRACE-C (GRACEC, GRACE-FO-1, GRACEFO-1, GRACE-FO-C); GRACE-D (GRACED, GRACE-FO-2, GRACEFO-2, GRACE-FO-D); SWARM-A (SWARMA, SWARM-ALPHA); SWARM-B (SWARMB, SWARM-BRAVO); SWARM-C (SWARMC, SWARM-CHARLIE); simulated: SIM-A, SIM-B and any other name SIM-…; more as GET /limits lists. */
  readonly satellites?: readonly string[];
  /** Take only files ingested up to then: what was ingested later stays out. */
  readonly ingested_before?: string;
  readonly arc_length_hours?: number;
  readonly degree_min?: number;
  readonly iterations?: number;
  readonly background_models?: {
    /** A registered field such as GGM05C, or object:products/… or upload:{upload_id} of an ICGEM gfc file. */
    readonly static_field?: string;
    readonly static_field_degree?: number;
    /** Of a file that does not state it. */
    readonly static_field_tide_system?: 'zero_tide' | 'tide_free' | 'mean_tide';
    readonly earth_rotation?: Readonly<Record<string, unknown>>;
    /** auto (default): what the observations say they were simulated with; none for satellites named SIM-… and a constant rotation; else the complete set: Sun, Moon, relativity, tides of solid Earth, ocean (FES2004) and pole. */
    readonly forces?: string | Readonly<Record<string, unknown>>;
  };
  readonly observations?: {
    readonly ranging?: 'auto' | 'KBR1B' | 'LRI1B' | 'table' | 'none';
    /** What of the ranging is observed; default range_rate. */
    readonly ranging_observation?: 'range_rate' | 'range' | 'range_acceleration';
    /** m */
    readonly sigma_range?: number;
    /** m/s² */
    readonly sigma_range_acceleration?: number;
    /** m/s */
    readonly sigma_range_rate?: number;
    /** m */
    readonly sigma_position?: number;
    readonly position_sampling_seconds?: number;
    readonly use_accelerometer?: boolean;
    /** Of the ranging. white (default): as sigma_… states. autocovariance: estimated from the residuals of the pass before, and whitened with. */
    readonly noise_model?: string | Readonly<Record<string, unknown>>;
    /** Whether the variances of ranging and of the positions of every satellite are estimated: none (default), for every arc, or for the mission. */
    readonly variance_components?: string | Readonly<Record<string, unknown>>;
  };
  readonly parametrization?: {
    readonly accelerometer_bias?: 'none' | 'constant' | 'linear';
    readonly accelerometer_scale?: boolean;
    readonly ranging_empirical?: 'none' | 'bias' | 'bias_trend';
    /** Per satellite and arc. Default: none for fields; for orbits see docs/recovery.md. */
    readonly empirical_accelerations?: readonly {
      /** 0: constant. */
      readonly cycles_per_revolution?: number;
      readonly directions?: readonly ('radial' | 'along' | 'cross')[];
      /** Default: the whole arc. */
      readonly piece_seconds?: number;
      /** A-priori standard deviation about zero, m/s². */
      readonly sigma?: number;
    }[];
    readonly ranging_parameters?: readonly {
      readonly term: 'bias' | 'trend' | 'periodic';
      readonly cycles_per_revolution?: number;
      readonly piece_seconds?: number | string;
      readonly sigma?: number;
    }[];
    /** Of observations by their residuals, anew in every pass: left out, or weighted down. A method, or an object with method and its factors in robust standard deviations: clip and huber factor, igg low and high. */
    readonly screening?: string | Readonly<Record<string, unknown>>;
  };
  /** For algorithm orbit. */
  readonly orbit?: {
    /** Of the orbits written; default that of the positions. */
    readonly sampling_seconds?: number;
  };
  readonly grid?: {
    /** Must divide 180. */
    readonly step_degrees?: number;
    readonly smoothing_radius_km?: number;
  };
  /** Which jobs are started first: 1 (first) to 10, default 5; 1 to 4 for admins. It changes nothing in the result. */
  readonly priority?: number;
  /** Jobs of yours that have to complete before this one starts. When one of them fails or is cancelled, this one is cancelled. */
  readonly depends_on?: readonly string[];
  /** Told once the job has ended; signed and repeated as for webhooks. */
  readonly callback?: {
    /** http or https, a public address. */
    readonly url: string;
    /** Signs the message: `whsec_` and 24 to 64 random bytes in base64. It is kept sealed and not shown again. */
    readonly secret: string;
  };
}

export interface Product {
  readonly id: string;
  readonly job_id: string;
  readonly user_id: string;
  readonly kind: string;
  readonly file_name: string;
  readonly media_type: string;
  readonly bytes: number;
  readonly sha256: string;
  /** SHA-256 of inputs, parameters and software version. */
  readonly recipe_hash: string;
  readonly degree_max: number | null;
  readonly time_start: string | null;
  readonly time_end: string | null;
  readonly satellites: readonly string[];
  readonly status: 'draft' | 'published';
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly quality: Readonly<Record<string, unknown>>;
  readonly archived: boolean;
  readonly created_at: string;
  readonly published_at: string | null;
  readonly archived_at: string | null;
  readonly links: {
    readonly self: string;
    readonly content: string;
    readonly provenance: string;
    readonly stac: string | null;
  };
}

export interface ProductList {
  readonly items: readonly Product[];
  /** Hand this back as `cursor` for the next page; null on the last one. */
  readonly next_cursor: string | null;
}

export interface Provenance {
  readonly product_id: string;
  readonly sha256: string;
  readonly recipe_hash: string;
  /** The job that made the product first, then the jobs that made what it used. */
  readonly activities: readonly {
    readonly job_id: string;
    readonly type: string;
    readonly user_id: string;
    readonly status: string;
    readonly parameters: Readonly<Record<string, unknown>>;
    /** {name, version, commit} */
    readonly software: Readonly<Record<string, unknown>> | null;
    readonly started_at: string | null;
    readonly completed_at: string | null;
    readonly used: readonly ProvenanceEntity[];
    readonly generated: readonly ProvenanceEntity[];
  }[];
}

export interface ProvenanceEntity {
  readonly kind: 'file' | 'product' | 'model' | 'job';
  readonly id: string;
  readonly sha256: string | null;
  readonly data: Readonly<Record<string, unknown>> | null;
}

export interface Quota {
  /** Jobs that wait to be started; more give 429. */
  readonly pending_jobs: {
    /** null: none. */
    readonly limit: number | null;
    readonly used: number;
  };
  /** Jobs that run; more wait. */
  readonly running_jobs: {
    /** null: none. */
    readonly limit: number | null;
    readonly used: number;
  };
  /** Ingested files and products; full, it gives 403 for ingest and process. */
  readonly storage_bytes: {
    /** null: none. */
    readonly limit: number | null;
    readonly used: number;
  };
}

/** What is null or left out is as the role of the user has it. */
export interface QuotaRequest {
  readonly pending_jobs?: number | null;
  readonly running_jobs?: number | null;
  /** Bytes. */
  readonly storage_bytes?: number | null;
}

export interface Ready {
  readonly ready: boolean;
}

export interface RefreshRequest {
  readonly refresh_token: string;
}

export interface RegisterRequest {
  /** letters, digits, and . _ @ - between them */
  readonly username: string;
  readonly email: string;
  /** 8 to 72 bytes in UTF-8 (bcrypt reads no more). */
  readonly password: string;
}

export interface StoredObject {
  readonly bucket: string;
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly last_modified: string;
}

export interface Token {
  readonly access_token: string;
  readonly token_type: 'bearer';
  /** Seconds. */
  readonly expires_in: number;
  /** Works once, at POST /auth/refresh. */
  readonly refresh_token: string;
}

/** OAuth2 resource owner password grant (RFC 6749, section 4.3); scope and client are ignored. */
export interface TokenRequest {
  readonly grant_type?: 'password';
  readonly username: string;
  readonly password: string;
  readonly scope?: string;
  readonly client_id?: string;
  readonly client_secret?: string;
}

export interface Upload {
  readonly upload_id: string;
  /** For POST /ops/ingest. */
  readonly data_source: string;
  readonly file_name: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface UploadLink {
  readonly upload_id: string;
  /** For POST /ops/ingest, once the file was sent. */
  readonly data_source: string;
  readonly file_name: string;
  readonly method: 'PUT';
  /** Takes the bare bytes; needs no token. */
  readonly url: string;
  /** To be sent with the PUT. */
  readonly headers: Readonly<Record<string, string>>;
  readonly expires_at: string;
}

export interface UploadLinkRequest {
  readonly file_name: string;
  /** Size of the file; the link takes exactly so many. */
  readonly bytes: number;
  /** 64 hex digits */
  readonly sha256?: string;
}

export interface User {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly role: 'viewer' | 'operator' | 'admin';
  readonly disabled: boolean;
  readonly created_at: string;
}

export interface UserList {
  readonly items: readonly User[];
  readonly total: number;
  readonly skip: number;
  readonly limit: number;
}

export interface UserPatchRequest {
  readonly role?: 'viewer' | 'operator' | 'admin';
  readonly disabled?: boolean;
  readonly locked?: false;
}

export interface Webhook {
  readonly id: string;
  readonly user_id: string;
  readonly url: string;
  readonly events: readonly ('job.completed' | 'job.failed' | 'job.cancelled')[];
  readonly job_types: readonly ('plan' | 'ingest' | 'process' | 'catalog')[] | null;
  readonly description: string | null;
  readonly active: boolean;
  readonly disabled_reason: string | null;
  /** Attempts that failed since the last one that did not. */
  readonly failures: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly last_success_at: string | null;
}

export interface WebhookDelivery {
  /** Of the event; in the header webhook-id. */
  readonly id: string;
  readonly event: string;
  readonly job_id: string | null;
  readonly status: 'pending' | 'delivered' | 'failed';
  readonly attempts: number;
  readonly next_attempt_at: string | null;
  readonly last_status: number | null;
  readonly last_error: string | null;
  readonly duration_ms: number | null;
  readonly created_at: string;
  readonly delivered_at: string | null;
}

export interface WebhookDeliveryList {
  readonly items: readonly WebhookDelivery[];
  /** Hand this back as `cursor` for the next page; null on the last one. */
  readonly next_cursor: string | null;
}

export interface WebhookList {
  readonly items: readonly Webhook[];
}

export interface WebhookPatch {
  /** http or https, a public address. Redirects are not followed. */
  readonly url?: string;
  readonly events?: readonly ('job.completed' | 'job.failed' | 'job.cancelled')[];
  readonly job_types?: readonly ('plan' | 'ingest' | 'process' | 'catalog')[];
  readonly description?: string;
  /** true switches a webhook on again that failures have switched off. */
  readonly active?: boolean;
}

export interface WebhookRequest {
  /** http or https, a public address. Redirects are not followed. */
  readonly url: string;
  /** Default: all. */
  readonly events?: readonly ('job.completed' | 'job.failed' | 'job.cancelled')[];
  /** Default: all. */
  readonly job_types?: readonly ('plan' | 'ingest' | 'process' | 'catalog')[];
  readonly description?: string;
}
