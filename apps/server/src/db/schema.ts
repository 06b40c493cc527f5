import type { ColumnType, Generated } from 'kysely';
import type {
  AggregateDirtyTable,
  BaselineHourlyView,
  JobDailyView,
  ObservationHourlyView,
  RequestDailyView,
  TimeSeriesSettingsTable,
} from './schema-time-series.js';

export * from './schema-time-series.js';

/** Timestamps come back as Date and may be written as Date or ISO text. */
type Timestamp = ColumnType<Date, Date | string, Date | string>;
type OptionalTimestamp = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
type CreatedAt = ColumnType<Date, Date | string | undefined, never>;
/** jsonb: read as parsed value, written as JSON text. */
type Json<T> = ColumnType<T, string, string>;
type OptionalJson<T> = ColumnType<T | null, string | null | undefined, string | null>;

export type Role = 'viewer' | 'operator' | 'admin';
export type JobType = 'plan' | 'ingest' | 'process' | 'catalog';
export type JobStatus = 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
export type ProductStatus = 'draft' | 'published';

export interface UsersTable {
  id: string;
  username: string;
  email: string;
  password_hash: string;
  role: Role;
  disabled: Generated<boolean>;
  /** Grows with each new password; tokens of older numbers are refused. */
  token_generation: Generated<number>;
  created_at: CreatedAt;
}

export interface ProcessingJobsTable {
  id: string;
  user_id: string;
  type: JobType;
  status: JobStatus;
  /** The request body as validated, defaults filled in. */
  parameters: Json<Record<string, unknown>>;
  result: OptionalJson<Record<string, unknown>>;
  /** {code, message, errors?: [{field, message, file?, line?}]} */
  error: OptionalJson<Record<string, unknown>>;
  progress: Generated<number>;
  progress_message: string | null;
  /** Fencing token: grows with every attempt; every write of a worker compares it. */
  attempt: Generated<number>;
  max_attempts: Generated<number>;
  worker_id: string | null;
  lease_until: OptionalTimestamp;
  /** A pending job is not taken before this time (wait between attempts). */
  run_after: OptionalTimestamp;
  cancel_requested: Generated<boolean>;
  /** 1 (first) to 10 as the user asked. */
  priority: Generated<number>;
  /** Order among pending jobs: grows with the priority and with the jobs the same user has before it. */
  rank: Generated<number>;
  /** When the queue was last told of it; null: not yet (outbox). */
  dispatched_at: OptionalTimestamp;
  dispatches: Generated<number>;
  /** Jobs that have to complete before this one starts. */
  depends_on: Generated<string[]>;
  /** Those of them that are not yet completed; a trigger keeps it. Not empty: the job is not dispatched. */
  waiting_for: Generated<string[]>;
  /** Not dispatched while its user has as many jobs running as the quota allows. */
  held: Generated<boolean>;
  retry_of: string | null;
  /** The product that this job computes again. */
  reproduces: string | null;
  /** Told of the end of this job; the secret is sealed. */
  callback: OptionalJson<{ readonly url: string; readonly sealed_secret: string }>;
  /** What ran the latest attempt. */
  software: OptionalJson<{ readonly name: string; readonly version: string; readonly commit: string | null }>;
  idempotency_key: string | null;
  request_hash: string | null;
  created_at: CreatedAt;
  updated_at: Timestamp;
  started_at: OptionalTimestamp;
  completed_at: OptionalTimestamp;
}

export type ArcStatus = 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';

/** One arc of one pass of a process job, computed by whichever worker claims it. */
export interface ProcessArcsTable {
  job_id: string;
  pass: number;
  arc: number;
  status: ArcStatus;
  inputs_hash: string;
  checkpoint_key: string;
  payload: Json<Record<string, unknown>>;
  rank: number;
  result: OptionalJson<Record<string, unknown>>;
  error: OptionalJson<{ readonly code: string; readonly message: string }>;
  attempt: Generated<number>;
  max_attempts: Generated<number>;
  worker_id: string | null;
  lease_until: OptionalTimestamp;
  run_after: OptionalTimestamp;
  dispatched_at: OptionalTimestamp;
  dispatches: Generated<number>;
  created_at: CreatedAt;
  updated_at: Timestamp;
  started_at: OptionalTimestamp;
  completed_at: OptionalTimestamp;
}

export interface JobEventsTable {
  id: Generated<string>;
  job_id: string;
  time: Timestamp;
  kind: 'status' | 'progress' | 'log';
  level: 'debug' | 'info' | 'warning' | 'error';
  message: string;
  data: OptionalJson<Record<string, unknown>>;
}

export interface IngestedFilesTable {
  id: string;
  /** Of the file's own bytes (unpacked member); unique: the same content is held once. */
  sha256: string;
  file_name: string;
  /** GNV1B, KBR1B, …, or table_orbit, table_range_rate, … */
  product: string;
  /** GRACE-C, or a pair such as GRACE-C/GRACE-D. */
  satellite: string;
  release: string | null;
  gps_start: number | null;
  gps_end: number | null;
  records: number;
  header_records: number | null;
  bytes: number;
  object_key: string;
  /** Names, units and kinds of the columns in `values` and `labels`. */
  columns: Json<readonly { name: string; unit: string | null; kind: 'number' | 'text' }[]>;
  quality: Json<Record<string, unknown>>;
  /** From the header or from the request: frame, time scale, software version … */
  metadata: Json<Record<string, unknown>>;
  job_id: string | null;
  user_id: string;
  created_at: CreatedAt;
}

/** One row per record of every product that belongs to one satellite. */
export interface SatelliteObservationsTable {
  /** True UTC. */
  time: Timestamp;
  /** GPS seconds past 2000-01-01T12:00:00; resolution of a double here is 1.2e-7 s. */
  gps_seconds: number;
  satellite: string;
  product: string;
  file_id: string;
  /** Numeric columns in the order of ingested_files.columns (kind number, epoch and ids left out). */
  values: number[];
  /** Text columns (bit strings, ids), same rule. */
  labels: string[] | null;
  quality_flag: string | null;
}

/** One row per record of KBR1B, LRI1B or a range-rate table; corrections beside, not added. */
export interface BaselineVectorsTable {
  time: Timestamp;
  gps_seconds: number;
  /** GRACE-C/GRACE-D */
  pair: string;
  product: string;
  file_id: string;
  biased_range: number | null;
  range_rate: number | null;
  range_acceleration: number | null;
  ionosphere_correction: number | null;
  light_time_range: number | null;
  light_time_rate: number | null;
  light_time_acceleration: number | null;
  antenna_range: number | null;
  antenna_rate: number | null;
  antenna_acceleration: number | null;
  snr: number[] | null;
  quality_flag: string | null;
}

export interface GravityProductsTable {
  id: string;
  job_id: string;
  user_id: string;
  /** coefficients | grid_geoid | grid_ewh | uncertainties | covariance | map | report … */
  kind: string;
  file_name: string;
  media_type: string;
  object_key: string;
  bytes: number;
  /** SHA-256 of the file. */
  sha256: string;
  /** SHA-256 of inputs, parameters and software version: same recipe, same hash. */
  recipe_hash: string;
  degree_max: number | null;
  time_start: OptionalTimestamp;
  time_end: OptionalTimestamp;
  satellites: string[];
  status: ProductStatus;
  metadata: Json<Record<string, unknown>>;
  quality: Json<Record<string, unknown>>;
  stac: OptionalJson<Record<string, unknown>>;
  archive_key: string | null;
  created_at: CreatedAt;
  published_at: OptionalTimestamp;
  archived_at: OptionalTimestamp;
}

export interface ProvenanceEdgesTable {
  id: Generated<string>;
  job_id: string;
  /** used: activity → input; generated: output → activity. */
  relation: 'used' | 'generated';
  entity_kind: 'file' | 'product' | 'model' | 'job';
  entity_id: string;
  sha256: string | null;
  data: OptionalJson<Record<string, unknown>>;
  created_at: CreatedAt;
}

export interface AuditLogsTable {
  time: Timestamp;
  request_id: string;
  user_id: string | null;
  username: string | null;
  action: string;
  method: string;
  resource: string;
  ip: string;
  status: number;
  duration_ms: number;
  /** Place in the chain of the journal it came through; null for rows older than chains. */
  chain_id: ColumnType<string | null, string | null | undefined, never>;
  chain_seq: ColumnType<string | number | null, number | null | undefined, never>;
  chain_hash: ColumnType<string | null, string | null | undefined, never>;
}

/** Head of one chain of audit rows; chains are linked in the order they were opened. */
export interface AuditChainsTable {
  chain_id: string;
  ordinal: ColumnType<string | number, number, never>;
  key_id: string;
  link_hash: string;
  opened_at: CreatedAt;
  last_seq: ColumnType<string | number, number, number>;
  last_hash: string;
  head_hash: string;
  updated_at: ColumnType<Date, Date | undefined, Date>;
}

/** A run of rows of a chain that retention took away. */
export interface AuditRemovalsTable {
  id: Generated<string>;
  chain_id: string;
  first_seq: ColumnType<string | number, number, never>;
  last_seq: ColumnType<string | number, number, never>;
  last_hash: string;
  removed_before: Timestamp;
  seal: string;
}

export interface AuditUnchainedTable {
  until: Timestamp;
}

export interface LoginFailuresTable {
  name_hash: string;
  failures: number;
  locked_until: OptionalTimestamp;
  updated_at: Generated<Date>;
}

/** An object store of a user's own to ingest from. */
export interface DataSourcesTable {
  id: string;
  user_id: string;
  name: string;
  endpoint: string;
  region: string;
  bucket: string;
  access_key_sealed: string;
  secret_key_sealed: string;
  created_at: CreatedAt;
}

export interface ApiKeysTable {
  id: string;
  user_id: string;
  name: string;
  prefix: string;
  key_hash: string;
  scopes: string[];
  created_at: CreatedAt;
  expires_at: OptionalTimestamp;
  last_used_at: OptionalTimestamp;
  revoked_at: OptionalTimestamp;
}

export interface RevokedTokensTable {
  jti: string;
  expires_at: Timestamp;
}

/** What an admin allows one user; null: as the role of the user. */
export interface UserQuotasTable {
  user_id: string;
  pending_jobs: number | null;
  running_jobs: number | null;
  storage_bytes: number | null;
  updated_at: Timestamp;
  updated_by: string | null;
}

export interface WebhooksTable {
  id: string;
  user_id: string;
  url: string;
  /** job.completed, job.failed, job.cancelled */
  events: string[];
  /** null: all types. */
  job_types: string[] | null;
  description: string | null;
  sealed_secret: string;
  active: Generated<boolean>;
  disabled_reason: string | null;
  /** Attempts that failed since the last one that did not. */
  failures: Generated<number>;
  created_at: CreatedAt;
  updated_at: ColumnType<Date, Date | string | undefined, Date | string>;
  last_success_at: OptionalTimestamp;
}

/** Outbox and log of what webhooks and callbacks are told. */
export interface WebhookDeliveriesTable {
  id: Generated<string>;
  /** null: to the callback of the job. */
  webhook_id: string | null;
  user_id: string;
  job_id: string | null;
  event: string;
  status: Generated<'pending' | 'delivered' | 'failed'>;
  attempts: Generated<number>;
  next_attempt_at: ColumnType<Date, Date | string | undefined, Date | string>;
  last_status: number | null;
  last_error: string | null;
  duration_ms: number | null;
  created_at: CreatedAt;
  delivered_at: OptionalTimestamp;
}

export interface DatabaseSchema {
  users: UsersTable;
  processing_jobs: ProcessingJobsTable;
  process_arcs: ProcessArcsTable;
  job_events: JobEventsTable;
  ingested_files: IngestedFilesTable;
  satellite_observations: SatelliteObservationsTable;
  baseline_vectors: BaselineVectorsTable;
  gravity_products: GravityProductsTable;
  provenance_edges: ProvenanceEdgesTable;
  audit_logs: AuditLogsTable;
  audit_chains: AuditChainsTable;
  audit_removals: AuditRemovalsTable;
  audit_unchained: AuditUnchainedTable;
  login_failures: LoginFailuresTable;
  data_sources: DataSourcesTable;
  api_keys: ApiKeysTable;
  revoked_tokens: RevokedTokensTable;
  user_quotas: UserQuotasTable;
  webhooks: WebhooksTable;
  webhook_deliveries: WebhookDeliveriesTable;
  aggregate_dirty: AggregateDirtyTable;
  time_series_settings: TimeSeriesSettingsTable;
  observation_hourly: ObservationHourlyView;
  baseline_hourly: BaselineHourlyView;
  request_daily: RequestDailyView;
  job_daily: JobDailyView;
}
