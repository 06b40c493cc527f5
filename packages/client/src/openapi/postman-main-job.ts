/** One request of the way, beyond what its operation says. */
export interface Step {
  /** operationId */
  readonly operation: string;
  readonly name?: string;
  /** Instead of the document's example; `{{…}}` are variables of the collection. */
  readonly body?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent again until the job has ended. */
  readonly waits?: boolean;
  /** Test name → condition on `answer`. */
  readonly expect?: Readonly<Record<string, string>>;
}

const satellites = ['GRACE-C', 'GRACE-D'];
const interval = { start_time: '', end_time: '', satellites };
const waitFor = (name: string): Step => ({ operation: 'getJob', name: `Wait for ${name}`, waits: true });

/** From registration to a published product, in order. */
export const mainJob: readonly Step[] = [
  { operation: 'getHealth', expect: { 'the server is well': "['ok', 'degraded'].includes(answer.status)" } },
  { operation: 'registerUser' },
  { operation: 'login' },
  { operation: 'getCurrentUser' },
  { operation: 'getLimits' },
  {
    operation: 'createIngest',
    body: { data_source: '', data_type: 'l1b', ...interval, validate_data: true },
  },
  waitFor('ingest'),
  { operation: 'listFiles', expect: { 'files came in': 'answer.items.length > 0' } },
  { operation: 'getFile' },
  { operation: 'getCoverage' },
  {
    operation: 'createPlan',
    body: {
      ...interval,
      time_step: 60,
      processing_mode: 'standard',
      output_format: 'spherical_harmonic',
      degree_max: 0,
    },
  },
  waitFor('plan'),
  {
    operation: 'createProcess',
    body: {
      algorithm: 'variational',
      degree_max: 0,
      regularization: { kaula: 1e-5, tikhonov: 0 },
      output_products: ['coefficients'],
      plan_id: '',
      iterations: 1,
    },
  },
  waitFor('process'),
  { operation: 'listJobs', expect: { 'three jobs are there': 'answer.total === 3' } },
  { operation: 'listJobEvents' },
  { operation: 'listJobLogs' },
  {
    operation: 'listProducts',
    query: { job_id: '{{job_id}}' },
    expect: { 'the field is there': 'answer.items.length > 0' },
  },
  { operation: 'getProduct' },
  { operation: 'getProductContent' },
  { operation: 'getProductUrl' },
  { operation: 'getProductProvenance' },
  {
    operation: 'createCatalog',
    body: {
      product_ids: [],
      metadata: { mission: 'GRACE-FO', processing_center: 'postman', version: '1' },
      publish: true,
      archive: true,
    },
  },
  waitFor('catalog'),
  { operation: 'getProductStac' },
  { operation: 'refreshToken' },
  { operation: 'logout' },
];
