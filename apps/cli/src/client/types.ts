/** Resources of the HTTP API as the client reads them. Unknown fields are let through. */

export type JobType = 'plan' | 'ingest' | 'process' | 'catalog';
export type JobStatus = 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';

export interface Job {
  readonly id: string;
  readonly type: JobType;
  readonly status: JobStatus;
  readonly progress: number;
  readonly progress_message: string | null;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly result: Readonly<Record<string, unknown>> | null;
  readonly error: JobFailure | null;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly completed_at: string | null;
}

export interface JobFailure {
  readonly code: string;
  readonly message: string;
  readonly errors?: readonly {
    readonly field?: string;
    readonly message: string;
    readonly file?: string;
    readonly line?: number;
  }[];
}

export interface User {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly role: string;
}

export interface Token {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in: number;
  readonly refresh_token?: string;
}

export interface Product {
  readonly id: string;
  readonly kind: string;
  readonly file_name: string;
  readonly media_type: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly status: string;
  readonly created_at: string;
  readonly time_start?: string | null;
  readonly time_end?: string | null;
  readonly degree_max?: number | null;
  readonly quality?: Readonly<Record<string, unknown>>;
}

/** When a job is run. */
export interface JobOptions {
  /** Jobs that have to complete first. */
  readonly depends_on?: readonly string[];
}

export interface PlanRequest extends JobOptions {
  readonly start_time: string;
  readonly end_time: string;
  readonly satellites: readonly string[];
  readonly time_step?: number;
  readonly processing_mode?: string;
  readonly output_format?: string;
  readonly degree_max: number;
  readonly arc_length_hours?: number;
}

export interface IngestRequest extends JobOptions {
  readonly data_source: string;
  readonly data_type: string;
  readonly satellites: readonly string[];
  readonly start_time?: string;
  readonly end_time?: string;
  readonly validate_data?: boolean;
  readonly table?: Readonly<Record<string, string>>;
}

/** `background_models` of a process request. */
export interface BackgroundModels {
  readonly static_field?: string;
  readonly static_field_degree?: number;
  readonly static_field_tide_system?: 'zero_tide' | 'tide_free' | 'mean_tide';
  readonly earth_rotation?: Readonly<Record<string, unknown>>;
  readonly forces?: 'auto' | 'complete' | 'none' | RequestedForces;
}

/** Forces beside the static field; absent members are those of the complete set. Files are upload:… or object:… */
export interface RequestedForces {
  readonly third_bodies?: boolean | { readonly planets: readonly string[] };
  readonly ephemeris?: string;
  readonly solid_earth_tide?: boolean;
  readonly ocean_tide?: string;
  readonly ocean_tide_degree_max?: number;
  readonly pole_tide?: boolean;
  readonly ocean_pole_tide?: string;
  readonly atmospheric_tide?: string | readonly string[];
  readonly dealiasing?: string | readonly string[];
  readonly dealiasing_degree_max?: number;
  readonly relativity?: boolean;
  readonly field_variation?: boolean;
}

export interface ProcessRequest extends JobOptions {
  readonly algorithm: string;
  readonly degree_max: number;
  readonly regularization: { readonly kaula: number; readonly tikhonov: number };
  readonly output_products: readonly string[];
  readonly plan_id?: string;
  readonly start_time?: string;
  readonly end_time?: string;
  readonly satellites?: readonly string[];
  readonly arc_length_hours?: number;
  readonly iterations?: number;
  readonly background_models?: BackgroundModels;
  readonly observations?: Readonly<Record<string, unknown>>;
  readonly parametrization?: Readonly<Record<string, unknown>>;
  readonly orbit?: { readonly sampling_seconds?: number };
}

export interface CatalogRequest extends JobOptions {
  readonly product_ids: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly publish: boolean;
  readonly archive: boolean;
}

export interface Upload {
  readonly upload_id: string;
  /** What `ingest` takes. */
  readonly data_source: string;
  readonly file_name: string;
  readonly bytes: number;
  readonly sha256: string;
}
